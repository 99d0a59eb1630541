//! ZLEXCOUNT

use super::shared_select::{By, count};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zlexcount",
    arity: 4,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.8.9",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Counts the members of a sorted set of equal scores within a range in the order of bytes.",
    syntax: "key min max",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    count(cx, args, By::Lex)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts() {
        play(
            "> ZADD z 0 a 0 b 0 c
             < :3
             > ZLEXCOUNT z [b +
             < :2
             > ZLEXCOUNT z (a (c
             < :1
             > ZLEXCOUNT z - +
             < :3
             > ZLEXCOUNT z + -
             < :0
             > ZLEXCOUNT nothing - +
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZLEXCOUNT z -
             < -ERR wrong number of arguments for 'zlexcount' command
             > ZLEXCOUNT z - x
             < -ERR min or max not valid string range item
             > SET s v
             < +OK
             > ZLEXCOUNT s - +
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
