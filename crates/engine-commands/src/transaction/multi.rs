//! MULTI

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, execute::begin_multi};

pub(crate) const COMMAND: Command = Command {
    name: "multi",
    arity: 1,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    group: Group::Transactions,
    since: "1.2.0",
    summary: "Begins a transaction.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    begin_multi(cx.client)?;
    cx.out.ok();
    Ok(())
}
