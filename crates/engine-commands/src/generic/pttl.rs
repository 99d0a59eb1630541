//! PTTL

use super::shared_ttl::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pttl",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Generic,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Returns how many milliseconds a key has still to live.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args[1], 1, |at, now| at.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn absent_endless_and_counted() {
        play(
            "> PTTL none
             < :-2
             > SET k v
             < +OK
             > PTTL k
             < :-1
             > EXPIRE k 1
             < :1
             > PTTL k
             < :1000
             + 1
             > PTTL k
             < :999",
        );
    }
}
