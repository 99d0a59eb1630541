//! APPEND

use super::shared_value::{current, grown};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome, StringRef};
use engine_keyspace::NewValue;

pub(crate) const COMMAND: Command = Command {
    name: "append",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::String,
    since: "2.0.0",
    complexity: "O(1) amortised: a string that grows keeps room to grow further.",
    summary: "Puts bytes at the end of a string; makes the key if it is not there.",
    syntax: "key value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, value) = (args[1], args[2]);
    let event = Event::new(Class::String, "append");
    let len = current(cx, key)?.map(|string| StringRef::len(&string));
    let total = match len {
        None => {
            cx.db.put(key, NewValue::Bytes(value), Expiry::Never, event);
            value.len()
        }
        Some(len) => {
            grown(cx, len, value.len())?;
            cx.db.edit_string(key, |bytes, change| {
                bytes.extend_from_slice(value);
                change.note(1, event);
                bytes.len()
            })?
        }
    };
    cx.out.int(total as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn strings_grow() {
        play(
            "> APPEND k Hello
             < :5
             > APPEND k ' World'
             < :11
             > GET k
             < $11
             < Hello World
             > APPEND n 12
             < :2
             > OBJECT ENCODING n
             < $3
             < int
             > APPEND n 3
             < :3
             > OBJECT ENCODING n
             < $3
             < raw
             > INCR n
             < :124
             > APPEND k ''
             < :11
             > APPEND empty ''
             < :0
             > EXISTS empty
             < :1",
        );
    }

    #[test]
    fn expiry_stays_and_types_are_checked() {
        play(
            "> SET k v EX 100
             < +OK
             > APPEND k w
             < :2
             > TTL k
             < :100
             > LPUSH l x
             < :1
             > APPEND l x
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > APPEND k
             < -ERR wrong number of arguments for 'append' command",
        );
    }

    #[test]
    fn a_long_string_grows_in_place() {
        play(
            "> SETRANGE k 4999 x
             < :5000
             > APPEND k yz
             < :5002
             > GETRANGE k 4999 -1
             < $3
             < xyz",
        );
    }
}
