//! INCR

use super::shared_increment::add;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "incr",
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
    summary: "Adds one to the number in a string; a key that is not there counts as 0.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    add(cx, args[1], 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn numbers_count_up() {
        play(
            "> INCR n
             < :1
             > INCR n
             < :2
             > GET n
             < $1
             < 2
             > SET n 9223372036854775806 EX 100
             < +OK
             > INCR n
             < :9223372036854775807
             > TTL n
             < :100
             > INCR n
             < -ERR increment or decrement would overflow",
        );
    }

    #[test]
    fn what_is_no_number() {
        play(
            "> SET k ' 11'
             < +OK
             > INCR k
             < -ERR value is not an integer or out of range
             > SET k 011
             < +OK
             > INCR k
             < -ERR value is not an integer or out of range
             > SET k ''
             < +OK
             > INCR k
             < -ERR value is not an integer or out of range
             > RPUSH l 1
             < :1
             > INCR l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > INCR
             < -ERR wrong number of arguments for 'incr' command",
        );
    }
}
