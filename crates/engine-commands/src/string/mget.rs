//! MGET

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, StringRef};

pub(crate) const COMMAND: Command = Command {
    name: "mget",
    arity: -2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    group: Group::String,
    since: "1.0.0",
    complexity: "O(N) in the number of keys.",
    summary: "Returns the string values of several keys; null for those that hold none.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.out.array(args.len() - 1);
    for key in &args[1..] {
        match cx.db.string(key) {
            Ok(Some(StringRef::Bytes(bytes))) => cx.out.bulk(bytes),
            Ok(Some(StringRef::Int(n))) => cx.out.bulk_int(n),
            // No string at this key, or something else: neither is an error here.
            Ok(None) | Err(_) => cx.out.null(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn values_and_nulls() {
        play(
            "> MSET a 1 b two
             < +OK
             > RPUSH l x
             < :1
             > MGET a none b l a
             < *5
             < $1
             < 1
             < $-1
             < $3
             < two
             < $-1
             < $1
             < 1
             3> MGET none
             < *1
             < _
             a> MGET
             < -ERR wrong number of arguments for 'mget' command",
        );
    }
}
