//! GETEX

use super::set::expire_at;
use super::shared_value::reply;
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use proto_resp::num::{INT_LEN_MAX, format_i64};

pub(crate) const COMMAND: Command = Command {
    name: "getex",
    arity: -2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Returns the string value of a key and gives the key another expiry, or none.",
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
    run,
    ..Command::BASE
};

/// What is to become of the expiry.
enum Wish<'a> {
    Nothing,
    Persist,
    /// The unit (`EX` …) and the number.
    Time(&'a [u8], &'a [u8]),
}

fn wish<'a>(args: &[&'a [u8]]) -> Result<Wish<'a>, Error> {
    let timed = |word: &[u8]| ["EX", "PX", "EXAT", "PXAT"].iter().any(|u| is(word, u));
    match args {
        [] => Ok(Wish::Nothing),
        words if words.iter().all(|word| is(word, "PERSIST")) => Ok(Wish::Persist),
        [unit, number] if timed(unit) => Ok(Wish::Time(unit, number)),
        _ => Err(Error::SYNTAX),
    }
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let key = args[1];
    let wish = wish(&args[2..])?;
    if !reply(cx, key)? {
        return Ok(());
    }
    match wish {
        Wish::Nothing => {}
        Wish::Persist => {
            let timed = cx.db.peek(key).and_then(|e| e.expire_at()).is_some();
            if timed
                && cx
                    .db
                    .set_expiry(key, None, Event::new(Class::Generic, "persist"))
            {
                cx.db.rewrite(&[b"PERSIST", key]);
            }
        }
        Wish::Time(unit, number) => {
            let at = expire_at("getex", unit, number, cx.now_ms())?;
            if at <= cx.now_ms() && cx.db.removes_expired() {
                cx.db.remove_overdue(key);
            } else {
                let event = Event::new(Class::Generic, "expire");
                cx.db.set_expiry(key, Some(at), event);
                let mut digits = [0; INT_LEN_MAX];
                cx.db
                    .rewrite(&[b"PEXPIREAT", key, format_i64(at, &mut digits)]);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn the_expiry_is_set_or_taken() {
        play(
            "> GETEX k EX 10
             < $-1
             > SET k v
             < +OK
             > GETEX k
             < $1
             < v
             > TTL k
             < :-1
             > GETEX k EX 10
             < $1
             < v
             > PTTL k
             < :10000
             > GETEX k PX 5000
             < $1
             < v
             > PTTL k
             < :5000
             > GETEX k PERSIST
             < $1
             < v
             > TTL k
             < :-1
             > GETEX k EXAT 33177117420
             < $1
             < v
             > EXPIRETIME k
             < :33177117420
             > GETEX k PXAT 1000
             < $1
             < v
             > EXISTS k
             < :0",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SET k v
             < +OK
             > GETEX k EX
             < -ERR syntax error
             > GETEX k EX 10 PERSIST
             < -ERR syntax error
             > GETEX k EX 10 PX 10
             < -ERR syntax error
             > GETEX k KEEPTTL
             < -ERR syntax error
             > GETEX k NX
             < -ERR syntax error
             > GETEX k EX 0
             < -ERR invalid expire time in 'getex' command
             > GETEX k PX x
             < -ERR value is not an integer or out of range
             > GETEX k EX 9223372036854775807
             < -ERR invalid expire time in 'getex' command
             > RPUSH l x
             < :1
             > GETEX l EX 10
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > TTL k
             < :-1",
        );
    }

    #[test]
    fn the_effect_is_what_happened_to_the_expiry() {
        let effects = journal(
            "> SET k v
             > GETEX k
             > GETEX k PERSIST
             > GETEX k EXAT 33177117420
             > GETEX k PERSIST
             > GETEX k PXAT 1000",
        );
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "SET k v",
                "PEXPIREAT k 33177117420000",
                "PERSIST k",
                "DEL k"
            ]
        );
    }
}
