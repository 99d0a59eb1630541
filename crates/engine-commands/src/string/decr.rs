//! DECR

use super::shared_increment::add;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "decr",
    arity: 2,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Takes one from the number in a string; a key that is not there counts as 0.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    add(cx, args[1], -1)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn numbers_count_down() {
        play(
            "> DECR n
             < :-1
             > SET n 10
             < +OK
             > DECR n
             < :9
             > SET n -9223372036854775808
             < +OK
             > DECR n
             < -ERR increment or decrement would overflow",
        );
    }
}
