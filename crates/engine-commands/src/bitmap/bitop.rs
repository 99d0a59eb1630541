//! BITOP

use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_keyspace::NewValue;

pub(crate) const COMMAND: Command = Command {
    name: "bitop",
    arity: -4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[
        KeySpec::at(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::Bitmap,
    since: "2.6.0",
    complexity: "O(N)",
    summary: "Combines strings bit by bit into another key.",
    syntax: "<AND | OR | XOR | NOT> destkey key [key ...]",
    run,
    ..Command::BASE
};

/// How a byte is combined with the one of the next string.
type Combine = fn(u8, u8) -> u8;

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (name, to, keys) = (args[1], args[2], &args[3..]);
    let not = is(name, "NOT");
    let combine: Combine = match name {
        _ if not => |a, _| a,
        name if is(name, "AND") => |a, b| a & b,
        name if is(name, "OR") => |a, b| a | b,
        name if is(name, "XOR") => |a, b| a ^ b,
        _ => return Err(Error::SYNTAX),
    };
    if not && keys.len() != 1 {
        return Err(Error::new(
            "ERR BITOP NOT must be called with a single source key.",
        ));
    }
    let mut result: Vec<u8> = Vec::new();
    for (n, key) in keys.iter().enumerate() {
        let mut digits = Vec::new();
        let string = cx.db.string(key)?;
        let bytes = string.as_ref().map_or(&[][..], |s| s.as_bytes(&mut digits));
        if n == 0 {
            result = bytes.to_vec();
        } else {
            // Behind its end a string has zeros.
            result.resize(result.len().max(bytes.len()), 0);
            let (with, alone) = result.split_at_mut(bytes.len());
            for (into, byte) in with.iter_mut().zip(bytes) {
                *into = combine(*into, *byte);
            }
            alone.iter_mut().for_each(|into| *into = combine(*into, 0));
        }
    }
    if not {
        result.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let len = result.len();
    if len == 0 {
        cx.db.remove(to, Event::DEL);
    } else {
        let event = Event::new(Class::String, "set");
        cx.db.put(to, NewValue::Raw(&result), Expiry::Never, event);
    }
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn strings_are_combined() {
        play(
            "> MSET a abc b ABCd
             < +OK
             > BITOP AND to a b
             < :4
             > GET to
             < $4
             < ABC\\x00
             > BITOP or to a b
             < :4
             > GET to
             < $4
             < abcd
             > BITOP XOR to a b
             < :4
             > GET to
             < $4
             < \\x20\\x20\\x20d
             > BITOP NOT to a
             < :3
             > GET to
             < $3
             < \\x9e\\x9d\\x9c
             > BITOP AND to a none
             < :3
             > GET to
             < $3
             < \\x00\\x00\\x00
             > EXPIRE to 100
             < :1
             > BITOP OR to a
             < :3
             > TTL to
             < :-1
             > BITOP OR to none
             < :0
             > EXISTS to
             < :0
             > BITOP NOT a a
             < :3",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> BITOP NAND to a
             < -ERR syntax error
             > BITOP NOT to a b
             < -ERR BITOP NOT must be called with a single source key.
             > RPUSH l x
             < :1
             > BITOP OR to l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > BITOP OR l none
             < :0
             > EXISTS l
             < :0
             > BITOP OR to
             < -ERR wrong number of arguments for 'bitop' command",
        );
    }
}
