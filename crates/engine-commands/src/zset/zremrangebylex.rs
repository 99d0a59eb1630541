//! ZREMRANGEBYLEX

use super::shared_select::{By, remove};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zremrangebylex",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::SortedSet,
    since: "2.8.9",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members removed.",
    summary: "Removes the members of a sorted set of equal scores within a range in the order of bytes.",
    syntax: "key min max",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    remove(cx, args, By::Lex)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn removes() {
        play(
            "> ZADD z 0 a 0 b 0 c 0 d
             < :4
             > ZREMRANGEBYLEX z (a [c
             < :2
             > ZRANGE z 0 -1
             < *2
             < $1
             < a
             < $1
             < d
             > ZREMRANGEBYLEX z [e +
             < :0
             > ZREMRANGEBYLEX z - +
             < :2
             > EXISTS z
             < :0
             > ZREMRANGEBYLEX z - +
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREMRANGEBYLEX z -
             < -ERR wrong number of arguments for 'zremrangebylex' command
             > ZREMRANGEBYLEX z - x
             < -ERR min or max not valid string range item
             > SET s v
             < +OK
             > ZREMRANGEBYLEX s - +
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
