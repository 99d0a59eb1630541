//! HGET

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hget",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Returns the value of a field of a hash.",
    syntax: "key field",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let hash = cx.db.hash(args[1])?;
    let value = hash.and_then(|hash| hash.get(args[2]));
    items::bulk_or_null(&mut cx.out, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn values_and_nulls() {
        play(
            "> HSET h a 12 b 'two words'
             < :2
             > HGET h a
             < $2
             < 12
             > HGET h b
             < $9
             < two words
             > HGET h c
             < $-1
             3> HGET nothing c
             < _
             > SET k v
             < +OK
             > HGET k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HGET h
             < -ERR wrong number of arguments for 'hget' command",
        );
    }
}
