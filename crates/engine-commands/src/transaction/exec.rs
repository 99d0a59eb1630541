//! EXEC

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan, transaction};

pub(crate) const COMMAND: Command = Command {
    name: "exec",
    arity: 1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::SKIP_SLOWLOG),
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

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_refused_exec_says_that_and_why_the_transaction_is_over() {
        play(
            "> MULTI
             < +OK
             > SET k v
             < +QUEUED
             > EXEC now
             < -EXECABORT Transaction discarded because of: ERR wrong number of arguments for 'exec' command
             > EXEC
             < -ERR EXEC without MULTI",
        );
    }
}
