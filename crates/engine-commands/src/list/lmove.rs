//! LMOVE

use super::shared_ends::{End, move_one};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "lmove",
    arity: 5,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[
        KeySpec::at(
            1,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
        ),
        KeySpec::at(2, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    group: Group::List,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Moves an element from one end of a list to an end of another, or of the same, and returns it.",
    syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (from, to) = (End::parse(args[3])?, End::parse(args[4])?);
    if !move_one(cx, (args[1], from), (args[2], to))? {
        cx.out.null();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn between_lists() {
        play(
            "> RPUSH a 1 2 3
             < :3
             > LMOVE a b LEFT RIGHT
             < $1
             < 1
             > LMOVE a b right left
             < $1
             < 3
             > LRANGE b 0 -1
             < *2
             < $1
             < 3
             < $1
             < 1
             > LMOVE a b LEFT LEFT
             < $1
             < 2
             > LLEN a
             < :0
             > LMOVE a b LEFT LEFT
             < $-1
             3> LMOVE a b LEFT LEFT
             < _",
        );
    }

    #[test]
    fn within_one_list() {
        play(
            "> RPUSH l a b c
             < :3
             > LMOVE l l LEFT RIGHT
             < $1
             < a
             > LMOVE l l RIGHT RIGHT
             < $1
             < a
             > LRANGE l 0 -1
             < *3
             < $1
             < b
             < $1
             < c
             < $1
             < a
             > RPUSH one x
             < :1
             > LMOVE one one RIGHT LEFT
             < $1
             < x
             > LLEN one
             < :1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SET s v
             < +OK
             > RPUSH l a
             < :1
             > LMOVE l s LEFT LEFT
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > LMOVE s l LEFT LEFT
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > LMOVE nothing s LEFT LEFT
             < $-1
             > LLEN l
             < :1
             > LMOVE l l UP LEFT
             < -ERR syntax error
             > LMOVE l l LEFT
             < -ERR wrong number of arguments for 'lmove' command",
        );
    }
}
