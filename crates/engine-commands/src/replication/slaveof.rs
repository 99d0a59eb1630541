//! SLAVEOF, the old name of REPLICAOF

use engine_dispatch::Command;

pub(crate) const COMMAND: Command = Command {
    name: "slaveof",
    since: "1.0.0",
    ..super::replicaof::COMMAND
};
