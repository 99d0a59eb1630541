//! HGETALL

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hgetall",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns all fields and values of a hash.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(hash) = cx.db.hash(args[1])? else {
        cx.out.map(0);
        return Ok(());
    };
    cx.out.map(hash.len());
    for (field, value) in hash.iter() {
        items::bulk(&mut cx.out, field);
        items::bulk(&mut cx.out, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_map_or_a_flat_array() {
        play(
            "> HSET h a 1 b x
             < :2
             > HGETALL h
             < *4
             < $1
             < a
             < $1
             < 1
             < $1
             < b
             < $1
             < x
             3> HGETALL h
             < %2
             < $1
             < a
             < $1
             < 1
             < $1
             < b
             < $1
             < x
             3> HGETALL nothing
             < %0
             > HGETALL nothing
             < *0
             > SET k v
             < +OK
             > HGETALL k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
