//! SCARD

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "scard",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns the number of members of a set.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let size = cx.db.read::<Set>(args[1])?.map_or(0, Set::len);
    cx.out.int(size as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn size() {
        play(
            "> SCARD s
             < :0
             > SADD s a 1
             < :2
             > SCARD s
             < :2
             > SET k v
             < +OK
             > SCARD k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SCARD
             < -ERR wrong number of arguments for 'scard' command",
        );
    }
}
