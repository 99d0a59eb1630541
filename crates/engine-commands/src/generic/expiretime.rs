//! EXPIRETIME

use super::shared_ttl::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "expiretime",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Generic,
    since: "7.0.0",
    complexity: "O(1)",
    summary: "Returns when a key expires, in seconds of Unix time.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args[1], 1000, |at, _| at)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn absent_endless_and_counted() {
        play(
            "> EXPIRETIME none
             < :-2
             > SET k v
             < +OK
             > EXPIRETIME k
             < :-1
             > PEXPIREAT k 33177117420500
             < :1
             > EXPIRETIME k
             < :33177117421
             > PEXPIREAT k 9223372036854775807
             < :1
             > EXPIRETIME k
             < :9223372036854776",
        );
    }
}
