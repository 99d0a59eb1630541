//! RESTORE

use crate::args::{int, is};
use engine_dispatch::access;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_keyspace::{Entry, NewValue};
use engine_persist::rdb::{Loaded, RestoreError, restore_payload_checked};
use proto_resp::num::{INT_LEN_MAX, format_i64};
use std::sync::atomic::Ordering;

pub(crate) const COMMAND: Command = Command {
    name: "restore",
    arity: -4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    keys: &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "2.6.0",
    complexity: "O(N) in the size of the value.",
    summary: "Makes a key of what DUMP has returned.",
    syntax: "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
    run,
    ..Command::BASE
};

#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    idle_s: Option<i64>,
    freq: Option<i64>,
}

fn options(args: &[&[u8]]) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if is(word, "REPLACE") {
            options.replace = true;
        } else if is(word, "ABSTTL") {
            options.absolute = true;
        } else if is(word, "IDLETIME") && options.freq.is_none() {
            let seconds = int(words.next().ok_or(Error::SYNTAX)?)?;
            if seconds < 0 {
                return Err(Error::new("ERR Invalid IDLETIME value, must be >= 0"));
            }
            options.idle_s = Some(seconds);
        } else if is(word, "FREQ") && options.idle_s.is_none() {
            let freq = int(words.next().ok_or(Error::SYNTAX)?)?;
            if !(0..=255).contains(&freq) {
                return Err(Error::new(
                    "ERR Invalid FREQ value, must be >= 0 and <= 255",
                ));
            }
            options.freq = Some(freq);
        } else {
            return Err(Error::SYNTAX);
        }
    }
    Ok(options)
}

fn load(cx: &Cx<'_>, payload: &[u8]) -> Result<Loaded, Error> {
    let verify = !cx.server.saving.skip_checksums.load(Ordering::Relaxed);
    restore_payload_checked(payload, &cx.server.limits(), verify).map_err(|error| match error {
        RestoreError::Version | RestoreError::Checksum => {
            Error::new("ERR DUMP payload version or checksum are wrong")
        }
        _ => Error::new("ERR Bad data format"),
    })
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let key = args[1];
    let options = options(&args[4..])?;
    if !options.replace && cx.db.exists(key) {
        return Err(Error::new("BUSYKEY Target key name already exists."));
    }
    let ttl = int(args[2])?;
    if ttl < 0 {
        return Err(Error::new("ERR Invalid TTL value, must be >= 0"));
    }
    let loaded = load(cx, args[3])?;
    let at = match ttl {
        0 => None,
        _ if options.absolute => Some(ttl),
        _ => Some(ttl.saturating_add(cx.now_ms())),
    };
    if at.is_some_and(|at| at <= cx.now_ms()) && cx.db.removes_expired() {
        cx.db.remove_overdue(key);
        cx.out.ok();
        return Ok(());
    }
    put(cx, key, &loaded, at, &options);
    let mut digits = [0; INT_LEN_MAX];
    let mut effect: Vec<&[u8]> = args.to_vec();
    if let Some(at) = at.filter(|_| !options.absolute) {
        effect[2] = format_i64(at, &mut digits);
        effect.push(b"ABSTTL");
    }
    cx.db.rewrite(&effect);
    cx.out.ok();
    Ok(())
}

fn put(cx: &mut Cx<'_>, key: &[u8], loaded: &Loaded, at: Option<i64>, options: &Options) {
    let value = match loaded {
        Loaded::Bytes(bytes) => NewValue::Bytes(bytes),
        Loaded::Object(object) => NewValue::Object(object.clone()),
    };
    // What the policy does not go by is not kept, as in Redis.
    let counts = access::counts_use(cx.server.config.pick(params::MAXMEMORY_POLICY));
    let clock = match (options.idle_s, options.freq) {
        (Some(seconds), _) if !counts => cx.db.clock().wrapping_sub(seconds as u32),
        (None, Some(freq)) if counts => access::minutes(cx.now_ms()) << 8 | freq as u32,
        _ => cx.db.clock(),
    };
    let event = Event::new(Class::Generic, "restore");
    let (db, entry) = (cx.db.db, Entry::new(key, value, at, clock));
    cx.db.announce_in(db, key);
    cx.db.put_entry(db, entry, event);
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn values_and_expiries() {
        play(
            "> RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"
             < +OK
             > GET n
             < $2
             < 10
             > TTL n
             < :-1
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"
             < -BUSYKEY Target key name already exists.
             > RESTORE n 5000 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" REPLACE
             < +OK
             > PTTL n
             < :5000
             > RESTORE n 33177117420000 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" REPLACE ABSTTL
             < +OK
             > PEXPIRETIME n
             < :33177117420000
             > RESTORE n 1 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" REPLACE ABSTTL
             < +OK
             > EXISTS n
             < :0
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" IDLETIME 1000
             < +OK
             > OBJECT IDLETIME n
             < :1000",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> RESTORE n -1 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"
             < -ERR Invalid TTL value, must be >= 0
             > RESTORE n 0 nonsense
             < -ERR DUMP payload version or checksum are wrong
             > RESTORE n x \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"
             < -ERR value is not an integer or out of range
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" IDLETIME -1
             < -ERR Invalid IDLETIME value, must be >= 0
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" FREQ 256
             < -ERR Invalid FREQ value, must be >= 0 and <= 255
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" IDLETIME 1 FREQ 1
             < -ERR syntax error
             > RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" NONSENSE
             < -ERR syntax error
             > RESTORE n 0
             < -ERR wrong number of arguments for 'restore' command",
        );
    }

    #[test]
    fn the_effect_is_absolute() {
        let effects = journal(
            "> RESTORE n 0 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\"
             > RESTORE n 1 x REPLACE ABSTTL
             > RESTORE n 1 \"\\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb\" REPLACE ABSTTL",
        );
        assert_eq!(effects.len(), 3);
        assert!(effects[1].starts_with("RESTORE n 0 "));
        assert_eq!(effects[2], "DEL n");
    }
}
