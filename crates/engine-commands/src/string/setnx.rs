//! SETNX

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_keyspace::NewValue;

pub(crate) const COMMAND: Command = Command {
    name: "setnx",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::INSERT))],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Sets the string value of a key that is not there yet.",
    syntax: "key value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, value) = (args[1], NewValue::Bytes(args[2]));
    let taken = cx.db.exists(key);
    if !taken {
        let event = Event::new(Class::String, "set");
        cx.db.put(key, value, Expiry::Never, event);
    }
    cx.out.int(i64::from(!taken));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_where_nothing_is() {
        play(
            "> SETNX k a
             < :1
             > SETNX k b
             < :0
             > GET k
             < $1
             < a
             > EXPIRE k 1
             < :1
             + 1000
             > SETNX k c
             < :1
             > TTL k
             < :-1
             > RPUSH l x
             < :1
             > SETNX l v
             < :0",
        );
    }
}
