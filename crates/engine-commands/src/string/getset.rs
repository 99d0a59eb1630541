//! GETSET

use super::shared_value::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_keyspace::NewValue;

pub(crate) const COMMAND: Command = Command {
    name: "getset",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Sets the string value of a key and returns the one it had; superseded by SET with GET.",
    syntax: "key value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, value) = (args[1], args[2]);
    reply(cx, key)?;
    let event = Event::new(Class::String, "set");
    cx.db.put(key, NewValue::Bytes(value), Expiry::Never, event);
    cx.db.rewrite(&[b"SET", key, value]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn the_old_value_comes_back() {
        play(
            "> GETSET k a
             < $-1
             > EXPIRE k 100
             < :1
             > GETSET k b
             < $1
             < a
             > TTL k
             < :-1
             > RPUSH l x
             < :1
             > GETSET l v
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn the_effect_is_a_set() {
        let effects = journal("> GETSET k v");
        assert_eq!(effects, ["SELECT 0", "SET k v"]);
    }
}
