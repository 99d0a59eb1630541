//! HSETNX

use super::shared_set::EVENT;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hsetnx",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Sets a field of a hash if it has none of that name.",
    syntax: "key field value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.db.purge_fields(args[1], [args[2]]);
    let limits = cx.server.limits();
    let set = cx.db.edit::<Hash, _>(args[1], true, |hash, change| {
        let absent = !hash.contains(args[2]);
        if absent {
            hash.set(args[2], args[3], &limits);
            change.note(1, EVENT);
        }
        absent
    })?;
    cx.out.int(i64::from(set.unwrap_or(false)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_once() {
        play(
            "> HSETNX h a 1
             < :1
             > HSETNX h a 2
             < :0
             > HGET h a
             < $1
             < 1
             > SET k v
             < +OK
             > HSETNX k a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HSETNX h a
             < -ERR wrong number of arguments for 'hsetnx' command",
        );
    }
}
