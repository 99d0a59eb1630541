//! LREM

use crate::args::negatable;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::List;

pub(crate) const COMMAND: Command = Command {
    name: "lrem",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(N+M), N being the length of the list, M the number of elements removed.",
    summary: "Removes the elements of a list that equal a value: all, or so many from the head or, with a negative count, from the tail.",
    syntax: "key count element",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = negatable(args[2])?;
    let limits = cx.server.limits();
    let removed = cx.db.edit::<List, _>(args[1], false, |list, change| {
        let removed = list.remove(count, args[3], &limits);
        change.note(removed, Event::new(Class::List, "lrem"));
        removed
    })?;
    cx.out.int(removed.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn from_either_end() {
        play(
            "> RPUSH l a b a c a
             < :5
             > LREM l -1 a
             < :1
             > LRANGE l 0 -1
             < *4
             < $1
             < a
             < $1
             < b
             < $1
             < a
             < $1
             < c
             > LREM l 1 a
             < :1
             > LINDEX l 0
             < $1
             < b
             > LREM l 0 x
             < :0
             > RPUSH l b b
             < :5
             > LREM l 0 b
             < :3
             > LREM l 0 a
             < :1
             > LREM l 0 c
             < :1
             > LREM l 0 c
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LREM nothing x a
             < -ERR value is not an integer or out of range
             > LREM nothing -9223372036854775808 a
             < -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
             > SET s v
             < +OK
             > LREM s 0 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
