//! TTL

use super::shared_ttl::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "ttl",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns how many seconds a key has still to live.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args[1], 1000, |at, now| at.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn absent_endless_and_counted() {
        play(
            "> TTL none
             < :-2
             > SET k v
             < +OK
             > TTL k
             < :-1
             > PEXPIRE k 1499
             < :1
             > TTL k
             < :1
             > PEXPIRE k 1500
             < :1
             > TTL k
             < :2
             + 1400
             > TTL k
             < :0",
        );
    }
}
