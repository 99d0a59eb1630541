//! ZUNIONSTORE

use super::shared_combine::{Op, store};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zunionstore",
    arity: -4,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::counted(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::SortedSet,
    since: "2.0.0",
    complexity: "O(N)+O(M*log(M)), N being the sum of the sizes of the inputs, M the size of the result.",
    summary: "Stores the union of sorted sets and sets, the scores put together.",
    syntax: "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    store(cx, args, Op::Union)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn stores_the_result() {
        play(
            "> ZADD a 1 x 2 y 3 z
             < :3
             > ZADD b 10 y 20 z 30 w
             < :3
             > SADD s y w
             < :2
             > ZUNIONSTORE d 2 a b
             < :4
             > ZRANGE d 0 -1 WITHSCORES
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
             > ZUNIONSTORE d 2 s a
             < :4
             > ZRANGE d 0 -1 WITHSCORES
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
             > ZUNIONSTORE a 2 a b
             < :4
             > ZRANGE a 0 -1 WITHSCORES
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
             > ZUNIONSTORE d 2 a b WEIGHTS 2 0.5
             < :4
             > ZRANGE d 0 -1 WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 2
             < $1
             < y
             < $2
             < 29
             < $1
             < z
             < $2
             < 56
             < $1
             < w
             < $2
             < 75
             > ZUNIONSTORE d 2 a b AGGREGATE min
             < :4
             > ZRANGE d 0 -1 WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 1
             < $1
             < y
             < $2
             < 10
             < $1
             < z
             < $2
             < 20
             < $1
             < w
             < $2
             < 30
             > ZUNIONSTORE d 2 a b AGGREGATE MAX WEIGHTS 1 -1
             < :4
             > ZRANGE d 0 -1 WITHSCORES
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
             > ZUNIONSTORE d 2 a a
             < :4
             > ZRANGE d 0 -1 WITHSCORES
             < *8
             < $1
             < x
             < $1
             < 2
             < $1
             < y
             < $2
             < 24
             < $1
             < z
             < $2
             < 46
             < $1
             < w
             < $2
             < 60",
        );
    }

    #[test]
    fn a_large_result_tells_minus_zero() {
        play(
            "> ZADD long 0 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
             < :1
             > ZUNIONSTORE d 1 long WEIGHTS -1
             < :1
             > ZRANGE d 0 -1 WITHSCORES
             < *2
             < $65
             < mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm
             < $2
             < -0
             > OBJECT ENCODING d
             < $8
             < skiplist",
        );
    }

    #[test]
    fn replaces_or_removes_what_was_there() {
        play(
            "> ZADD a 1 x
             < :1
             > SET d v EX 100
             < +OK
             > ZUNIONSTORE d 1 a
             < :1
             > TTL d
             < :-1
             > ZUNIONSTORE d 2 nothing never
             < :0
             > EXISTS d
             < :0
             > ZUNIONSTORE d 1 nothing
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZUNIONSTORE d 0 a
             < -ERR at least 1 input key is needed for 'zunionstore' command
             > ZUNIONSTORE d x a
             < -ERR value is not an integer or out of range
             > ZUNIONSTORE d 2 a
             < -ERR syntax error
             > ZUNIONSTORE d 1
             < -ERR wrong number of arguments for 'zunionstore' command
             > ZUNIONSTORE d 1 a WITHSCORES
             < -ERR syntax error
             > ZUNIONSTORE d 2 a b WEIGHTS 1
             < -ERR syntax error
             > ZUNIONSTORE d 2 a b WEIGHTS 1 x
             < -ERR weight value is not a float
             > ZUNIONSTORE d 2 a b AGGREGATE
             < -ERR syntax error
             > ZUNIONSTORE d 2 a b AGGREGATE AVG
             < -ERR syntax error
             > SET str v
             < +OK
             > ZUNIONSTORE d 2 a str WHAT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
