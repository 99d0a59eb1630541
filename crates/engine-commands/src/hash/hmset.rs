//! HMSET

use super::shared_set::set_pairs;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hmset",
    arity: -4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1) for every field.",
    summary: "Sets fields of a hash; HSET does the same and tells how many are new.",
    syntax: "key field value [field value ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    set_pairs(cx, args)?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sets_and_says_ok() {
        play(
            "> HMSET h a 1 b 2
             < +OK
             > HLEN h
             < :2
             > HMSET h a 1 b
             < -ERR wrong number of arguments for 'hmset' command
             > HMSET h a
             < -ERR wrong number of arguments for 'hmset' command
             > SET k v
             < +OK
             > HMSET k a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
