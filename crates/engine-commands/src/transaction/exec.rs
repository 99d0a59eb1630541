//! EXEC

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan, transaction};

pub(crate) const COMMAND: Command = Command {
    name: "exec",
    arity: 1,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::SKIP_SLOWLOG),
    acl: Acl::TRANSACTION,
    group: Group::Transactions,
    since: "1.2.0",
    complexity: "Depends on commands in the transaction",
    plan: Plan::Exec,
    summary: "Runs the commands of a transaction.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    transaction::exec(cx)
}
