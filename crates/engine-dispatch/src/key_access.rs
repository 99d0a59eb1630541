//! Which arguments of a command are keys or channels, and what it does with each: for ACL and COMMAND GETKEYS. What
//! the key specifications cannot say stands here.

use crate::command::{Begin, Find, Flags, KeyFlags, key_positions};
use crate::table::Registered;
use proto_resp::num::parse_i64;
use std::ops::Range;

/// An argument that is a key, and what is done with it.
pub type KeyUse = (usize, KeyFlags);

/// Whether the command has keys at all.
#[must_use]
pub fn has_keys(command: &Registered) -> bool {
    let specs = command.command.keys;
    !specs.iter().all(|s| s.flags.contains(KeyFlags::NOT_KEY))
}

/// The keys of a command whose number of arguments is right; `None` where a count among the arguments is impossible.
#[must_use]
pub fn keys_of(command: &Registered, args: &[&[u8]]) -> Option<Vec<KeyUse>> {
    if command.command.keys.is_empty() {
        return Some(Vec::new());
    }
    if command.command.name == "migrate" {
        return Some(migrate_keys(args));
    }
    if !counts_are_right(command, args) {
        return None;
    }
    let mut keys = Vec::new();
    key_positions(command.command.keys, args, |at, flags| {
        if !flags.contains(KeyFlags::NOT_KEY) {
            keys.push((at, as_used(command, args, flags)));
        }
    });
    if let Some(at) = stored_at(command, args)
        && keys.iter().all(|(known, _)| *known != at)
    {
        keys.push((at, KeyFlags::OW | KeyFlags::UPDATE));
    }
    Some(keys)
}

/// Whether there are as many keys as each count says.
fn counts_are_right(found: &Registered, args: &[&[u8]]) -> bool {
    found.command.keys.iter().all(|spec| {
        let (Begin::Index(from), Find::KeyNum { count, first, step }) = (spec.begin, spec.find)
        else {
            return true;
        };
        let number = args
            .get((from + count).max(0) as usize)
            .and_then(|n| parse_i64(n));
        let none_is_right = found.command.flags.contains(Flags::NO_MANDATORY_KEYS);
        match number {
            Some(0) => none_is_right,
            Some(n) if n > 0 && n <= args.len() as i64 => {
                i64::from(from + first) + (n - 1) * i64::from(step) < args.len() as i64
            }
            _ => false,
        }
    })
}

fn is(arg: &[u8], word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}

/// What is done with a key, where that depends on the other arguments.
fn as_used(found: &Registered, args: &[&[u8]], flags: KeyFlags) -> KeyFlags {
    if !flags.contains(KeyFlags::VARIABLE_FLAGS) {
        return flags;
    }
    let fixed = flags - KeyFlags::VARIABLE_FLAGS;
    match found.command.name {
        "set" if !args.iter().skip(3).any(|arg| is(arg, "GET")) => KeyFlags::OW | KeyFlags::UPDATE,
        "bitfield" if only_gets(args) => KeyFlags::RO | KeyFlags::ACCESS,
        _ => fixed,
    }
}

/// Whether BITFIELD does nothing but read; a wrong word counts as writing.
fn only_gets(args: &[&[u8]]) -> bool {
    let mut at = 2;
    while let Some(word) = args.get(at) {
        let left = args.len() - at - 1;
        at += match word {
            _ if is(word, "GET") && left >= 2 => 3,
            _ if is(word, "OVERFLOW") && left >= 1 => 2,
            _ => return false,
        };
    }
    true
}

/// The key that a result is stored under, where the specifications cannot say it.
fn stored_at(found: &Registered, args: &[&[u8]]) -> Option<usize> {
    let is_sort = match found.command.name {
        "sort" => true,
        "georadius" | "georadiusbymember" => false,
        _ => return None,
    };
    let mut stored = None;
    let mut at = if is_sort { 2 } else { 5 };
    while let Some(word) = args.get(at) {
        let has_next = at + 1 < args.len();
        if is_sort && is(word, "LIMIT") {
            at += 2;
        } else if is_sort && (is(word, "GET") || is(word, "BY")) {
            at += 1;
        } else if has_next && (is(word, "STORE") || (!is_sort && is(word, "STOREDIST"))) {
            stored = Some(at + 1);
            at += 1;
        }
        at += 1;
    }
    stored
}

/// MIGRATE: the key, or those after KEYS where it is empty. The words of AUTH are none of them.
fn migrate_keys(args: &[&[u8]]) -> Vec<KeyUse> {
    const FLAGS: KeyFlags = KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE);
    let single = vec![(3, FLAGS)];
    let mut at = 6;
    while let Some(word) = args.get(at) {
        if is(word, "KEYS") {
            let many = args.get(3).is_some_and(|key| key.is_empty());
            // A key besides KEYS is an error, which the command tells.
            return if many {
                (at + 1..args.len()).map(|at| (at, FLAGS)).collect()
            } else {
                single
            };
        }
        at += match word {
            _ if is(word, "AUTH") => 2,
            _ if is(word, "AUTH2") => 3,
            _ => 1,
        };
    }
    single
}

/// Which arguments of a command, of which there are `count`, are channels that it publishes or subscribes to, and
/// whether they are patterns.
#[must_use]
pub fn channels_of(command: &Registered, count: usize) -> (Range<usize>, bool) {
    if !command.command.flags.contains(Flags::PUBSUB) {
        return (0..0, false);
    }
    match command.command.name {
        "publish" | "spublish" => (1..2, false),
        "subscribe" | "ssubscribe" => (1..count, false),
        "psubscribe" => (1..count, true),
        _ => (0..0, false),
    }
}
