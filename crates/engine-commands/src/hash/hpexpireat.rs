//! HPEXPIREAT

use super::shared_expiry::expire;
use crate::generic::shared_expire::Time;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hpexpireat",
    arity: -6,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Gives fields of a hash an expiry, in milliseconds of Unix time.",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let time = Time {
        command: "hpexpireat",
        unit_ms: 1,
        relative: false,
    };
    expire(cx, args, time)
}
