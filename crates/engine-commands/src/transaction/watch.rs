//! WATCH

use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, command::KeyFlags, transaction};

pub(crate) const COMMAND: Command = Command {
    name: "watch",
    arity: -2,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    acl: Acl::TRANSACTION,
    group: Group::Transactions,
    since: "2.2.0",
    complexity: "O(1) for every key.",
    syntax: "key [key ...]",
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    summary: "Makes the next transaction depend on keys staying as they are.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    transaction::watch(cx, &args[1..])?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_change_of_a_watched_key_aborts() {
        play(
            "> SET k 1
             < +OK
             > WATCH k other
             < +OK
             b> SET k 2
             < +OK
             a> MULTI
             < +OK
             > SET k 3
             < +QUEUED
             > EXEC
             < *-1
             > GET k
             < $1
             < 2
             > MULTI
             < +OK
             > SET k 3
             < +QUEUED
             > GET k
             < +QUEUED
             > EXEC
             < *2
             < +OK
             < $1
             < 3",
        );
    }

    #[test]
    fn a_key_that_comes_into_being_or_expires_is_changed() {
        play(
            "> WATCH k
             < +OK
             b> SET k 2 PX 50
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *-1
             > WATCH k
             < +OK
             + 60
             > MULTI
             < +OK
             > EXEC
             < *-1
             > WATCH k
             < +OK
             b> SET another v
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> EXEC
             < -ERR EXEC without MULTI
             > DISCARD
             < -ERR DISCARD without MULTI
             > MULTI
             < +OK
             > MULTI
             < -ERR MULTI calls can not be nested
             > WATCH k
             < -ERR WATCH inside MULTI is not allowed
             > DISCARD
             < +OK
             > MULTI
             < +OK
             > GET
             < -ERR wrong number of arguments for 'get' command
             > SET k v
             < +QUEUED
             > EXEC
             < -EXECABORT Transaction discarded because of previous errors.
             > GET k
             < $-1",
        );
    }
}
