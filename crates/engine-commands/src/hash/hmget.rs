//! HMGET

use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hmget",
    arity: -3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(N), N being the number of fields asked for.",
    summary: "Returns the values of several fields of a hash.",
    syntax: "key field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let hash = cx.db.hash(args[1])?;
    cx.out.array(args.len() - 2);
    for field in &args[2..] {
        let value = hash.and_then(|hash| hash.get(field));
        items::bulk_or_null(&mut cx.out, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn values_and_nulls() {
        play(
            "> HSET h a 1 b x
             < :2
             > HMGET h b c a
             < *3
             < $1
             < x
             < $-1
             < $1
             < 1
             3> HMGET nothing a b
             < *2
             < _
             < _
             > SET k v
             < +OK
             > HMGET k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HMGET h
             < -ERR wrong number of arguments for 'hmget' command",
        );
    }
}
