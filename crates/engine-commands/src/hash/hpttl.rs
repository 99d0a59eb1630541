//! HPTTL

use super::shared_expiry::tell_expiry;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hpttl",
    arity: -5,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns how long fields of a hash still live, in milliseconds.",
    syntax: "key FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    tell_expiry(cx, args, |cx, at| (at - cx.now_ms()).max(0))
}
