//! EXPIREAT

use super::shared_expire::{Time, expire};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "expireat",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Lets a key expire at a time, in seconds of Unix time.",
    syntax: "key unix-time-seconds [NX | XX | GT | LT]",
    run,
    ..Command::BASE
};

/// The unit and where it counts from.
const TIME: Time = Time {
    command: "expireat",
    unit_ms: 1000,
    relative: false,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    expire(cx, args, TIME)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_point_in_time() {
        play(
            "> SET k v
             < +OK
             > EXPIREAT k 33177117420
             < :1
             > EXPIRETIME k
             < :33177117420
             > EXPIREAT k 1000
             < :1
             > EXISTS k
             < :0
             > EXPIREAT k x
             < -ERR value is not an integer or out of range",
        );
    }
}
