//! GET

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, StringRef};

pub(crate) const COMMAND: Command = Command {
    name: "get",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns the string value of a key.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match cx.db.string(args[1])? {
        Some(StringRef::Bytes(bytes)) => cx.out.bulk(bytes),
        Some(StringRef::Int(n)) => cx.out.bulk_int(n),
        None => cx.out.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn values_nulls_and_wrong_types() {
        play(
            "> GET nothing
             < $-1
             3> GET nothing
             < _
             > SET k 'two words'
             < +OK
             > GET k
             < $9
             < two words
             > SET k 0042
             < +OK
             > GET k
             < $4
             < 0042
             > SET k 42
             < +OK
             > GET k
             < $2
             < 42
             > GET
             < -ERR wrong number of arguments for 'get' command",
        );
    }
}
