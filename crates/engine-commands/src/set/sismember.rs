//! SISMEMBER

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "sismember",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Tells whether a set has a member.",
    syntax: "key member",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let set = cx.db.read::<Set>(args[1])?;
    let is_member = set.is_some_and(|set| set.contains(args[2]));
    cx.out.int(i64::from(is_member));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn membership() {
        play(
            "> SADD s a 1
             < :2
             > SISMEMBER s 1
             < :1
             > SISMEMBER s 01
             < :0
             3> SISMEMBER s b
             < :0
             > SISMEMBER nothing b
             < :0
             > SET k v
             < +OK
             > SISMEMBER k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
