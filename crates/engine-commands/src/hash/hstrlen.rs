//! HSTRLEN

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hstrlen",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO)],
    group: Group::Hash,
    since: "3.2.0",
    complexity: "O(1)",
    summary: "Returns the length of the value of a field of a hash, in bytes.",
    syntax: "key field",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let hash = cx.db.hash(args[1])?;
    let value = hash.and_then(|hash| hash.get(args[2]));
    cx.out.int(value.map_or(0, |value| value.len()) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn length() {
        play(
            "> HSET h a -123 b 'two words'
             < :2
             > HSTRLEN h a
             < :4
             > HSTRLEN h b
             < :9
             > HSTRLEN h c
             < :0
             > HSTRLEN nothing c
             < :0
             > SET k v
             < +OK
             > HSTRLEN k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
