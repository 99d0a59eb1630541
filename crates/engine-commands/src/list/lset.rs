//! LSET

use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::List;

pub(crate) const COMMAND: Command = Command {
    name: "lset",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(N) within a piece of the list, O(log N) to find it.",
    summary: "Replaces the element of a list at an index.",
    syntax: "key index element",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, element) = (args[1], args[3]);
    let Some(list) = cx.db.look::<List>(key)? else {
        return Err(Error::NO_KEY);
    };
    let index = int(args[2])?;
    if list.get(index).is_none() {
        return Err(Error::OUT_OF_RANGE);
    }
    let limits = cx.server.limits();
    cx.db.edit::<List, _>(key, false, |list, change| {
        let set = list.set(index, element, &limits);
        change.note(usize::from(set), Event::new(Class::List, "lset"));
    })?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn replaces() {
        play(
            "> RPUSH l a b c
             < :3
             > LSET l 1 x
             < +OK
             > LSET l -1 y
             < +OK
             > LRANGE l 0 -1
             < *3
             < $1
             < a
             < $1
             < x
             < $1
             < y",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LSET l 0 x
             < -ERR no such key
             > LSET l x x
             < -ERR no such key
             > RPUSH l a
             < :1
             > LSET l 1 x
             < -ERR index out of range
             > LSET l -2 x
             < -ERR index out of range
             > LSET l x x
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > LSET s 0 x
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
