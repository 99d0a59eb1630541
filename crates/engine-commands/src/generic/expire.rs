//! EXPIRE

use super::shared_expire::{Time, expire};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "expire",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Lets a key expire after so many seconds.",
    syntax: "key seconds [NX | XX | GT | LT]",
    run,
    ..Command::BASE
};

/// The unit and where it counts from.
const TIME: Time = Time {
    command: "expire",
    unit_ms: 1000,
    relative: true,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    expire(cx, args, TIME)
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn a_key_expires() {
        play(
            "> SET k v
             < +OK
             > EXPIRE k 10
             < :1
             > TTL k
             < :10
             + 9999
             > EXISTS k
             < :1
             + 1
             > EXISTS k
             < :0
             > EXPIRE k 10
             < :0
             > DBSIZE
             < :0",
        );
    }

    #[test]
    fn the_past_deletes() {
        play(
            "> SET k v
             < +OK
             > EXPIRE k 0
             < :1
             > EXISTS k
             < :0
             > SET k v
             < +OK
             > EXPIRE k -1
             < :1
             > EXISTS k
             < :0",
        );
    }

    #[test]
    fn conditions_look_at_the_old_expiry() {
        play(
            "> SET k v
             < +OK
             > EXPIRE k 100 XX
             < :0
             > EXPIRE k 100 GT
             < :0
             > TTL k
             < :-1
             > EXPIRE k 100 nx
             < :1
             > EXPIRE k 200 NX
             < :0
             > EXPIRE k 200 XX
             < :1
             > EXPIRE k 100 GT
             < :0
             > EXPIRE k 300 GT
             < :1
             > EXPIRE k 300 LT
             < :0
             > EXPIRE k 50 XX LT
             < :1
             > TTL k
             < :50
             > PERSIST k
             < :1
             > EXPIRE k 10 LT
             < :1
             > EXPIRE none 10 LT
             < :0",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> EXPIRE k 10 NX XX
             < -ERR NX and XX, GT or LT options at the same time are not compatible
             > EXPIRE k 10 NX LT
             < -ERR NX and XX, GT or LT options at the same time are not compatible
             > EXPIRE k 10 GT LT
             < -ERR GT and LT options at the same time are not compatible
             > EXPIRE k 10 AB
             < -ERR Unsupported option AB
             > EXPIRE k x
             < -ERR value is not an integer or out of range
             > EXPIRE k 9223372036854775807
             < -ERR invalid expire time in 'expire' command
             > EXPIRE k 9223370399119966
             < -ERR invalid expire time in 'expire' command
             > EXPIRE k -9223372036854775808
             < -ERR invalid expire time in 'expire' command
             > EXPIRE k
             < -ERR wrong number of arguments for 'expire' command",
        );
    }

    #[test]
    fn values_of_all_kinds_keep_it() {
        play(
            "> RPUSH l a
             < :1
             > PEXPIRE l 100
             < :1
             > RPUSH l b
             < :2
             > PTTL l
             < :100
             > SET long v
             < +OK
             > EXPIRE long 9223372036854775
             < -ERR invalid expire time in 'expire' command
             > EXPIRE long 9000000000000000
             < :1
             > TTL long
             < :9000000000000000",
        );
    }

    #[test]
    fn the_effect_is_absolute_or_a_removal() {
        let effects = journal(
            "> SET k v
             > PEXPIREAT k 33177117420000
             > PEXPIRE k 9000000000000000 LT
             > EXPIREAT k 33177117421 XX GT
             > EXPIRE none 10
             > EXPIRE k 0",
        );
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "SET k v",
                "PEXPIREAT k 33177117420000",
                "PEXPIREAT k 33177117421000 XX GT",
                "DEL k"
            ]
        );
    }
}
