//! PERSIST

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "persist",
    arity: 2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Generic,
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Takes a key's expiry away.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let timed = cx.db.peek(args[1]).and_then(|e| e.expire_at()).is_some();
    if timed {
        let event = Event::new(Class::Generic, "persist");
        cx.db.set_expiry(args[1], None, event);
    }
    cx.out.int(i64::from(timed));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_expiry_is_gone() {
        play(
            "> SET k v EX 1
             < +OK
             > PERSIST k
             < :1
             > PERSIST k
             < :0
             > PERSIST none
             < :0
             + 5000
             > TTL k
             < :-1",
        );
    }
}
