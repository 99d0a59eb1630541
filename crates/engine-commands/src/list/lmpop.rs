//! LMPOP

use super::shared_ends::{Multi, pop_first_many};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "lmpop",
    arity: -4,
    flags: Flags::WRITE.union(Flags::MOVABLE_KEYS),
    acl: Acl::LIST,
    keys: &[KeySpec::counted(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::List,
    since: "7.0.0",
    complexity: "O(N+M), N being the number of keys, M the number of elements returned.",
    summary: "Takes elements away from an end of the first list that is not empty and returns them with its name.",
    syntax: "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Multi { keys, end, count } = Multi::parse(&args[1..])?;
    if !pop_first_many(cx, keys, end, count)? {
        cx.out.null_array();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_first_list_that_has_something() {
        play(
            "> RPUSH b 1 2 3
             < :3
             > LMPOP 2 a b LEFT
             < *2
             < $1
             < b
             < *1
             < $1
             < 1
             > LMPOP 2 a b RIGHT COUNT 9
             < *2
             < $1
             < b
             < *2
             < $1
             < 3
             < $1
             < 2
             > LMPOP 2 a b LEFT
             < *-1
             3> LMPOP 2 a b LEFT
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LMPOP 0 a LEFT
             < -ERR numkeys should be greater than 0
             > LMPOP x a LEFT
             < -ERR numkeys should be greater than 0
             > LMPOP 2 a LEFT
             < -ERR syntax error
             > LMPOP 9223372036854775807 a LEFT
             < -ERR syntax error
             > LMPOP 1 a UP
             < -ERR syntax error
             > LMPOP 1 a LEFT COUNT 0
             < -ERR count should be greater than 0
             > LMPOP 1 a LEFT COUNT
             < -ERR syntax error
             > LMPOP 1 a LEFT COUNT 1 COUNT 1
             < -ERR syntax error
             > LMPOP 1 a
             < -ERR wrong number of arguments for 'lmpop' command
             > SET s v
             < +OK
             > LMPOP 2 nothing s LEFT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
