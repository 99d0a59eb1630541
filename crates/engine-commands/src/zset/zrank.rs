//! ZRANK

use super::shared_rank::rank;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrank",
    arity: -3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.0.0",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Returns the place of a member in a sorted set, from the lowest score, the first being 0.",
    syntax: "key member [WITHSCORE]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    rank(cx, args, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places() {
        play(
            "> ZADD z 1 a 2 b 2 c 10.5 d
             < :4
             > ZRANK z a
             < :0
             > ZRANK z b
             < :1
             > ZRANK z c
             < :2
             > ZRANK z d
             < :3
             > ZRANK z nothing
             < $-1
             > ZRANK nothing a
             < $-1
             3> ZRANK z nothing
             < _",
        );
    }

    #[test]
    fn with_the_score() {
        play(
            "> ZADD z 1 a 2 b 10.5 d
             < :3
             > ZRANK z d withscore
             < *2
             < :2
             < $4
             < 10.5
             3> ZRANK z d WITHSCORE
             < *2
             < :2
             < ,10.5
             > ZRANK z nothing WITHSCORE
             < *-1
             > ZRANK nothing a WITHSCORE
             < *-1
             3> ZRANK nothing a WITHSCORE
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZRANK z
             < -ERR wrong number of arguments for 'zrank' command
             > ZRANK z a WITHSCORES
             < -ERR syntax error
             > ZRANK z a WITHSCORE b
             < -ERR wrong number of arguments for 'zrank' command
             > SET s v
             < +OK
             > ZRANK s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
