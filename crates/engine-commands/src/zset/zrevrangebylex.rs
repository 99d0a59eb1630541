//! ZREVRANGEBYLEX

use super::shared_range::{Form, range};
use super::shared_select::By;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zrevrangebylex",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.8.9",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members returned.",
    summary: "Returns the members of a sorted set of equal scores within a range against the order of bytes.",
    syntax: "key max min [LIMIT offset count]",
    run,
    ..Command::BASE
};

const FORM: Form = Form {
    by: Some(By::Lex),
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
    fn ranges() {
        play(
            "> ZADD z 0 a 0 b 0 bb 0 c 0 d
             < :5
             > ZREVRANGEBYLEX z (c [b
             < *2
             < $2
             < bb
             < $1
             < b
             > ZREVRANGEBYLEX z (b -
             < *1
             < $1
             < a
             > ZREVRANGEBYLEX z + - LIMIT 1 2
             < *2
             < $1
             < c
             < $2
             < bb
             > ZREVRANGEBYLEX z - +
             < *0
             > ZREVRANGEBYLEX nothing + -
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREVRANGEBYLEX z -
             < -ERR wrong number of arguments for 'zrevrangebylex' command
             > ZREVRANGEBYLEX z a [b
             < -ERR min or max not valid string range item
             > ZREVRANGEBYLEX z [a +b
             < -ERR min or max not valid string range item
             > ZREVRANGEBYLEX z - + WITHSCORES
             < -ERR syntax error, WITHSCORES not supported in combination with BYLEX
             > ZREVRANGEBYLEX z - + BYLEX
             < -ERR syntax error
             > ZREVRANGEBYLEX z - + LIMIT 0 x
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > ZREVRANGEBYLEX s - +
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
