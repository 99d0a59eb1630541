//! ZREMRANGEBYRANK

use super::shared_select::{By, remove};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zremrangebyrank",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::SortedSet,
    since: "2.0.0",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members removed.",
    summary: "Removes the members of a sorted set at a range of places.",
    syntax: "key start stop",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    remove(cx, args, By::Rank)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn removes() {
        play(
            "> ZADD z 1 a 2 b 3 c 4 d
             < :4
             > ZREMRANGEBYRANK z 1 2
             < :2
             > ZRANGE z 0 -1
             < *2
             < $1
             < a
             < $1
             < d
             > ZREMRANGEBYRANK z 5 9
             < :0
             > ZREMRANGEBYRANK z -1 -1
             < :1
             > ZREMRANGEBYRANK z 0 -1
             < :1
             > EXISTS z
             < :0
             > ZREMRANGEBYRANK z 0 -1
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREMRANGEBYRANK z 1
             < -ERR wrong number of arguments for 'zremrangebyrank' command
             > ZREMRANGEBYRANK z 1 x
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > ZREMRANGEBYRANK s 0 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
