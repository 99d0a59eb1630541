//! SETRANGE

use super::shared_value::{current, grown};
use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome, StringRef};

pub(crate) const COMMAND: Command = Command {
    name: "setrange",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::String,
    since: "2.2.0",
    complexity: "O(N) in the length of the value.",
    summary: "Writes bytes into a string from an offset on, filling up with zero bytes; makes the key if it is not there.",
    syntax: "key offset value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, value) = (args[1], args[3]);
    let offset = usize::try_from(int(args[2])?).map_err(|_| Error::OFFSET_OUT_OF_RANGE)?;
    let len = current(cx, key)?.map_or(0, |string| StringRef::len(&string));
    if value.is_empty() {
        cx.out.int(len as i64);
        return Ok(());
    }
    let end = grown(cx, offset, value.len())?;
    let len = cx.db.edit_string(key, |bytes, change| {
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset..end].copy_from_slice(value);
        change.note(1, Event::new(Class::String, "setrange"));
        bytes.len()
    })?;
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn bytes_are_written_and_filled_up() {
        play(
            "> SET k 'Hello World'
             < +OK
             > SETRANGE k 6 Redis
             < :11
             > GET k
             < $11
             < Hello Redis
             > SETRANGE new 2 x
             < :3
             > GET new
             < $3
             < \\x00\\x00x
             > SETRANGE none 5 ''
             < :0
             > EXISTS none
             < :0
             > SETRANGE k 100 ''
             < :11
             > SET n 1234 EX 100
             < +OK
             > SETRANGE n 1 9
             < :4
             > GET n
             < $4
             < 1934
             > TTL n
             < :100",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SETRANGE k -1 x
             < -ERR offset is out of range
             > SETRANGE k a x
             < -ERR value is not an integer or out of range
             > SETRANGE k 536870911 xy
             < -ERR string exceeds maximum allowed size (proto-max-bulk-len)
             > SETRANGE k 9223372036854775807 x
             < -ERR string exceeds maximum allowed size (proto-max-bulk-len)
             > RPUSH l x
             < :1
             > SETRANGE l 0 ''
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > EXISTS k
             < :0",
        );
    }
}
