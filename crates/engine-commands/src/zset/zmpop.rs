//! ZMPOP

use super::shared_pop::{Multi, pop_first_many};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zmpop",
    arity: -4,
    flags: Flags::WRITE.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::SortedSet,
    since: "7.0.0",
    complexity: "O(K) + O(M*log(N)), K being the number of keys, N the size of the sorted set, M the number of members taken.",
    summary: "Takes members away from an end of the first sorted set that is not empty and returns them with its name.",
    syntax: "numkeys key [key ...] <MIN | MAX> [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let multi = Multi::parse(&args[1..])?;
    if !pop_first_many(cx, &multi)? {
        cx.out.null_array();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_first_that_has_something() {
        play(
            "> ZADD b 1 x 2.5 y 3 z 4 w
             < :4
             > ZMPOP 2 a b MIN
             < *2
             < $1
             < b
             < *1
             < *2
             < $1
             < x
             < $1
             < 1
             3> ZMPOP 2 a b MAX COUNT 2
             < *2
             < $1
             < b
             < *2
             < *2
             < $1
             < w
             < ,4
             < *2
             < $1
             < z
             < ,3
             > ZMPOP 2 a b min count 9
             < *2
             < $1
             < b
             < *1
             < *2
             < $1
             < y
             < $3
             < 2.5
             > EXISTS b
             < :0
             > ZMPOP 2 a b MIN
             < *-1
             3> ZMPOP 2 a b MIN
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZMPOP 0 a MIN
             < -ERR numkeys should be greater than 0
             > ZMPOP x a MIN
             < -ERR numkeys should be greater than 0
             > ZMPOP 2 a MIN
             < -ERR syntax error
             > ZMPOP 9223372036854775807 a MIN
             < -ERR syntax error
             > ZMPOP 1 a UP
             < -ERR syntax error
             > ZMPOP 1 a MIN COUNT 0
             < -ERR count should be greater than 0
             > ZMPOP 1 a MIN COUNT
             < -ERR syntax error
             > ZMPOP 1 a MIN COUNT 1 COUNT 1
             < -ERR syntax error
             > ZMPOP 1 a
             < -ERR wrong number of arguments for 'zmpop' command
             > SET s v
             < +OK
             > ZMPOP 2 nothing s MIN
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
