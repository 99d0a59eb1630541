//! SUBSTR

use super::shared_range::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "substr",
    arity: 4,
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(N) in the length of what is returned.",
    summary: "Returns a part of a string; the old name of GETRANGE.",
    syntax: "key start end",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn as_getrange() {
        play(
            "> SET k Hello
             < +OK
             > SUBSTR k 1 2
             < $2
             < el",
        );
    }
}
