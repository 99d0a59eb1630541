//! RPOP

use super::shared_ends::{End, pop};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "rpop",
    arity: -2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(N), N being the number of elements returned.",
    summary: "Takes elements away from the tail of a list and returns them.",
    syntax: "key [count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    pop(cx, args, End::Right)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_and_many() {
        play(
            "> RPUSH l a b c
             < :3
             > RPOP l
             < $1
             < c
             > RPOP l 0
             < *0
             > RPOP l 9
             < *2
             < $1
             < b
             < $1
             < a
             > RPOP l
             < $-1
             > RPOP l 2
             < *-1
             > RPOP l 0
             < *-1
             3> RPOP l 2
             < _
             3> RPOP l
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> RPOP l 1 2
             < -ERR wrong number of arguments for 'rpop' command
             > RPOP l -1
             < -ERR value is out of range, must be positive
             > RPOP l x
             < -ERR value is out of range, must be positive
             > SET s v
             < +OK
             > RPOP s
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPOP s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPOP s 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
