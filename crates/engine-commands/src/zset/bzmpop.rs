//! BZMPOP

use super::shared_pop::{Multi, pop_first_many};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, NullKind, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bzmpop",
    arity: -5,
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(
        2,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::SortedSet,
    since: "7.0.0",
    complexity: "O(K) + O(M*log(N)), K being the number of keys, N the size of the sorted set, M the number of members taken.",
    summary: "Takes members away from an end of the first sorted set that is not empty and returns them with its name; waits for one if all are empty.",
    syntax: "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let multi = Multi::parse(&args[2..])?;
    let timeout_ms = timeout_ms(args[1])?;
    if pop_first_many(cx, &multi)? {
        return Ok(());
    }
    cx.block_on(multi.keys, timeout_ms, NullKind::Array)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn waits_for_any_of_the_sorted_sets() {
        play(
            "> BZMPOP 0.05 2 a b MIN
             <
             + 50
             < *-1
             > BZMPOP 0 2 a b MAX COUNT 2
             <
             b> ZADD b 1 x 2 y 3 z
             < :3
             a>
             < *2
             < $1
             < b
             < *2
             < *2
             < $1
             < z
             < $1
             < 3
             < *2
             < $1
             < y
             < $1
             < 2
             3> BZMPOP 0 2 a b MIN COUNT 9
             < *2
             < $1
             < b
             < *1
             < *2
             < $1
             < x
             < ,1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> BZMPOP x 0 a MIN
             < -ERR numkeys should be greater than 0
             > BZMPOP x 1 a MIN
             < -ERR timeout is not a float or out of range
             > BZMPOP -1 1 a MIN
             < -ERR timeout is negative
             > BZMPOP 0 1 a MIN COUNT 0
             < -ERR count should be greater than 0
             > BZMPOP 0 1 a
             < -ERR wrong number of arguments for 'bzmpop' command
             > SET s v
             < +OK
             > BZMPOP 0 2 nothing s MIN
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
