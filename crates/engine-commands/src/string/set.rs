//! SET

use crate::args::{int, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome, StringRef};
use engine_keyspace::NewValue;
use proto_resp::num::{INT_LEN_MAX, format_i64};

pub(crate) const COMMAND: Command = Command {
    name: "set",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW
            .union(KeyFlags::ACCESS)
            .union(KeyFlags::UPDATE)
            .union(KeyFlags::VARIABLE_FLAGS),
    )],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Sets the string value of a key, whatever it held; makes the key if it is not there.",
    syntax: "key value [NX | XX | IFEQ comparison-value] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
    run,
    ..Command::BASE
};

/// The event of a string that was set.
const EVENT: Event = Event::new(Class::String, "set");

#[derive(Default)]
struct Options<'a> {
    nx: bool,
    xx: bool,
    /// Only if the value is this one (Valkey 8.1).
    equal: Option<&'a [u8]>,
    get: bool,
    keep: bool,
    /// The unit (`EX` …) and the number.
    expiry: Option<(&'a [u8], &'a [u8])>,
}

fn options<'a>(args: &[&'a [u8]]) -> Result<Options<'a>, Error> {
    let mut o = Options::default();
    let mut at = 3;
    while at < args.len() {
        let word = args[at];
        let timed = ["EX", "PX", "EXAT", "PXAT"]
            .iter()
            .any(|unit| is(word, unit));
        if is(word, "NX") && !o.xx && o.equal.is_none() {
            o.nx = true;
        } else if is(word, "XX") && !o.nx && o.equal.is_none() {
            o.xx = true;
        } else if is(word, "IFEQ") && !o.nx && !o.xx && o.equal.is_none() && at + 1 < args.len() {
            o.equal = Some(args[at + 1]);
            at += 1;
        } else if is(word, "GET") {
            o.get = true;
        } else if is(word, "KEEPTTL") && o.expiry.is_none() {
            o.keep = true;
        } else if timed && !o.keep && o.expiry.is_none() && at + 1 < args.len() {
            o.expiry = Some((word, args[at + 1]));
            at += 1;
        } else {
            return Err(Error::SYNTAX);
        }
        at += 1;
    }
    Ok(o)
}

/// A time given by EX, PX, EXAT or PXAT as milliseconds of Unix time.
///
/// # Errors
/// It is no integer, or no time that can be reached.
pub(crate) fn expire_at(
    command: &str,
    unit: &[u8],
    number: &[u8],
    now_ms: i64,
) -> Result<i64, Error> {
    let n = int(number)?;
    let invalid = || Error::expire_time(command);
    if n <= 0 {
        return Err(invalid());
    }
    let ms = if is(unit, "EX") || is(unit, "EXAT") {
        n.checked_mul(1000).ok_or_else(invalid)?
    } else {
        n
    };
    if is(unit, "EXAT") || is(unit, "PXAT") {
        Ok(ms)
    } else {
        ms.checked_add(now_ms).ok_or_else(invalid)
    }
}

/// Whether a key holds this very string.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn equals(cx: &Cx<'_>, key: &[u8], wanted: &[u8]) -> Result<bool, Error> {
    let mut text = Vec::new();
    let value = cx.db.string(key)?;
    Ok(value.is_some_and(|value| value.as_bytes(&mut text) == wanted))
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, value) = (args[1], args[2]);
    if args.len() == 3 {
        cx.db.put(key, NewValue::Bytes(value), Expiry::Never, EVENT);
        cx.out.ok();
        return Ok(());
    }
    let o = options(args)?;
    let at = match o.expiry {
        Some((unit, number)) => Some(expire_at("set", unit, number, cx.now_ms())?),
        None => None,
    };
    if o.get {
        match cx.db.string(key)? {
            Some(StringRef::Bytes(bytes)) => cx.out.bulk(bytes),
            Some(StringRef::Int(n)) => cx.out.bulk_int(n),
            None => cx.out.null(),
        }
    }
    let exists = cx.db.exists(key);
    let differs = match o.equal {
        Some(wanted) => !equals(cx, key, wanted)?,
        None => false,
    };
    if (o.nx && exists) || (o.xx && !exists) || differs {
        if !o.get {
            cx.out.null();
        }
        return Ok(());
    }
    let expiry = match at {
        Some(at) => Expiry::At(at),
        None if o.keep => Expiry::Keep,
        None => Expiry::Never,
    };
    cx.db.put(key, NewValue::Bytes(value), expiry, EVENT);
    if let Some(at) = at {
        cx.db.event(key, Event::EXPIRE);
        // What was relative to now must be absolute for whoever reads the journal later.
        let mut digits = [0; INT_LEN_MAX];
        cx.db
            .rewrite(&[b"SET", key, value, b"PXAT", format_i64(at, &mut digits)]);
    } else if o.equal.is_some() {
        // The condition was met; whoever reads the journal need not know of it.
        let effect: [&[u8]; 4] = [b"SET", key, value, b"KEEPTTL"];
        cx.db.rewrite(&effect[..3 + usize::from(o.keep)]);
    }
    if !o.get {
        cx.out.ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_if_the_value_is_this_one() {
        play(
            "> SET k 1 IFEQ 1
             < $-1
             > SET k 1
             < +OK
             > SET k 2 IFEQ 1
             < +OK
             > SET k 3 IFEQ 1
             < $-1
             > SET k 3 IFEQ 1 GET
             < $1
             < 2
             > SET k 3 IFEQ 2 GET
             < $1
             < 2
             > GET k
             < $1
             < 3
             > SET k 3 IFEQ
             < -ERR syntax error
             > SET k 3 IFEQ 3 NX
             < -ERR syntax error
             > SET k 3 XX IFEQ 3
             < -ERR syntax error
             > RPUSH l x
             < :1
             > SET l v IFEQ x
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
        let effects = crate::testing::journal(
            "> SET k 1 PX 100000000
             > SET k 2 IFEQ 1 KEEPTTL
             > SET k 3 IFEQ 1
             > SET k 3 IFEQ 2 PXAT 33177117420000",
        );
        assert_eq!(
            effects[2..],
            ["SET k 2 KEEPTTL", "SET k 3 PXAT 33177117420000"]
        );
    }

    #[test]
    fn conditions_and_the_old_value() {
        play(
            "> SET k a NX
             < +OK
             > SET k b NX
             < $-1
             > SET k b XX GET
             < $1
             < a
             > SET other b XX
             < $-1
             > SET other b NX GET
             < $-1
             > SET k v NX XX
             < -ERR syntax error
             > SET k v EX
             < -ERR syntax error
             > SET k v EX 10 KEEPTTL
             < -ERR syntax error",
        );
    }

    #[test]
    fn expiry_is_kept_replaced_or_dropped() {
        play(
            "> SET k v PX 100
             < +OK
             > SET k w KEEPTTL
             < +OK
             + 99
             > GET k
             < $1
             < w
             + 1
             > GET k
             < $-1
             > SET k v PX 100
             < +OK
             > SET k w
             < +OK
             + 1000
             > GET k
             < $1
             < w
             > SET k v EX 0
             < -ERR invalid expire time in 'set' command
             > SET k v EX 9223372036854775807
             < -ERR invalid expire time in 'set' command
             > SET k v PX abc
             < -ERR value is not an integer or out of range",
        );
    }
}
