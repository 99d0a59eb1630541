//! TYPE

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "type",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Tells the type of a key's value.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let kind = cx.db.inspect(args[1]).map(|entry| entry.kind());
    cx.out.simple(kind.map_or("none", |kind| kind.name()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn types() {
        play(
            "> SET s v
             < +OK
             > RPUSH l x
             < :1
             > TYPE s
             < +string
             > TYPE l
             < +list
             > TYPE none
             < +none",
        );
    }
}
