//! ZREVRANGE

use super::shared_range::{Form, range};
use super::shared_select::By;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrevrange",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members returned.",
    summary: "Returns members of a sorted set by place, from the highest score down.",
    syntax: "key start stop [WITHSCORES]",
    run,
    ..Command::BASE
};

const FORM: Form = Form {
    by: Some(By::Rank),
    reverse: Some(true),
    store: false,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    range(cx, args, FORM)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn from_the_highest() {
        play(
            "> ZADD z 1 a 2 b 3 c
             < :3
             > ZREVRANGE z 0 -1
             < *3
             < $1
             < c
             < $1
             < b
             < $1
             < a
             > ZREVRANGE z 1 1 WITHSCORES
             < *2
             < $1
             < b
             < $1
             < 2
             3> ZREVRANGE z 1 1 WITHSCORES
             < *1
             < *2
             < $1
             < b
             < ,2
             > ZREVRANGE z 5 9
             < *0
             > ZREVRANGE nothing 0 -1
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREVRANGE z 0
             < -ERR wrong number of arguments for 'zrevrange' command
             > ZREVRANGE z 0 x
             < -ERR value is not an integer or out of range
             > ZREVRANGE z 0 1 REV
             < -ERR syntax error
             > ZREVRANGE z 0 1 BYSCORE
             < -ERR syntax error
             > ZREVRANGE z 0 1 LIMIT 0 1
             < -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
             > SET s v
             < +OK
             > ZREVRANGE s 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
