//! LPUSH

use super::shared_ends::{End, push};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "lpush",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(1) for every element.",
    summary: "Puts elements in front of a list, one after the other; makes the list if it is not there.",
    syntax: "key element [element ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    push(cx, args, End::Left, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn elements_come_to_stand_in_reverse() {
        play(
            "> LPUSH l a b c
             < :3
             > LRANGE l 0 -1
             < *3
             < $1
             < c
             < $1
             < b
             < $1
             < a
             > LPUSH l 10
             < :4
             > LINDEX l 0
             < $2
             < 10",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SET s v
             < +OK
             > LPUSH s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > LPUSH l
             < -ERR wrong number of arguments for 'lpush' command
             > LLEN l
             < :0",
        );
    }
}
