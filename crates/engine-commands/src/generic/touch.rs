//! TOUCH

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "touch",
    arity: -2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    group: Group::Generic,
    since: "3.2.1",
    complexity: "O(N) in the number of keys.",
    summary: "Marks keys as just used; returns how many of them are there.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    // A client that asked for CLIENT NO-TOUCH still touches with this command.
    let touch = std::mem::replace(&mut cx.db.touch, true);
    let there = args[1..].iter().filter(|key| cx.db.get(key).is_some());
    let count = there.count();
    cx.db.touch = touch;
    cx.out.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_idle_time_begins_anew() {
        play(
            "> SET k v
             < +OK
             + 5000
             > OBJECT IDLETIME k
             < :5
             > TOUCH k none
             < :1
             > OBJECT IDLETIME k
             < :0",
        );
    }
}
