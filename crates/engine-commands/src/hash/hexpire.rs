//! HEXPIRE

use super::shared_expiry::expire;
use crate::generic::shared_expire::Time;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hexpire",
    arity: -6,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Gives fields of a hash an expiry, in seconds from now.",
    syntax: "key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let time = Time {
        command: "hexpire",
        unit_ms: 1000,
        relative: true,
    };
    expire(cx, args, time)
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn fields_vanish_one_by_one_and_the_key_with_the_last() {
        play(
            "> HSET h a 1 b 2
             < :2
             > HEXPIRE h 10 FIELDS 3 a b none
             < *3
             < :1
             < :1
             < :-2
             > HPEXPIRE h 500 FIELDS 1 a
             < *1
             < :1
             > OBJECT ENCODING h
             < $10
             < listpackex
             + 499
             > HLEN h
             < :2
             + 1
             > HLEN h
             < :1
             > HGETALL h
             < *2
             < $1
             < b
             < $1
             < 2
             > HGET h a
             < $-1
             > HMGET h a b
             < *2
             < $-1
             < $1
             < 2
             > HEXISTS h a
             < :0
             > HSTRLEN h a
             < :0
             > HKEYS h
             < *1
             < $1
             < b
             > HVALS h
             < *1
             < $1
             < 2
             > HRANDFIELD h 5
             < *1
             < $1
             < b
             > HSCAN h 0
             < *2
             < $1
             < 0
             < *2
             < $1
             < b
             < $1
             < 2
             + 9500
             > EXISTS h
             < :0
             > HGETALL h
             < *0",
        );
    }

    #[test]
    fn conditions() {
        play(
            "> HSET h a 1
             < :1
             > HEXPIRE h 10 XX FIELDS 1 a
             < *1
             < :0
             > HEXPIRE h 10 GT FIELDS 1 a
             < *1
             < :0
             > HEXPIRE h 10 LT FIELDS 1 a
             < *1
             < :1
             > HEXPIRE h 10 NX FIELDS 1 a
             < *1
             < :0
             > HEXPIRE h 5 GT FIELDS 1 a
             < *1
             < :0
             > HEXPIRE h 20 GT FIELDS 1 a
             < *1
             < :1
             > HEXPIRE h 30 XX FIELDS 1 a
             < *1
             < :1
             > HTTL h FIELDS 1 a
             < *1
             < :30",
        );
    }

    #[test]
    fn a_time_that_is_past_removes() {
        play(
            "> HSET h f 1
             < :1
             > HEXPIRE h 0 FIELDS 1 f
             < *1
             < :2
             > EXISTS h
             < :0
             > HSET h f 1 g 2
             < :2
             > HPEXPIREAT h 1 FIELDS 1 f
             < *1
             < :2
             > HLEN h
             < :1
             > HEXPIRE none 10 FIELDS 1 f
             < *1
             < :-2",
        );
    }

    #[test]
    fn what_changes_a_field_decides_about_its_expiry() {
        play(
            "> HSET h a 1 b 1 c 1 d 1
             < :4
             > HEXPIRE h 10 FIELDS 4 a b c d
             < *4
             < :1
             < :1
             < :1
             < :1
             > HINCRBY h a 1
             < :2
             > HINCRBYFLOAT h b 1
             < $1
             < 2
             > HSET h c 2
             < :0
             > HDEL h d
             < :1
             > HSET h d 2
             < :1
             > HTTL h FIELDS 4 a b c d
             < *4
             < :10
             < :10
             < :-1
             < :-1
             + 10000
             > HINCRBY h a 1
             < :1
             > HSETNX h b x
             < :1
             > HLEN h
             < :4
             > HTTL h FIELDS 2 a b
             < *2
             < :-1
             < :-1",
        );
    }

    #[test]
    fn expiry_goes_with_the_value() {
        play(
            "> HSET h a 1
             < :1
             > HEXPIRE h 10 FIELDS 1 a
             < *1
             < :1
             > COPY h copy
             < :1
             > RENAME h g
             < +OK
             > HTTL g FIELDS 1 a
             < *1
             < :10
             > HTTL copy FIELDS 1 a
             < *1
             < :10
             > MOVE g 1
             < :1
             > SELECT 1
             < +OK
             + 10000
             > EXISTS g
             < :0
             > SELECT 0
             < +OK
             > EXISTS copy
             < :0",
        );
    }

    #[test]
    fn large_hashes_too() {
        play(
            "> CONFIG SET hash-max-listpack-entries 1
             < +OK
             > HSET h a 1 b 2 c 3
             < :3
             > HPEXPIRE h 10 FIELDS 2 a b
             < *2
             < :1
             < :1
             > OBJECT ENCODING h
             < $9
             < hashtable
             + 10
             > HGETALL h
             < *2
             < $1
             < c
             < $1
             < 3",
        );
    }

    #[test]
    fn a_watched_hash_changes_when_a_field_goes() {
        play(
            "> HSET h a 1 b 2
             < :2
             > HPEXPIRE h 10 FIELDS 1 a
             < *1
             < :1
             w> WATCH h
             < +OK
             + 10
             > HGET h b
             < $1
             < 2
             w> MULTI
             < +OK
             w> PING
             < +QUEUED
             w> EXEC
             < *-1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HSET h a 1
             < :1
             > HEXPIRE h 10 FIELDS 0 a
             < -ERR Parameter `numFields` should be greater than 0
             > HEXPIRE h 10 FIELDS 2 a
             < -ERR The `numfields` parameter must match the number of arguments
             > HEXPIRE h 10 NX 1 a
             < -ERR Mandatory argument FIELDS is missing or not at the right position
             > HEXPIRE h x FIELDS 1 a
             < -ERR value is not an integer or out of range
             > HEXPIRE h -1 FIELDS 1 a
             < -ERR invalid expire time, must be >= 0
             > HEXPIRE h 9223372036854775807 FIELDS 1 a
             < -ERR invalid expire time in 'hexpire' command
             > HEXPIRE h 10 NX GT FIELDS 1 a
             < -ERR Mandatory argument FIELDS is missing or not at the right position
             > HEXPIRE h 10
             < -ERR wrong number of arguments for 'hexpire' command
             > SET k v
             < +OK
             > HEXPIRE k 10 FIELDS 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn effects_are_absolute_and_name_what_was_changed() {
        let effects = journal(
            "> HSET h a 1 b 2 c 3
             > HPEXPIRE h 1000 NX FIELDS 2 a none
             > HPEXPIREAT h 1 FIELDS 1 b
             > HINCRBYFLOAT h a 1
             + 1000
             > HGET h c
             > HGET h a
             > HSET h a 5",
        );
        let at = effects[2].split(' ').nth(2).expect("a time");
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "HSET h a 1 b 2 c 3",
                &format!("HPEXPIREAT h {at} FIELDS 1 a"),
                "HDEL h b",
                "MULTI",
                "HSET h a 2",
                &format!("HPEXPIREAT h {at} FIELDS 1 a"),
                "EXEC",
                "HDEL h a",
                "HSET h a 5",
            ]
        );
    }
}
