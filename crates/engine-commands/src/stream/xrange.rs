//! XRANGE

use super::shared_range;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "xrange",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(log(N)+M), M being the number of entries returned.",
    summary: "Returns the entries between two IDs.",
    syntax: "key start end [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    shared_range::run(cx, args, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn bounds_and_counts() {
        play(
            "> XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s 1-2 b 2 c 3
             < $3
             < 1-2
             > XADD s 3-0 a x
             < $3
             < 3-0
             > XRANGE s - +
             < *3
             < *2
             < $3
             < 1-1
             < *2
             < $1
             < a
             < $1
             < 1
             < *2
             < $3
             < 1-2
             < *4
             < $1
             < b
             < $1
             < 2
             < $1
             < c
             < $1
             < 3
             < *2
             < $3
             < 3-0
             < *2
             < $1
             < a
             < $1
             < x
             > XRANGE s (1-1 (3-0 COUNT 5
             < *1
             < *2
             < $3
             < 1-2
             < *4
             < $1
             < b
             < $1
             < 2
             < $1
             < c
             < $1
             < 3
             > XRANGE s - + COUNT 1
             < *1
             < *2
             < $3
             < 1-1
             < *2
             < $1
             < a
             < $1
             < 1
             > XRANGE s - + COUNT 0
             < *-1
             > XRANGE s - + COUNT -1
             < *-1
             3> XRANGE s - + COUNT 0
             < _
             > XRANGE s - 1-0
             < *0
             > XRANGE none - +
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XRANGE s x +
             < -ERR Invalid stream ID specified as stream command argument
             > XRANGE s - (0-0
             < -ERR invalid end ID for the interval
             > XRANGE s (18446744073709551615-18446744073709551615 +
             < -ERR invalid start ID for the interval
             > XRANGE s - + COUNT
             < -ERR syntax error
             > XRANGE s - + COUNT x
             < -ERR value is not an integer or out of range
             > XRANGE s - + COUNTS 1
             < -ERR syntax error
             > SET k v
             < +OK
             > XRANGE k - +
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
