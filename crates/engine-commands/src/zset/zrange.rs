//! ZRANGE

use super::shared_range::{Form, range};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrange",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members returned.",
    summary: "Returns members of a sorted set: by place, by score or by the order of bytes, from either end.",
    syntax: "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
    run,
    ..Command::BASE
};

const FORM: Form = Form {
    by: None,
    reverse: None,
    store: false,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    range(cx, args, FORM)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn by_rank() {
        play(
            "> ZADD z 1 a 2 b 3 c 4.5 d
             < :4
             > ZRANGE z 0 -1
             < *4
             < $1
             < a
             < $1
             < b
             < $1
             < c
             < $1
             < d
             > ZRANGE z 1 2 WITHSCORES
             < *4
             < $1
             < b
             < $1
             < 2
             < $1
             < c
             < $1
             < 3
             3> ZRANGE z 2 9 WITHSCORES
             < *2
             < *2
             < $1
             < c
             < ,3
             < *2
             < $1
             < d
             < ,4.5
             3> ZRANGE z 0 0
             < *1
             < $1
             < a
             > ZRANGE z -2 -3
             < *0
             > ZRANGE z 0 1 REV
             < *2
             < $1
             < d
             < $1
             < c
             > ZRANGE z -1 -1 rev withscores
             < *2
             < $1
             < a
             < $1
             < 1
             > ZRANGE z 0 -1 LIMIT 0 -1
             < *4
             < $1
             < a
             < $1
             < b
             < $1
             < c
             < $1
             < d
             > ZRANGE nothing 0 -1
             < *0",
        );
    }

    #[test]
    fn by_score() {
        play(
            "> ZADD z 1 a 2 b 3 c 4 d
             < :4
             > ZRANGE z (1 3 BYSCORE
             < *2
             < $1
             < b
             < $1
             < c
             > ZRANGE z -inf +inf BYSCORE LIMIT 1 2
             < *2
             < $1
             < b
             < $1
             < c
             > ZRANGE z +inf (1 BYSCORE REV LIMIT 1 1 WITHSCORES
             < *2
             < $1
             < c
             < $1
             < 3
             > ZRANGE z 1 4 BYSCORE LIMIT -1 2
             < *0
             > ZRANGE z 1 4 BYSCORE LIMIT 4 2
             < *0
             > ZRANGE z 1 4 BYSCORE LIMIT 2 -1
             < *2
             < $1
             < c
             < $1
             < d
             > ZRANGE z 4 1 BYSCORE
             < *0
             > ZRANGE z 1 4 BYSCORE LIMIT 0 0
             < *0",
        );
    }

    #[test]
    fn by_bytes() {
        play(
            "> ZADD z 0 a 0 b 0 bb 0 c
             < :4
             > ZRANGE z [b (c BYLEX
             < *2
             < $1
             < b
             < $2
             < bb
             > ZRANGE z - + BYLEX LIMIT 1 2
             < *2
             < $1
             < b
             < $2
             < bb
             > ZRANGE z + - BYLEX REV LIMIT 0 2
             < *2
             < $1
             < c
             < $2
             < bb
             > ZRANGE z + - BYLEX
             < *0
             > ZRANGE z [c [b BYLEX
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZRANGE z 0
             < -ERR wrong number of arguments for 'zrange' command
             > ZRANGE z 0 x
             < -ERR value is not an integer or out of range
             > ZRANGE z 0 1 LIMIT 0 1
             < -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
             > ZRANGE z 0 1 LIMIT 0
             < -ERR syntax error
             > ZRANGE z 0 1 BYSCORE BYLEX
             < -ERR syntax error
             > ZRANGE z 0 1 BYSCORE LIMIT x 1
             < -ERR value is not an integer or out of range
             > ZRANGE z x 1 BYSCORE
             < -ERR min or max is not a float
             > ZRANGE z 1 nan BYSCORE
             < -ERR min or max is not a float
             > ZRANGE z a b BYLEX
             < -ERR min or max not valid string range item
             > ZRANGE z - + BYLEX WITHSCORES
             < -ERR syntax error, WITHSCORES not supported in combination with BYLEX
             > ZRANGE z 0 1 WHAT
             < -ERR syntax error
             > SET s v
             < +OK
             > ZRANGE s 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > ZRANGE s x -1
             < -ERR value is not an integer or out of range",
        );
    }
}
