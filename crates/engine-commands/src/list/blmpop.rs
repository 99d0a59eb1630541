//! BLMPOP

use super::shared_ends::{Multi, pop_first_many};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, NullKind, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "blmpop",
    arity: -5,
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::LIST,
    keys: &[KeySpec::counted(
        2,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::List,
    since: "7.0.0",
    complexity: "O(N+M), N being the number of keys, M the number of elements returned.",
    summary: "Takes elements away from an end of the first list that is not empty and returns them with its name; waits for one if all are empty.",
    syntax: "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Multi { keys, end, count } = Multi::parse(&args[2..])?;
    let timeout_ms = timeout_ms(args[1])?;
    if pop_first_many(cx, keys, end, count)? {
        return Ok(());
    }
    cx.block_on(keys, timeout_ms, NullKind::Array)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn waits_for_any_of_the_lists() {
        play(
            "> BLMPOP 0.05 2 a b LEFT
             <
             + 50
             < *-1
             > BLMPOP 0 2 a b RIGHT COUNT 2
             <
             b> RPUSH b 1 2 3
             < :3
             a>
             < *2
             < $1
             < b
             < *2
             < $1
             < 3
             < $1
             < 2
             > BLMPOP 0 2 a b LEFT COUNT 9
             < *2
             < $1
             < b
             < *1
             < $1
             < 1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> BLMPOP x 0 a LEFT
             < -ERR numkeys should be greater than 0
             > BLMPOP x 1 a LEFT
             < -ERR timeout is not a float or out of range
             > BLMPOP -1 1 a LEFT
             < -ERR timeout is negative
             > BLMPOP 0 1 a LEFT COUNT 0
             < -ERR count should be greater than 0
             > BLMPOP 0 1 a
             < -ERR wrong number of arguments for 'blmpop' command
             > SET s v
             < +OK
             > BLMPOP 0 2 nothing s LEFT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
