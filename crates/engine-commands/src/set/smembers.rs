//! SMEMBERS

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "smembers",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(N), N being the number of members.",
    summary: "Returns all members of a set.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(set) = cx.db.read::<Set>(args[1])? else {
        cx.out.set(0);
        return Ok(());
    };
    cx.out.set(set.len());
    for member in set.iter() {
        items::bulk(&mut cx.out, member);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn all_members() {
        play(
            "> SADD s 2 1
             < :2
             > SMEMBERS s
             < *2
             < $1
             < 1
             < $1
             < 2
             3> SMEMBERS s
             < ~2
             < $1
             < 1
             < $1
             < 2
             3> SMEMBERS nothing
             < ~0
             > SMEMBERS nothing
             < *0
             > SET k v
             < +OK
             > SMEMBERS k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
