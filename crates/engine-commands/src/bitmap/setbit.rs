//! SETBIT

use super::shared_offset::bit_offset;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use proto_resp::num::parse_i64;

pub(crate) const COMMAND: Command = Command {
    name: "setbit",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::Bitmap,
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Sets or clears a bit of a string and returns what it was; makes the key if it is not there.",
    syntax: "key offset value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let offset = bit_offset(cx, args[2], None)?;
    let on = match parse_i64(args[3]) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(Error::new("ERR bit is not an integer or out of range")),
    };
    let (at, mask) = ((offset / 8) as usize, 0x80u8 >> (offset % 8));
    let was = cx.db.edit_string(args[1], |bytes, change| {
        let was = bytes.get(at).map(|byte| byte & mask != 0);
        // Nothing is written where nothing changes, so that replicas hear of it only then.
        if was != Some(on) {
            if bytes.len() <= at {
                bytes.resize(at + 1, 0);
            }
            bytes[at] = bytes[at] & !mask | if on { mask } else { 0 };
            change.note(1, Event::new(Class::String, "setbit"));
        }
        was
    })?;
    cx.out.int(i64::from(was == Some(true)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn bits_are_set_and_strings_grow() {
        play(
            "> SETBIT k 1 1
             < :0
             > GET k
             < $1
             < @
             > SETBIT k 1 0
             < :1
             > STRLEN k
             < :1
             > SETBIT k 100 0
             < :0
             > STRLEN k
             < :13
             > SET n 1 EX 100
             < +OK
             > SETBIT n 6 1
             < :0
             > GET n
             < $1
             < 3
             > TTL n
             < :100
             > SETBIT n 6 0
             < :1
             > INCR n
             < :2",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SETBIT k -1 1
             < -ERR bit offset is not an integer or out of range
             > SETBIT k 4294967296 1
             < -ERR bit offset is not an integer or out of range
             > SETBIT k x 1
             < -ERR bit offset is not an integer or out of range
             > SETBIT k #1 1
             < -ERR bit offset is not an integer or out of range
             > SETBIT k 0 2
             < -ERR bit is not an integer or out of range
             > SETBIT k 0 x
             < -ERR bit is not an integer or out of range
             > RPUSH l x
             < :1
             > SETBIT l 0 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SETBIT k 0
             < -ERR wrong number of arguments for 'setbit' command",
        );
    }

    #[test]
    fn no_change_has_no_effect() {
        let effects = journal(
            "> SETBIT k 1 0
             > SETBIT k 1 0
             > BITFIELD k GET u8 0
             > BITFIELD k SET u8 0 0
             > BITFIELD k SET u8 0 3 INCRBY u8 0 1",
        );
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "SETBIT k 1 0",
                "BITFIELD k SET u8 0 3 INCRBY u8 0 1"
            ]
        );
    }
}
