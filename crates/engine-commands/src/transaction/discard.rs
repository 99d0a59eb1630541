//! DISCARD

use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, transaction};

pub(crate) const COMMAND: Command = Command {
    name: "discard",
    arity: 1,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    group: Group::Transactions,
    since: "2.0.0",
    summary: "Drops a transaction.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    if cx.client.multi.is_none() {
        return Err(Error::DISCARD_WITHOUT_MULTI);
    }
    transaction::discard(cx.server, cx.client);
    cx.out.ok();
    Ok(())
}
