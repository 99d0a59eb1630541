//! MSET

use super::shared_pairs::{check, set};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "mset",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        2,
        KeyFlags::OW.union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "1.0.1",
    complexity: "O(N) in the number of keys.",
    summary: "Sets several keys to string values, all at once.",
    syntax: "key value [key value ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    check(args, "mset")?;
    set(cx, args);
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn all_are_set() {
        play(
            "> SET a old EX 100
             < +OK
             > RPUSH b x
             < :1
             > MSET a 1 b 2 a 3
             < +OK
             > MGET a b
             < *2
             < $1
             < 3
             < $1
             < 2
             > TTL a
             < :-1
             > MSET a 1 b
             < -ERR wrong number of arguments for 'mset' command
             > MSET a
             < -ERR wrong number of arguments for 'mset' command",
        );
    }
}
