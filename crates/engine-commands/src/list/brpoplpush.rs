//! BRPOPLPUSH

use super::shared_ends::{End, move_one, wait_for_source};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "brpoplpush",
    arity: 4,
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
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Moves the last element of a list to the head of another and returns it; waits for one if there is none.",
    syntax: "source destination timeout",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let timeout_ms = timeout_ms(args[3])?;
    if move_one(cx, (args[1], End::Right), (args[2], End::Left))? {
        cx.db.rewrite(&[b"RPOPLPUSH", args[1], args[2]]);
        return Ok(());
    }
    wait_for_source(cx, args[1], timeout_ms)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn waits_for_the_source() {
        play(
            "> BRPOPLPUSH a b 0.05
             <
             + 50
             < *-1
             > BRPOPLPUSH a b 0
             <
             b> RPUSH a 1
             < :1
             b> LRANGE b 0 -1
             < *1
             < $1
             < 1
             a>
             < $1
             < 1
             > BRPOPLPUSH b b 0
             < $1
             < 1
             > BRPOPLPUSH a b -1
             < -ERR timeout is negative
             > SET s v
             < +OK
             > BRPOPLPUSH b s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
