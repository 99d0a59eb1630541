//! COMMAND GETKEYS and GETKEYSANDFLAGS

use super::shared_command_info::key_flags;
use crate::args::is;
use engine_dispatch::command::{Begin, Find, KeyFlags, key_positions};
use engine_dispatch::{Cx, Error, Flags, Outcome, Registered};
use proto_resp::num::parse_i64;

pub(super) fn get_keys(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let args = &args[2..];
    let keys = find(cx, args)?;
    cx.out.array(keys.len());
    for (at, _) in keys {
        cx.out.bulk(args.get(at).copied().unwrap_or_default());
    }
    Ok(())
}

pub(super) fn get_keys_and_flags(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let args = &args[2..];
    let keys = find(cx, args)?;
    cx.out.array(keys.len());
    for (at, flags) in keys {
        cx.out.array(2);
        cx.out.bulk(args.get(at).copied().unwrap_or_default());
        key_flags(&mut cx.out, flags);
    }
    Ok(())
}

/// The positions of the keys, and what is done with each.
fn find(cx: &Cx<'_>, args: &[&[u8]]) -> Result<Vec<(usize, KeyFlags)>, Error> {
    let found = cx.server.table.find(args);
    let found = found.map_err(|_| Error::new("ERR Invalid command specified"))?;
    let command = found.command;
    if command
        .keys
        .iter()
        .all(|s| s.flags.contains(KeyFlags::NOT_KEY))
    {
        return Err(Error::new("ERR The command has no key arguments"));
    }
    if !command.takes(args.len()) {
        return Err(Error::new(
            "ERR Invalid number of arguments specified for command",
        ));
    }
    let mut keys = Vec::new();
    key_positions(command.keys, args, |at, flags| {
        if !flags.contains(KeyFlags::NOT_KEY) {
            keys.push((at, as_used(found, args, flags)));
        }
    });
    if let Some(at) = stored_at(found, args) {
        keys.push((at, KeyFlags::OW | KeyFlags::UPDATE));
    }
    let none_is_right = command.flags.contains(Flags::NO_MANDATORY_KEYS);
    if !counts_are_right(found, args) || (keys.is_empty() && !none_is_right) {
        return Err(Error::new("ERR Invalid arguments specified for command"));
    }
    Ok(keys)
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

/// What is done with a key, where that depends on the other arguments.
fn as_used(found: &Registered, args: &[&[u8]], flags: KeyFlags) -> KeyFlags {
    if !flags.contains(KeyFlags::VARIABLE_FLAGS) {
        return flags;
    }
    let has = |word: &str| args[2..].iter().any(|arg| is(arg, word));
    let fixed = flags - KeyFlags::VARIABLE_FLAGS;
    match found.command.name {
        "set" if !args[3..].iter().any(|arg| is(arg, "GET")) => KeyFlags::OW | KeyFlags::UPDATE,
        "bitfield" if !has("SET") && !has("INCRBY") => KeyFlags::RO | KeyFlags::ACCESS,
        _ => fixed,
    }
}

/// The key that a result is stored under, where the specifications cannot say it.
fn stored_at(found: &Registered, args: &[&[u8]]) -> Option<usize> {
    let from = match found.command.name {
        "sort" => 2,
        "georadius" => 6,
        "georadiusbymember" => 5,
        _ => return None,
    };
    let is_store = |arg: &&[u8]| is(arg, "STORE") || (from > 2 && is(arg, "STOREDIST"));
    let at = args.iter().skip(from).rposition(is_store)? + from + 1;
    Some(at).filter(|at| *at < args.len())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn keys() {
        play(
            "> COMMAND GETKEYS get a
             < *1
             < $1
             < a
             > COMMAND GETKEYS mset a 1 b 2
             < *2
             < $1
             < a
             < $1
             < b
             > COMMAND GETKEYS memory usage k
             < *1
             < $1
             < k
             > COMMAND GETKEYS get
             < -ERR wrong number of arguments for 'command|getkeys' command
             > COMMAND GETKEYS foo a
             < -ERR Invalid command specified
             > COMMAND GETKEYS ping a
             < -ERR The command has no key arguments
             > COMMAND GETKEYS get a b
             < -ERR Invalid number of arguments specified for command",
        );
    }

    #[test]
    fn what_is_done_with_them() {
        play(
            "3> COMMAND GETKEYSANDFLAGS set a b
             < *1
             < *2
             < $1
             < a
             < ~2
             < +OW
             < +update
             3> COMMAND GETKEYSANDFLAGS set a b get
             < *1
             < *2
             < $1
             < a
             < ~3
             < +RW
             < +access
             < +update",
        );
    }
}
