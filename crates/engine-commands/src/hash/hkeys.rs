//! HKEYS

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hkeys",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns all fields of a hash.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(hash) = cx.db.hash(args[1])? else {
        cx.out.array(0);
        return Ok(());
    };
    cx.out.array(hash.len());
    for (field, _) in hash.iter() {
        items::bulk(&mut cx.out, field);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn an_array() {
        play(
            "> HSET h a 1 b x
             < :2
             > HKEYS h
             < *2
             < $1
             < a
             < $1
             < b
             3> HKEYS h
             < *2
             < $1
             < a
             < $1
             < b
             > HKEYS nothing
             < *0
             > SET k v
             < +OK
             > HKEYS k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
