//! HLEN

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hlen",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Returns the number of fields of a hash.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let len = cx.db.hash(args[1])?.map_or(0, |hash| hash.len());
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn length() {
        play(
            "> HLEN h
             < :0
             > HSET h a 1 b 2
             < :2
             > HLEN h
             < :2
             > SET k v
             < +OK
             > HLEN k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
