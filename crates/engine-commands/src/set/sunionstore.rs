//! SUNIONSTORE

use super::shared_algebra::{store, union};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sunionstore",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(N), N being the number of members of all sets.",
    summary: "Stores the members that any of several sets has under a key.",
    syntax: "destination key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = union(cx, &args[2..])?;
    store(cx, args[1], result, Event::new(Class::Set, "sunionstore"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_destination_is_replaced() {
        play(
            "> SADD s 1 2
             < :2
             > SUNIONSTORE d s nothing
             < :2
             > SADD t 2 3
             < :2
             > SUNIONSTORE d d t
             < :3
             > SUNIONSTORE d nothing
             < :0
             > SCARD d
             < :0
             > SET k v
             < +OK
             > SUNIONSTORE k s k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SUNIONSTORE k s
             < :2
             > SCARD k
             < :2",
        );
    }
}
