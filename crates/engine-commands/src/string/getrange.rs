//! GETRANGE

use super::shared_range::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "getrange",
    arity: 4,
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::String,
    since: "2.4.0",
    complexity: "O(N) in the length of what is returned.",
    summary: "Returns a part of a string.",
    syntax: "key start end",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn parts_by_indices_from_either_end() {
        play(
            "> SET k 'Hello World'
             < +OK
             > GETRANGE k 0 4
             < $5
             < Hello
             > GETRANGE k -5 -1
             < $5
             < World
             > GETRANGE k 0 -1
             < $11
             < Hello World
             > GETRANGE k 5 3
             < $0\\r\\n
             > GETRANGE k -1 -5
             < $0\\r\\n
             > GETRANGE k 8 5000
             < $3
             < rld
             > GETRANGE k -5000 0
             < $1
             < H
             > GETRANGE k -9223372036854775808 9223372036854775807
             < $11
             < Hello World
             > GETRANGE none 0 -1
             < $0\\r\\n
             > SET n 12345
             < +OK
             > GETRANGE n 1 3
             < $3
             < 234
             > GETRANGE k a 3
             < -ERR value is not an integer or out of range
             > RPUSH l x
             < :1
             > GETRANGE l 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
