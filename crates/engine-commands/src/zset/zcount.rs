//! ZCOUNT

use super::shared_select::{By, count};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zcount",
    arity: 4,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.0.0",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Counts the members of a sorted set with scores within a range.",
    syntax: "key min max",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    count(cx, args, By::Score)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts() {
        play(
            "> ZADD z 1 a 2 b 3 c
             < :3
             > ZCOUNT z 2 3
             < :2
             > ZCOUNT z (1 (3
             < :1
             > ZCOUNT z -inf +inf
             < :3
             > ZCOUNT z 3 2
             < :0
             > ZCOUNT nothing 1 2
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZCOUNT z 1
             < -ERR wrong number of arguments for 'zcount' command
             > ZCOUNT z 1 x
             < -ERR min or max is not a float
             > SET s v
             < +OK
             > ZCOUNT s 1 x
             < -ERR min or max is not a float
             > ZCOUNT s 1 2
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
