//! SDIFFSTORE

use super::shared_algebra::{difference, store};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sdiffstore",
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
    summary: "Stores the members of a set that none of the other sets has under a key.",
    syntax: "destination key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = difference(cx, &args[2..])?;
    store(cx, args[1], result, Event::new(Class::Set, "sdiffstore"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_destination_is_replaced() {
        play(
            "> SADD s 1 2 3
             < :3
             > SADD t 2
             < :1
             > SDIFFSTORE d s t
             < :2
             > SDIFFSTORE s s t
             < :2
             > SDIFFSTORE d t t
             < :0
             > SCARD d
             < :0
             > SET k v
             < +OK
             > SDIFFSTORE d s k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
