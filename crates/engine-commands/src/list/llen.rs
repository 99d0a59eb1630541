//! LLEN

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::List;

pub(crate) const COMMAND: Command = Command {
    name: "llen",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns the number of elements of a list.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let len = cx.db.read::<List>(args[1])?.map_or(0, List::len);
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn length() {
        play(
            "> LLEN l
             < :0
             > RPUSH l a b
             < :2
             > LLEN l
             < :2
             > SET s v
             < +OK
             > LLEN s
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > LLEN
             < -ERR wrong number of arguments for 'llen' command",
        );
    }
}
