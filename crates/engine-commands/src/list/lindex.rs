//! LINDEX

use crate::args::int;
use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::List;

pub(crate) const COMMAND: Command = Command {
    name: "lindex",
    arity: 3,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(N) within a piece of the list, O(log N) to find it.",
    summary: "Returns the element of a list at an index, counted from 0 at the head or from -1 at the tail.",
    syntax: "key index",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(list) = cx.db.read::<List>(args[1])? else {
        cx.out.null();
        return Ok(());
    };
    let index = int(args[2])?;
    items::bulk_or_null(&mut cx.out, list.get(index));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn from_both_ends() {
        play(
            "> RPUSH l a b 3
             < :3
             > LINDEX l 0
             < $1
             < a
             > LINDEX l -1
             < $1
             < 3
             > LINDEX l -3
             < $1
             < a
             > LINDEX l 3
             < $-1
             > LINDEX l -4
             < $-1
             > LINDEX l -9223372036854775808
             < $-1
             3> LINDEX l 3
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LINDEX nothing x
             < $-1
             > RPUSH l a
             < :1
             > LINDEX l x
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > LINDEX s x
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
