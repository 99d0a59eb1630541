//! ZADD

use super::shared_add::{Rules, zadd};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zadd",
    arity: -4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(log(N)) for each member, N being the size of the sorted set.",
    summary: "Adds members to a sorted set or changes their scores; makes the set if it is not there.",
    syntax: "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    zadd(cx, args, Rules::default())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn new_and_changed_members() {
        play(
            "> ZADD z 1 a 2 b 2.5 c
             < :3
             > ZADD z 1 a 3 b 7 d
             < :1
             > ZADD z CH 1 a 4 b 8 e
             < :2
             > ZADD z 5 x 6 x
             < :1
             > ZRANGE z 0 -1 WITHSCORES
             < *12
             < $1
             < a
             < $1
             < 1
             < $1
             < c
             < $3
             < 2.5
             < $1
             < b
             < $1
             < 4
             < $1
             < x
             < $1
             < 6
             < $1
             < d
             < $1
             < 7
             < $1
             < e
             < $1
             < 8
             > ZADD inf +inf a -inf b 1e3 c
             < :3
             > ZRANGE inf 0 -1 WITHSCORES
             < *6
             < $1
             < b
             < $4
             < -inf
             < $1
             < c
             < $4
             < 1000
             < $1
             < a
             < $3
             < inf",
        );
    }

    #[test]
    fn conditions() {
        play(
            "> ZADD z XX 1 a
             < :0
             > EXISTS z
             < :0
             > ZADD z NX 1 a 2 b
             < :2
             > ZADD z NX 5 a 3 c
             < :1
             > ZADD z XX CH 5 a 6 new
             < :1
             > ZADD z GT CH 4 a 6 b 1 d
             < :2
             > ZADD z LT CH 4 a 7 b
             < :1
             > ZADD z XX GT CH 9 a 9 e
             < :1
             > ZRANGE z 0 -1 WITHSCORES
             < *8
             < $1
             < d
             < $1
             < 1
             < $1
             < c
             < $1
             < 3
             < $1
             < b
             < $1
             < 6
             < $1
             < a
             < $1
             < 9",
        );
    }

    #[test]
    fn increments() {
        play(
            "> ZADD z INCR 2.5 a
             < $3
             < 2.5
             > ZADD z INCR -1 a
             < $3
             < 1.5
             3> ZADD z INCR 1 a
             < ,2.5
             3> ZADD z NX INCR 1 a
             < _
             > ZADD z NX INCR 1 a
             < $-1
             > ZADD z XX INCR 1 b
             < $-1
             > ZADD z GT INCR -1 a
             < $-1
             > ZADD z LT INCR 1 a
             < $-1
             > ZADD z INCR 0 a
             < $3
             < 2.5
             > ZADD z INCR inf a
             < $3
             < inf
             > ZADD z INCR -inf a
             < -ERR resulting score is not a number (NaN)
             > ZSCORE z a
             < $3
             < inf",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZADD z 1
             < -ERR wrong number of arguments for 'zadd' command
             > ZADD z 1 a 2
             < -ERR syntax error
             > ZADD z NX XX 1
             < -ERR syntax error
             > ZADD z NX XX 1 a
             < -ERR XX and NX options at the same time are not compatible
             > ZADD z GT LT 1 a
             < -ERR GT, LT, and/or NX options at the same time are not compatible
             > ZADD z GT NX 1 a
             < -ERR GT, LT, and/or NX options at the same time are not compatible
             > ZADD z LT NX 1 a
             < -ERR GT, LT, and/or NX options at the same time are not compatible
             > ZADD z INCR 1 a 2 b
             < -ERR INCR option supports a single increment-element pair
             > ZADD z nan a
             < -ERR value is not a valid float
             > ZADD z 1 a x b
             < -ERR value is not a valid float
             > EXISTS z
             < :0
             > SET s v
             < +OK
             > ZADD s 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > ZADD s XX 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > ZADD s x a
             < -ERR value is not a valid float",
        );
    }

    #[test]
    fn an_expiry_stays() {
        play(
            "> ZADD z 1 a
             < :1
             > PEXPIRE z 60
             < :1
             > ZADD z 2 b
             < :1
             > ZCARD z
             < :2
             + 60
             <
             > ZCARD z
             < :0",
        );
    }
}
