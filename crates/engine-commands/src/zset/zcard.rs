//! ZCARD

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "zcard",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Returns the number of members of a sorted set.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = cx.db.read::<ZSet>(args[1])?.map_or(0, ZSet::len);
    cx.out.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts() {
        play(
            "> ZADD z 1 a 2 b
             < :2
             > ZCARD z
             < :2
             > ZCARD nothing
             < :0
             > ZCARD
             < -ERR wrong number of arguments for 'zcard' command
             > SET s v
             < +OK
             > ZCARD s
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
