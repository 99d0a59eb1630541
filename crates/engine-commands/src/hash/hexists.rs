//! HEXISTS

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hexists",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Tells whether a hash has a field.",
    syntax: "key field",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let hash = cx.db.hash(args[1])?;
    let exists = hash.is_some_and(|hash| hash.contains(args[2]));
    cx.out.int(i64::from(exists));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn existence() {
        play(
            "> HSET h a 1
             < :1
             > HEXISTS h a
             < :1
             > HEXISTS h b
             < :0
             3> HEXISTS nothing b
             < :0
             > SET k v
             < +OK
             > HEXISTS k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
