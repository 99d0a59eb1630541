//! SINTERSTORE

use super::shared_algebra::{intersection, store};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sinterstore",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(N*M), N being the size of the smallest set, M the number of sets.",
    summary: "Stores the members that all of several sets have under a key.",
    syntax: "destination key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let result = intersection(cx, &args[2..])?;
    store(cx, args[1], result, Event::new(Class::Set, "sinterstore"));
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
             > SADD t 3 4 2
             < :3
             > SET d v PX 100
             < +OK
             > SINTERSTORE d s t
             < :2
             + 200
             > SCARD d
             < :2
             > SINTERSTORE s s t
             < :2
             > SINTERSTORE d s nothing
             < :0
             > GET d
             < $-1
             > SET k v
             < +OK
             > SINTERSTORE d s k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SINTERSTORE d
             < -ERR wrong number of arguments for 'sinterstore' command",
        );
    }
}
