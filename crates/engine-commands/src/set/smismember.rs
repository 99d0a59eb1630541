//! SMISMEMBER

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "smismember",
    arity: -3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Set,
    since: "6.2.0",
    complexity: "O(N), N being the number of members asked for.",
    summary: "Tells of each of several members whether a set has it.",
    syntax: "key member [member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let set = cx.db.read::<Set>(args[1])?;
    cx.out.array(args.len() - 2);
    for member in &args[2..] {
        let is_member = set.is_some_and(|set| set.contains(member));
        cx.out.int(i64::from(is_member));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn membership_of_each() {
        play(
            "> SADD s a b
             < :2
             > SMISMEMBER s a x b
             < *3
             < :1
             < :0
             < :1
             > SMISMEMBER nothing a
             < *1
             < :0
             > SMISMEMBER s
             < -ERR wrong number of arguments for 'smismember' command
             > SET k v
             < +OK
             > SMISMEMBER k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
