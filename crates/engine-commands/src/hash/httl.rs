//! HTTL

use super::shared_expiry::tell_expiry;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, dialect};

pub(crate) const COMMAND: Command = Command {
    name: "httl",
    arity: -5,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns how long fields of a hash still live, in seconds.",
    syntax: "key FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    tell_expiry(cx, args, |cx, at| {
        dialect::field_seconds(cx.server, at - cx.now_ms())
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn times_of_fields() {
        play(
            "> HSET h a 1 b 2 c 3
             < :3
             > HPEXPIREAT h 33177117420000 FIELDS 1 a
             < *1
             < :1
             > HPEXPIRE h 1400 FIELDS 1 b
             < *1
             < :1
             > HTTL h FIELDS 3 b c none
             < *3
             < :2
             < :-1
             < :-2
             > HPTTL h FIELDS 3 b c none
             < *3
             < :1400
             < :-1
             < :-2
             > HEXPIRETIME h FIELDS 1 a
             < *1
             < :33177117420
             > HPEXPIRETIME h FIELDS 1 a
             < *1
             < :33177117420000
             > HTTL none FIELDS 2 a b
             < *2
             < :-2
             < :-2
             > HPERSIST h FIELDS 3 a c none
             < *3
             < :1
             < :-1
             < :-2
             > HTTL h FIELDS 1 a
             < *1
             < :-1
             > HTTL h FIELDS 2 a
             < -ERR The `numfields` parameter must match the number of arguments
             > HTTL h 1 a b
             < -ERR Mandatory argument FIELDS is missing or not at the right position
             > SET k v
             < +OK
             > HTTL k FIELDS 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HPERSIST k FIELDS 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
