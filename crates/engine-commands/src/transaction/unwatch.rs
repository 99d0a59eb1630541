//! UNWATCH

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, transaction};

pub(crate) const COMMAND: Command = Command {
    name: "unwatch",
    arity: 1,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    group: Group::Transactions,
    since: "2.2.0",
    summary: "Forgets the watched keys.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    transaction::unwatch(cx.server, cx.client);
    cx.out.ok();
    Ok(())
}
