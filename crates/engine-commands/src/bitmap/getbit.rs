//! GETBIT

use super::shared_offset::bit_offset;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "getbit",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Bitmap,
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Returns a bit of a string; behind its end all are 0.",
    syntax: "key offset",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let offset = bit_offset(cx, args[2], None)?;
    let mut digits = Vec::new();
    let string = cx.db.string(args[1])?;
    let bytes = string.as_ref().map(|s| s.as_bytes(&mut digits));
    let byte = bytes.and_then(|bytes| bytes.get((offset / 8) as usize));
    let on = byte.is_some_and(|byte| byte & (0x80 >> (offset % 8)) != 0);
    cx.out.int(i64::from(on));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn bits_of_text_and_numbers() {
        play(
            "> SET k a
             < +OK
             > GETBIT k 1
             < :1
             > GETBIT k 0
             < :0
             > GETBIT k 100
             < :0
             > GETBIT none 0
             < :0
             > SET n 1
             < +OK
             > GETBIT n 7
             < :1
             > GETBIT k -1
             < -ERR bit offset is not an integer or out of range
             > RPUSH l x
             < :1
             > GETBIT l 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
