//! ZUNION

use super::shared_combine::{Op, reply};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zunion",
    arity: -3,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N)+O(M*log(M)), N being the sum of the sizes of the inputs, M the size of the result.",
    summary: "Returns the union of sorted sets and sets, the scores put together.",
    syntax: "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args, Op::Union)
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
             > ZUNION 2 a b
             < *4
             < $1
             < x
             < $1
             < y
             < $1
             < z
             < $1
             < w
             > ZUNION 2 a b WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $2
             < 12
             < $1
             < z
             < $2
             < 23
             < $1
             < w
             < $2
             < 30
             3> ZUNION 2 a b WITHSCORES
             < *4
             < *2
             < $1
             < x
             < ,1
             < *2
             < $1
             < y
             < ,12
             < *2
             < $1
             < z
             < ,23
             < *2
             < $1
             < w
             < ,30
             > ZUNION 2 a s WITHSCORES
             < *8
             < $1
             < w
             < $1
             < 1
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $1
             < 3
             < $1
             < z
             < $1
             < 3
             > ZUNION 2 s a WITHSCORES
             < *8
             < $1
             < w
             < $1
             < 1
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $1
             < 3
             < $1
             < z
             < $1
             < 3
             > ZUNION 1 s WITHSCORES
             < *4
             < $1
             < w
             < $1
             < 1
             < $1
             < y
             < $1
             < 1
             > ZUNION 2 a nothing
             < *3
             < $1
             < x
             < $1
             < y
             < $1
             < z
             > ZUNION 2 nothing a
             < *3
             < $1
             < x
             < $1
             < y
             < $1
             < z
             > ZUNION 2 a b WEIGHTS 2 0.5 WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 2
             < $1
             < y
             < $1
             < 9
             < $1
             < w
             < $2
             < 15
             < $1
             < z
             < $2
             < 16
             > ZUNION 2 a b AGGREGATE min WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $1
             < 2
             < $1
             < z
             < $1
             < 3
             < $1
             < w
             < $2
             < 30
             > ZUNION 2 a b AGGREGATE MAX WEIGHTS 1 -1 WITHSCORES
             < *8
             < $1
             < w
             < $3
             < -30
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $1
             < 2
             < $1
             < z
             < $1
             < 3
             > ZUNION 2 a a WITHSCORES
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
             > ZUNION 2 p q WITHSCORES
             < *2
             < $1
             < m
             < $1
             < 0
             > ZUNION 2 p q WEIGHTS 0 1 WITHSCORES
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
            "> ZUNION 0 a
             < -ERR at least 1 input key is needed for 'zunion' command
             > ZUNION x a
             < -ERR value is not an integer or out of range
             > ZUNION 2 a
             < -ERR syntax error
             > ZUNION 1
             < -ERR wrong number of arguments for 'zunion' command
             > ZUNION 2 a b LIMIT 1
             < -ERR syntax error
             > ZUNION 2 a b WITHSCORE
             < -ERR syntax error
             > ZUNION 2 a b WEIGHTS 1
             < -ERR syntax error
             > ZUNION 2 a b WEIGHTS 1 x
             < -ERR weight value is not a float
             > ZUNION 2 a b AGGREGATE
             < -ERR syntax error
             > ZUNION 2 a b AGGREGATE AVG
             < -ERR syntax error
             > SET str v
             < +OK
             > ZUNION 2 a str WHAT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
