//! SINTER

use super::shared_algebra::{intersection, reply};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sinter",
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
    complexity: "O(N*M), N being the size of the smallest set, M the number of sets.",
    summary: "Returns the members that all of several sets have.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = intersection(cx, &args[1..])?;
    reply(cx, &result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_all_have() {
        play(
            "> SADD s 1 2 3
             < :3
             > SADD t 3 4 2 a
             < :4
             > SINTER s t
             < *2
             < $1
             < 2
             < $1
             < 3
             > SINTER s t nothing
             < *0
             3> SINTER s t s
             < ~2
             < $1
             < 2
             < $1
             < 3
             > SET k v
             < +OK
             > SINTER nothing k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
