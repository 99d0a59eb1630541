//! ZSCORE

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "zscore",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Returns the score of a member of a sorted set.",
    syntax: "key member",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match cx
        .db
        .read::<ZSet>(args[1])?
        .and_then(|zset| zset.score(args[2]))
    {
        Some(score) => cx.out.double(score),
        None => cx.out.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn scores_in_both_versions() {
        play(
            "> ZADD z 1 a 0.1 b inf c -1.5e30 d 1e20 e 3.0 10
             < :6
             > ZSCORE z a
             < $1
             < 1
             > ZSCORE z b
             < $3
             < 0.1
             > ZSCORE z 10
             < $1
             < 3
             > ZSCORE z nothing
             < $-1
             > ZSCORE nothing a
             < $-1
             3> ZSCORE z b
             < ,0.1
             3> ZSCORE z c
             < ,inf
             3> ZSCORE z d
             < ,-1.5e+30
             3> ZSCORE z nothing
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZSCORE z
             < -ERR wrong number of arguments for 'zscore' command
             > SET s v
             < +OK
             > ZSCORE s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
