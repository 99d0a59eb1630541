//! SDIFF

use super::shared_algebra::{difference, reply};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sdiff",
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
    summary: "Returns the members of a set that none of the other sets has.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = difference(cx, &args[1..])?;
    reply(cx, &result);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_only_the_first_has() {
        play(
            "> SADD s 1 2 3
             < :3
             > SADD t 2 x
             < :2
             > SDIFF s t nothing
             < *2
             < $1
             < 1
             < $1
             < 3
             > SDIFF s s
             < *0
             > SDIFF s t s
             < *0
             > SDIFF nothing s
             < *0
             3> SDIFF s
             < ~3
             < $1
             < 1
             < $1
             < 2
             < $1
             < 3
             > SET k v
             < +OK
             > SDIFF nothing k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn both_ways_of_subtracting_agree() {
        play(
            "> SADD large 1 2 3 4 5 6 7 8 9 10 11 12
             < :12
             > SADD a 1
             < :1
             > SADD b 2 100
             < :2
             > SADD c 3
             < :1
             > SADD d 4 5 6 7 8 9 10
             < :7
             > SDIFF large a b c d
             < *2
             < $2
             < 11
             < $2
             < 12
             > SDIFF a large d
             < *0
             > SDIFF b large a c d
             < *1
             < $3
             < 100",
        );
    }
}
