//! What PUBLISH and SPUBLISH share.

use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Flags, Group, Outcome};

pub(super) const PUBLISH: Command = Command {
    arity: 3,
    flags: Flags::PUBSUB
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::MAY_REPLICATE),
    group: Group::PubSub,
    ..Command::BASE
};

pub(super) fn publish(cx: &mut Cx<'_>, args: &[&[u8]], scope: Scope) -> Outcome {
    let receivers = cx.db.publish(scope, args[1], args[2]);
    cx.db.replicate(args);
    cx.out.int(receivers as i64);
    Ok(())
}
