//! COMMAND GETKEYS and GETKEYSANDFLAGS

use super::shared_command_info::key_flags;
use engine_dispatch::key_access::{KeyUse, has_keys, keys_of};
use engine_dispatch::{Cx, Error, Flags, Outcome};

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
fn find(cx: &Cx<'_>, args: &[&[u8]]) -> Result<Vec<KeyUse>, Error> {
    let found = cx.server.table.find(args);
    let found = found.map_err(|_| Error::new("ERR Invalid command specified"))?;
    let command = found.command;
    if !has_keys(found) {
        return Err(Error::new("ERR The command has no key arguments"));
    }
    if !command.takes(args.len()) {
        return Err(Error::new(
            "ERR Invalid number of arguments specified for command",
        ));
    }
    let wrong = || Error::new("ERR Invalid arguments specified for command");
    let keys = keys_of(found, args).ok_or_else(wrong)?;
    let none_is_right = command.flags.contains(Flags::NO_MANDATORY_KEYS);
    if keys.is_empty() && !none_is_right {
        return Err(wrong());
    }
    Ok(keys)
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
             > COMMAND GETKEYS georadius k 0 0 1 m STORE d
             < *2
             < $1
             < k
             < $1
             < d
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
