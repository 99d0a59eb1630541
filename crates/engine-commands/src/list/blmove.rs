//! BLMOVE

use super::shared_ends::{End, move_one, wait_for_source};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "blmove",
    arity: 6,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::NOSCRIPT)
        .union(Flags::BLOCKING),
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
    summary: "Moves an element from one end of a list to an end of another and returns it; waits for one if there is none.",
    syntax: "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (from, to) = (End::parse(args[3])?, End::parse(args[4])?);
    let timeout_ms = timeout_ms(args[5])?;
    if move_one(cx, (args[1], from), (args[2], to))? {
        cx.db
            .rewrite(&[b"LMOVE", args[1], args[2], args[3], args[4]]);
        return Ok(());
    }
    wait_for_source(cx, args[1], timeout_ms)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn waits_and_times_out() {
        play(
            "> BLMOVE a b LEFT RIGHT 0.05
             <
             + 50
             < *-1
             3> BLMOVE a b LEFT RIGHT 0.05
             <
             + 50
             < _
             a> BLMOVE a b LEFT RIGHT 0
             <
             b> RPUSH a 1 2
             < :2
             a>
             < $1
             < 1
             > BLMOVE a b RIGHT LEFT 0
             < $1
             < 2
             > LRANGE b 0 -1
             < *2
             < $1
             < 2
             < $1
             < 1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> BLMOVE a b LEFT UP 0
             < -ERR syntax error
             > BLMOVE a b LEFT LEFT x
             < -ERR timeout is not a float or out of range
             > BLMOVE a b LEFT LEFT -1
             < -ERR timeout is negative
             > SET s v
             < +OK
             > BLMOVE s b LEFT LEFT 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPUSH a 1
             < :1
             > BLMOVE a s LEFT LEFT 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
