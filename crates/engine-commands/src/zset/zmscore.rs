//! ZMSCORE

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "zmscore",
    arity: -3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N), N being the number of members asked for.",
    summary: "Returns the scores of several members of a sorted set.",
    syntax: "key member [member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let zset = cx.db.read::<ZSet>(args[1])?;
    cx.out.array(args.len() - 2);
    for member in &args[2..] {
        match zset.and_then(|zset| zset.score(member)) {
            Some(score) => cx.out.double(score),
            None => cx.out.null(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn scores_and_nulls() {
        play(
            "> ZADD z 1 a 2.5 b
             < :2
             > ZMSCORE z a nothing b
             < *3
             < $1
             < 1
             < $-1
             < $3
             < 2.5
             3> ZMSCORE z a nothing b
             < *3
             < ,1
             < _
             < ,2.5
             > ZMSCORE nothing a b
             < *2
             < $-1
             < $-1
             > ZMSCORE z
             < -ERR wrong number of arguments for 'zmscore' command
             > SET s v
             < +OK
             > ZMSCORE s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
