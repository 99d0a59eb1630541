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
