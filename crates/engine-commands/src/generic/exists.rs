//! EXISTS

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "exists",
    arity: -2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(N) in the number of keys.",
    summary: "Counts how many of the keys named are there; one named twice counts twice.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let there = args[1..].iter().filter(|key| cx.db.inspect(key).is_some());
    let count = there.count();
    cx.out.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn keys_are_counted() {
        play(
            "> SET k v PX 100
             < +OK
             > EXISTS k none k
             < :2
             + 100
             > EXISTS k
             < :0
             > EXISTS
             < -ERR wrong number of arguments for 'exists' command",
        );
    }
}
