//! HSET

use super::shared_set::set_pairs;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hset",
    arity: -4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1) for every field.",
    summary: "Sets fields of a hash; makes the hash if it is not there.",
    syntax: "key field value [field value ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let created = set_pairs(cx, args)?;
    cx.out.int(created as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_what_is_new() {
        play(
            "> HSET h a 1 b 2
             < :2
             > HSET h a 3 c 4 c 5
             < :1
             > HGET h a
             < $1
             < 3
             > HGET h c
             < $1
             < 5
             > HSET h '' ''
             < :1
             > HGET h ''
             < $0\\r\\n",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HSET h a
             < -ERR wrong number of arguments for 'hset' command
             > HSET h a 1 b
             < -ERR wrong number of arguments for 'hset' command
             > HLEN h
             < :0
             > SET k v
             < +OK
             > HSET k a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
