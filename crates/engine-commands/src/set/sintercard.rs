//! SINTERCARD

use super::shared_algebra::intersect;
use crate::args::{at_least, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sintercard",
    arity: -3,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Set,
    since: "7.0.0",
    complexity: "O(N*M), N being the size of the smallest set, M the number of sets.",
    summary: "Returns how many members all of several sets have in common, or that they have as many as a limit.",
    syntax: "numkeys key [key ...] [LIMIT limit]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let numkeys = at_least(args[1], 1, "ERR numkeys should be greater than 0")?;
    let rest = &args[2..];
    if numkeys > rest.len() {
        return Err(Error::new(
            "ERR Number of keys can't be greater than number of args",
        ));
    }
    let (keys, options) = rest.split_at(numkeys);
    let mut limit = 0;
    for pair in options.chunks(2) {
        match *pair {
            [word, value] if is(word, "LIMIT") => {
                limit = at_least(value, 0, "ERR LIMIT can't be negative")?;
            }
            _ => return Err(Error::SYNTAX),
        }
    }
    let mut count = 0;
    intersect(cx, keys, |_| {
        count += 1;
        limit == 0 || count < limit
    })?;
    cx.out.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_up_to_a_limit() {
        play(
            "> SADD s 1 2 3 4
             < :4
             > SADD t 3 4 2
             < :3
             > SINTERCARD 2 s t
             < :3
             > SINTERCARD 2 s t LIMIT 2
             < :2
             > SINTERCARD 2 s t LIMIT 0
             < :3
             > SINTERCARD 2 s nothing
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SINTERCARD 0 s
             < -ERR numkeys should be greater than 0
             > SINTERCARD x s
             < -ERR numkeys should be greater than 0
             > SINTERCARD 2 s
             < -ERR Number of keys can't be greater than number of args
             > SINTERCARD 1 s LIMIT
             < -ERR syntax error
             > SINTERCARD 1 s LIMIT -1
             < -ERR LIMIT can't be negative
             > SINTERCARD 1 s t
             < -ERR syntax error
             > SET k v
             < +OK
             > SINTERCARD 2 nothing k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SINTERCARD 1
             < -ERR wrong number of arguments for 'sintercard' command",
        );
    }
}
