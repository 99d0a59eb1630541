//! ZRANGEBYSCORE

use super::shared_range::{Form, range};
use super::shared_select::By;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrangebyscore",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "1.0.5",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members returned.",
    summary: "Returns the members of a sorted set with scores within a range, from the lowest up.",
    syntax: "key min max [WITHSCORES] [LIMIT offset count]",
    run,
    ..Command::BASE
};

const FORM: Form = Form {
    by: Some(By::Score),
    reverse: Some(false),
    store: false,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    range(cx, args, FORM)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn ranges() {
        play(
            "> ZADD z 1 a 2 b 3 c 4 d
             < :4
             > ZRANGEBYSCORE z 2 3
             < *2
             < $1
             < b
             < $1
             < c
             > ZRANGEBYSCORE z (2 (4 WITHSCORES
             < *2
             < $1
             < c
             < $1
             < 3
             3> ZRANGEBYSCORE z (2 (4 WITHSCORES
             < *1
             < *2
             < $1
             < c
             < ,3
             > ZRANGEBYSCORE z -inf +inf LIMIT 1 2
             < *2
             < $1
             < b
             < $1
             < c
             > ZRANGEBYSCORE z -inf +inf LIMIT 3 -5 WITHSCORES
             < *2
             < $1
             < d
             < $1
             < 4
             > ZRANGEBYSCORE z 3 2
             < *0
             > ZRANGEBYSCORE nothing 2 3
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZRANGEBYSCORE z 1
             < -ERR wrong number of arguments for 'zrangebyscore' command
             > ZRANGEBYSCORE z 1 x
             < -ERR min or max is not a float
             > ZRANGEBYSCORE z (x 1
             < -ERR min or max is not a float
             > ZRANGEBYSCORE z 1 2 LIMIT 1
             < -ERR syntax error
             > ZRANGEBYSCORE z 1 2 BYLEX
             < -ERR syntax error
             > ZRANGEBYSCORE z 1 2 REV
             < -ERR syntax error
             > SET s v
             < +OK
             > ZRANGEBYSCORE s 1 2
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
