//! BRPOP

use super::shared_ends::{End, pop_first};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, NullKind, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "brpop",
    arity: -3,
    flags: Flags::WRITE.union(Flags::NOSCRIPT).union(Flags::BLOCKING),
    acl: Acl::LIST,
    keys: &[KeySpec::range(
        1,
        -2,
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::List,
    since: "2.0.0",
    complexity: "O(N), N being the number of keys.",
    summary: "Takes the last element away from the first list that is not empty; waits for one if all are.",
    syntax: "key [key ...] timeout",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (keys, last) = args[1..].split_at(args.len() - 2);
    let timeout_ms = timeout_ms(last[0])?;
    if pop_first(cx, keys, End::Right)? {
        return Ok(());
    }
    cx.block_on(keys, timeout_ms, NullKind::Array)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_is_there_is_taken_at_once() {
        play(
            "> RPUSH b 1 2 3
             < :3
             > BRPOP a b 0
             < *2
             < $1
             < b
             < $1
             < 3",
        );
    }

    #[test]
    fn waits_and_times_out() {
        play(
            "> BRPOP a b 0.05
             <
             + 49
             <
             + 1
             < *-1
             3> BRPOP a 0.05
             <
             + 50
             < _
             a> BRPOP a 0
             <
             b> RPUSH a x
             < :1
             a>
             < *2
             < $1
             < a
             < $1
             < x",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> BRPOP a x
             < -ERR timeout is not a float or out of range
             > BRPOP a -1
             < -ERR timeout is negative
             > BRPOP a inf
             < -ERR timeout is out of range
             > BRPOP a
             < -ERR wrong number of arguments for 'brpop' command
             > SET s v
             < +OK
             > BRPOP nothing s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
