//! SETEX

use super::shared_timed::set;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "setex",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE))],
    group: Group::String,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Sets the string value of a key that expires after so many seconds.",
    syntax: "key seconds value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    set(cx, args, "setex", b"EX")
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_value_expires() {
        play(
            "> SETEX k 10 v
             < +OK
             > PTTL k
             < :10000
             + 9999
             > GET k
             < $1
             < v
             + 1
             > GET k
             < $-1
             > RPUSH l x
             < :1
             > SETEX l 5 v
             < +OK
             > TYPE l
             < +string
             > SETEX k 0 v
             < -ERR invalid expire time in 'setex' command
             > SETEX k -10 v
             < -ERR invalid expire time in 'setex' command
             > SETEX k x v
             < -ERR value is not an integer or out of range
             > SETEX k 9223372036854775807 v
             < -ERR invalid expire time in 'setex' command",
        );
    }
}
