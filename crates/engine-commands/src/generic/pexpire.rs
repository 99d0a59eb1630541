//! PEXPIRE

use super::shared_expire::{Time, expire};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pexpire",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Lets a key expire after so many milliseconds.",
    syntax: "key milliseconds [NX | XX | GT | LT]",
    run,
    ..Command::BASE
};

/// The unit and where it counts from.
const TIME: Time = Time {
    command: "pexpire",
    unit_ms: 1,
    relative: true,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    expire(cx, args, TIME)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn milliseconds_from_now() {
        play(
            "> SET k v
             < +OK
             > PEXPIRE k 1500
             < :1
             > PTTL k
             < :1500
             > PEXPIRE k 9223372036854775807
             < -ERR invalid expire time in 'pexpire' command
             > PEXPIRE k -1
             < :1
             > EXISTS k
             < :0",
        );
    }
}
