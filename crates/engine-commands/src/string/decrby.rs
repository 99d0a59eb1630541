//! DECRBY

use super::shared_increment::add;
use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "decrby",
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
    summary: "Takes an integer from the number in a string; a key that is not there counts as 0.",
    syntax: "key decrement",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let delta = int(args[2])?.checked_neg();
    let delta = delta.ok_or_else(|| Error::new("ERR decrement would overflow"))?;
    add(cx, args[1], delta)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn any_integer_is_taken() {
        play(
            "> DECRBY n 5
             < :-5
             > DECRBY n -15
             < :10
             > DECRBY n -9223372036854775808
             < -ERR decrement would overflow
             > DECRBY n x
             < -ERR value is not an integer or out of range
             > SET n -2
             < +OK
             > DECRBY n 9223372036854775807
             < -ERR increment or decrement would overflow",
        );
    }
}
