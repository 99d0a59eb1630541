//! PEXPIREAT

use super::shared_expire::{Time, expire};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pexpireat",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Lets a key expire at a time, in milliseconds of Unix time.",
    syntax: "key unix-time-milliseconds [NX | XX | GT | LT]",
    run,
    ..Command::BASE
};

/// The unit and where it counts from.
const TIME: Time = Time {
    command: "pexpireat",
    unit_ms: 1,
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
             > PEXPIREAT k 33177117420123
             < :1
             > PEXPIRETIME k
             < :33177117420123
             > PEXPIREAT k 1000
             < :1
             > EXISTS k
             < :0
             > PEXPIREAT k x
             < -ERR value is not an integer or out of range",
        );
    }
}
