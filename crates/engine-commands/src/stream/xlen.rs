//! XLEN

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Stream;

pub(crate) const COMMAND: Command = Command {
    name: "xlen",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Returns the number of entries of a stream.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let len = cx.db.read::<Stream>(args[1])?.map_or(0, Stream::len);
    cx.out.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_entries() {
        play(
            "> XLEN s
             < :0
             > XADD s 1-1 a 1
             < $3
             < 1-1
             > XLEN s
             < :1
             > SET k v
             < +OK
             > XLEN k
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
