//! MSETEX

use super::set::expire_at;
use crate::args::is;
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_keyspace::NewValue;
use proto_resp::num::{INT_LEN_MAX, format_i64, parse_i64};

pub(crate) const COMMAND: Command = Command {
    name: "msetex",
    arity: -4,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::STRING,
    keys: &[KeySpec {
        flags: KeyFlags::OW.union(KeyFlags::UPDATE),
        begin: Begin::Index(1),
        find: Find::KeyNum {
            count: 0,
            first: 1,
            step: 2,
        },
    }],
    group: Group::String,
    since: "8.4.0",
    complexity: "O(N) in the number of keys.",
    summary: "Sets several keys to string values, all or none, together with their expiry.",
    syntax: "numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
    run,
    ..Command::BASE
};

#[derive(Default)]
struct Options<'a> {
    /// All keys must be there, or none.
    exist: Option<bool>,
    keep: bool,
    /// The unit (`EX` …) and the number.
    expiry: Option<(&'a [u8], &'a [u8])>,
}

fn options<'a>(words: &[&'a [u8]]) -> Result<Options<'a>, Error> {
    let mut options = Options::default();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let timed = ["EX", "PX", "EXAT", "PXAT"]
            .iter()
            .any(|unit| is(word, unit));
        let free = options.expiry.is_none() && !options.keep;
        if is(word, "NX") || is(word, "XX") {
            let wanted = is(word, "XX");
            if *options.exist.get_or_insert(wanted) != wanted {
                return Err(Error::SYNTAX);
            }
        } else if is(word, "KEEPTTL") && options.expiry.is_none() {
            options.keep = true;
        } else if timed && free {
            options.expiry = Some((word, words.next().ok_or(Error::SYNTAX)?));
        } else {
            return Err(Error::SYNTAX);
        }
    }
    Ok(options)
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = parse_i64(args[1]).filter(|n| (1..=i64::from(i32::MAX)).contains(n));
    let count = count.ok_or(Error::new("ERR invalid numkeys value or out of range"))?;
    let behind = 2 + count as usize * 2;
    let (Some(pairs), Some(words)) = (args.get(2..behind), args.get(behind..)) else {
        return Err(Error::SYNTAX);
    };
    let (pairs, options) = (pairs.as_chunks::<2>().0, options(words)?);
    let at = match options.expiry {
        Some((unit, number)) => Some(expire_at("msetex", unit, number, cx.now_ms())?),
        None => None,
    };
    let is_met = |wanted: bool| pairs.iter().all(|[key, _]| cx.db.exists(key) == wanted);
    let done = options.exist.is_none_or(is_met);
    if done {
        set(cx, pairs, at, options.keep);
    }
    cx.out.int(i64::from(done));
    Ok(())
}

/// Sets the pairs; what is journalled are SETs, which every follower knows.
fn set(cx: &mut Cx<'_>, pairs: &[[&[u8]; 2]], at: Option<i64>, keep: bool) {
    let expiry = match at {
        Some(at) => Expiry::At(at),
        None if keep => Expiry::Keep,
        None => Expiry::Never,
    };
    for [key, value] in pairs {
        let event = Event::new(Class::String, "set");
        cx.db.put(key, NewValue::Bytes(value), expiry, event);
        let mut digits = [0; INT_LEN_MAX];
        let mut effect: Vec<&[u8]> = vec![b"SET", key, value];
        match at {
            Some(at) => effect.extend([b"PXAT", format_i64(at, &mut digits)]),
            None if keep => effect.push(b"KEEPTTL"),
            None => {}
        }
        cx.db.rewrite(&effect);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn all_or_none_with_expiry() {
        play(
            "> MSETEX 2 a 1 b 2 EX 10
             < :1
             > TTL b
             < :10
             > MSETEX 2 b 3 c 3 NX
             < :0
             > MSETEX 2 b 3 c 3 XX
             < :0
             > EXISTS c
             < :0
             > MSETEX 2 a 3 b 3 XX KEEPTTL
             < :1
             > TTL a
             < :10
             > MSETEX 1 a 4
             < :1
             > TTL a
             < :-1
             > COMMAND GETKEYS MSETEX 2 a 1 b 2 NX
             < *2
             < $1
             < a
             < $1
             < b",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> MSETEX 0 a 1
             < -ERR invalid numkeys value or out of range
             > MSETEX x a 1
             < -ERR invalid numkeys value or out of range
             > MSETEX 2 a 1
             < -ERR syntax error
             > MSETEX 2147483647 a 1
             < -ERR syntax error
             > MSETEX 1 a 1 NX XX
             < -ERR syntax error
             > MSETEX 1 a 1 EX
             < -ERR syntax error
             > MSETEX 1 a 1 EX 1 KEEPTTL
             < -ERR syntax error
             > MSETEX 1 a 1 EX 0
             < -ERR invalid expire time in 'msetex' command
             > MSETEX 1 a
             < -ERR wrong number of arguments for 'msetex' command",
        );
    }

    #[test]
    fn effects() {
        assert_eq!(
            journal("> MSETEX 2 a 1 b 2 PXAT 33177117420000")[1..],
            [
                "MULTI",
                "SET a 1 PXAT 33177117420000",
                "SET b 2 PXAT 33177117420000",
                "EXEC"
            ]
        );
    }
}
