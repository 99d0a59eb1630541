//! SUNION

use super::shared_algebra::{reply, union};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sunion",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(N), N being the number of members of all sets.",
    summary: "Returns the members that any of several sets has.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = union(cx, &args[1..])?;
    reply(cx, &result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_any_has() {
        play(
            "> SADD s 1 2
             < :2
             > SADD t 2 3
             < :2
             > SUNION s t nothing
             < *3
             < $1
             < 1
             < $1
             < 2
             < $1
             < 3
             3> SUNION nothing
             < ~0
             > SET k v
             < +OK
             > SUNION s k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
