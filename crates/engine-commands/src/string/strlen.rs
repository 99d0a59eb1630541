//! STRLEN

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, StringRef};

pub(crate) const COMMAND: Command = Command {
    name: "strlen",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::String,
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Returns the length of a string, in bytes.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let len = cx
        .db
        .string(args[1])?
        .map_or(0, |string| StringRef::len(&string));
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn lengths() {
        play(
            "> SET k hello
             < +OK
             > STRLEN k
             < :5
             > SET n -123
             < +OK
             > STRLEN n
             < :4
             > STRLEN none
             < :0
             > RPUSH l x
             < :1
             > STRLEN l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > STRLEN
             < -ERR wrong number of arguments for 'strlen' command",
        );
    }
}
