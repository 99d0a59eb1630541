//! XREADGROUP

use super::shared_read;
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "xreadgroup",
    arity: -7,
    flags: Flags::WRITE
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::STREAM,
    keys: &[KeySpec {
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
        begin: Begin::Keyword("STREAMS", 4),
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
    }],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(M) for each stream, M being the number of entries returned.",
    summary: "Gives a consumer of a group what no other got, or again what it has not acknowledged; can wait.",
    syntax: "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    shared_read::run(cx, args, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn each_entry_goes_to_one_consumer() {
        play(
            "> XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XREADGROUP GROUP g c STREAMS s >
             < *-1
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XREADGROUP GROUP g c COUNT 1 STREAMS s >
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
             > XREADGROUP GROUP g d NOACK STREAMS s >
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
             > XREADGROUP GROUP g d STREAMS s >
             < *-1
             3> XREADGROUP GROUP g d STREAMS s >
             < _",
        );
    }

    #[test]
    fn what_was_not_acknowledged_comes_again() {
        play(
            "> XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XREADGROUP GROUP g c STREAMS s >
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
             > XREADGROUP GROUP g d STREAMS s 0
             < *1
             < *2
             < $1
             < s
             < *0
             3> XREADGROUP GROUP g c STREAMS s 0
             < %1
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
             > XDEL s 1-0
             < :1
             > XREADGROUP GROUP g c STREAMS s 0
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < *-1
             3> XREADGROUP GROUP g c STREAMS s 0
             < %1
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < _
             > XREADGROUP GROUP g c STREAMS s 1-0
             < *1
             < *2
             < $1
             < s
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XREADGROUP GROUP g c STREAMS s $
             < -ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.
             > XREADGROUP GROUP g c STREAMS s x
             < -ERR Invalid stream ID specified as stream command argument
             > XREADGROUP GROUP none c STREAMS s >
             < -NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option
             > XREADGROUP GROUP g c STREAMS none >
             < -NOGROUP No such key 'none' or consumer group 'g' in XREADGROUP with GROUP option
             > XREADGROUP COUNT 1 NOACK STREAMS s s > >
             < -ERR Missing GROUP option for XREADGROUP
             > XREADGROUP GROUP g c COUNT 1 s >
             < -ERR syntax error
             > SET k v
             < +OK
             > XREADGROUP GROUP g c STREAMS k >
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
