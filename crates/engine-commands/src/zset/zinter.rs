//! ZINTER

use super::shared_combine::{Op, reply};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zinter",
    arity: -3,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N*K)+O(M*log(M)), N being the size of the smallest input, K the number of inputs, M the size of the result.",
    summary: "Returns the intersection of sorted sets and sets, the scores put together.",
    syntax: "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args, Op::Inter)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn puts_sorted_sets_and_sets_together() {
        play(
            "> ZADD a 1 x 2 y 3 z
             < :3
             > ZADD b 10 y 20 z 30 w
             < :3
             > SADD s y w
             < :2
             > ZINTER 2 a b
             < *2
             < $1
             < y
             < $1
             < z
             > ZINTER 2 a b WITHSCORES
             < *4
             < $1
             < y
             < $2
             < 12
             < $1
             < z
             < $2
             < 23
             3> ZINTER 2 a b WITHSCORES
             < *2
             < *2
             < $1
             < y
             < ,12
             < *2
             < $1
             < z
             < ,23
             > ZINTER 2 a s WITHSCORES
             < *2
             < $1
             < y
             < $1
             < 3
             > ZINTER 2 s a WITHSCORES
             < *2
             < $1
             < y
             < $1
             < 3
             > ZINTER 1 s WITHSCORES
             < *4
             < $1
             < w
             < $1
             < 1
             < $1
             < y
             < $1
             < 1
             > ZINTER 2 a nothing
             < *0
             > ZINTER 2 nothing a
             < *0
             > ZINTER 2 a b WEIGHTS 2 0.5 WITHSCORES
             < *4
             < $1
             < y
             < $1
             < 9
             < $1
             < z
             < $2
             < 16
             > ZINTER 2 a b AGGREGATE min WITHSCORES
             < *4
             < $1
             < y
             < $1
             < 2
             < $1
             < z
             < $1
             < 3
             > ZINTER 2 a b AGGREGATE MAX WEIGHTS 1 -1 WITHSCORES
             < *4
             < $1
             < y
             < $1
             < 2
             < $1
             < z
             < $1
             < 3
             > ZINTER 2 a a WITHSCORES
             < *6
             < $1
             < x
             < $1
             < 2
             < $1
             < y
             < $1
             < 4
             < $1
             < z
             < $1
             < 6
             > ZADD p inf m
             < :1
             > ZADD q -inf m
             < :1
             > ZINTER 2 p q WITHSCORES
             < *2
             < $1
             < m
             < $1
             < 0
             > ZINTER 2 p q WEIGHTS 0 1 WITHSCORES
             < *2
             < $1
             < m
             < $4
             < -inf",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZINTER 0 a
             < -ERR at least 1 input key is needed for 'zinter' command
             > ZINTER x a
             < -ERR value is not an integer or out of range
             > ZINTER 2 a
             < -ERR syntax error
             > ZINTER 1
             < -ERR wrong number of arguments for 'zinter' command
             > ZINTER 2 a b LIMIT 1
             < -ERR syntax error
             > ZINTER 2 a b WITHSCORE
             < -ERR syntax error
             > ZINTER 2 a b WEIGHTS 1
             < -ERR syntax error
             > ZINTER 2 a b WEIGHTS 1 x
             < -ERR weight value is not a float
             > ZINTER 2 a b AGGREGATE
             < -ERR syntax error
             > ZINTER 2 a b AGGREGATE AVG
             < -ERR syntax error
             > SET str v
             < +OK
             > ZINTER 2 a str WHAT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
