//! REPLICAOF

use super::shared_follow::run;
use engine_dispatch::{Command, Flags, Group, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "replicaof",
    arity: 3,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::STALE)
        .union(Flags::NO_ASYNC_LOADING),
    // The change of role locks all slots by itself: the command must hold nothing.
    plan: Plan::Visits,
    group: Group::Server,
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Makes the node follow a primary, or nobody.",
    syntax: "<host port | NO ONE>",
    restricted: true,
    run,
    ..Command::BASE
};
