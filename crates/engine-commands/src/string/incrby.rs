//! INCRBY

use super::shared_increment::add;
use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "incrby",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Adds an integer to the number in a string; a key that is not there counts as 0.",
    syntax: "key increment",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    add(cx, args[1], int(args[2])?)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn any_integer_is_added() {
        play(
            "> INCRBY n 17179869184
             < :17179869184
             > INCRBY n -1
             < :17179869183
             > INCRBY n 1.5
             < -ERR value is not an integer or out of range
             > INCRBY n 9223372036854775807
             < -ERR increment or decrement would overflow
             > INCRBY n
             < -ERR wrong number of arguments for 'incrby' command",
        );
    }
}
