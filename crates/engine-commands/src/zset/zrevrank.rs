//! ZREVRANK

use super::shared_rank::rank;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrevrank",
    arity: -3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.0.0",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Returns the place of a member in a sorted set, from the highest score, the first being 0.",
    syntax: "key member [WITHSCORE]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    rank(cx, args, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places() {
        play(
            "> ZADD z 1 a 2 b 2 c 10.5 d
             < :4
             > ZREVRANK z a
             < :3
             > ZREVRANK z b
             < :2
             > ZREVRANK z c
             < :1
             > ZREVRANK z d
             < :0
             > ZREVRANK z nothing
             < $-1
             > ZREVRANK nothing a
             < $-1
             3> ZREVRANK z nothing
             < _",
        );
    }

    #[test]
    fn with_the_score() {
        play(
            "> ZADD z 1 a 2 b 10.5 d
             < :3
             > ZREVRANK z d withscore
             < *2
             < :0
             < $4
             < 10.5
             3> ZREVRANK z d WITHSCORE
             < *2
             < :0
             < ,10.5
             > ZREVRANK z nothing WITHSCORE
             < *-1
             > ZREVRANK nothing a WITHSCORE
             < *-1
             3> ZREVRANK nothing a WITHSCORE
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREVRANK z
             < -ERR wrong number of arguments for 'zrevrank' command
             > ZREVRANK z a WITHSCORES
             < -ERR syntax error
             > ZREVRANK z a WITHSCORE b
             < -ERR wrong number of arguments for 'zrevrank' command
             > SET s v
             < +OK
             > ZREVRANK s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
