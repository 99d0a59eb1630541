//! XREAD

use super::shared_read;
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "xread",
    arity: -4,
    flags: Flags::READONLY
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::STREAM,
    keys: &[KeySpec {
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
        begin: Begin::Keyword("STREAMS", 1),
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
    }],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(M) for each stream, M being the number of entries returned.",
    summary: "Returns what comes behind the given IDs in several streams; can wait for it.",
    syntax: "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    shared_read::run(cx, args, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_comes_behind_an_id() {
        play(
            "> XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XREAD COUNT 1 STREAMS none s 0 0
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             3> XREAD STREAMS s none 1 0
             < %1
             < $1
             < s
             < *1
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2
             a> XREAD STREAMS s $
             < *-1
             3> XREAD STREAMS s 5
             < _
             a> XREAD STREAMS s none + +
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2",
        );
    }

    #[test]
    fn all_who_wait_are_served() {
        play(
            "> XADD s 1-0 a 1
             < $3
             < 1-0
             > XREAD BLOCK 0 STREAMS s $
             <
             b> XREAD BLOCK 0 STREAMS t s 0 $
             <
             c> XADD s 2-0 a 2
             < $3
             < 2-0
             c> XADD s 3-0 a 3
             < $3
             < 3-0
             a>
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2
             b>
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2",
        );
    }

    #[test]
    fn waits_until_something_comes_behind_the_id() {
        play(
            "> XREAD BLOCK 300 STREAMS s 9-0
             <
             b> XADD s 5-0 a 3
             < $3
             < 5-0
             a>
             <
             b> DEL s
             < :1
             b> SET s x
             < +OK
             b> DEL s
             < :1
             a>
             <
             + 300
             < *-1
             > MULTI
             < +OK
             > XREAD BLOCK 0 STREAMS s $
             < +QUEUED
             > EXEC
             < *1
             < *-1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XREAD COUNT 1 STREAMS s
             < -ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.
             > XREAD STREAMS s t 0
             < -ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.
             > XREAD COUNT x STREAMS s 0
             < -ERR value is not an integer or out of range
             > XREAD BLOCK x STREAMS s 0
             < -ERR timeout is not an integer or out of range
             > XREAD BLOCK -1 STREAMS s 0
             < -ERR timeout is negative
             > XREAD GROUP g c STREAMS s 0
             < -ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.
             > XREAD NOACK STREAMS s 0
             < -ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.
             > XREAD COUNT 1 s 0
             < -ERR syntax error
             > XREAD STREAMS s >
             < -ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
             > XREAD STREAMS s x
             < -ERR Invalid stream ID specified as stream command argument
             > SET k v
             < +OK
             > XREAD BLOCK 0 STREAMS k 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
