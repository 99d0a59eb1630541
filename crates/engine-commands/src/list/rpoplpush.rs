//! RPOPLPUSH

use super::shared_ends::{End, move_one};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "rpoplpush",
    arity: 3,
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
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Moves the last element of a list to the head of another and returns it.",
    syntax: "source destination",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if !move_one(cx, (args[1], End::Right), (args[2], End::Left))? {
        cx.out.null();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn from_tail_to_head() {
        play(
            "> RPUSH a 1 2
             < :2
             > RPOPLPUSH a b
             < $1
             < 2
             > RPOPLPUSH a b
             < $1
             < 1
             > RPOPLPUSH a b
             < $-1
             > LINDEX b 0
             < $1
             < 1
             > RPOPLPUSH b b
             < $1
             < 2
             > LINDEX b 0
             < $1
             < 2
             > SET s v
             < +OK
             > RPOPLPUSH b s
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPOPLPUSH b
             < -ERR wrong number of arguments for 'rpoplpush' command
             > LLEN b
             < :2",
        );
    }
}
