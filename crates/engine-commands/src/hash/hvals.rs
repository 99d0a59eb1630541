//! HVALS

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hvals",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns all values of a hash.",
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
    for (_, value) in hash.iter() {
        items::bulk(&mut cx.out, value);
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
             > HVALS h
             < *2
             < $1
             < 1
             < $1
             < x
             3> HVALS h
             < *2
             < $1
             < 1
             < $1
             < x
             > HVALS nothing
             < *0
             > SET k v
             < +OK
             > HVALS k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
