//! ZREMRANGEBYSCORE

use super::shared_select::{By, remove};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zremrangebyscore",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members removed.",
    summary: "Removes the members of a sorted set with scores within a range.",
    syntax: "key min max",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    remove(cx, args, By::Score)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn removes() {
        play(
            "> ZADD z 1 a 2 b 3 c 4 d
             < :4
             > ZREMRANGEBYSCORE z (1 3
             < :2
             > ZRANGE z 0 -1
             < *2
             < $1
             < a
             < $1
             < d
             > ZREMRANGEBYSCORE z 9 99
             < :0
             > ZREMRANGEBYSCORE z -inf +inf
             < :2
             > EXISTS z
             < :0
             > ZREMRANGEBYSCORE z 1 2
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREMRANGEBYSCORE z 1
             < -ERR wrong number of arguments for 'zremrangebyscore' command
             > ZREMRANGEBYSCORE z 1 x
             < -ERR min or max is not a float
             > SET s v
             < +OK
             > ZREMRANGEBYSCORE s 0 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
