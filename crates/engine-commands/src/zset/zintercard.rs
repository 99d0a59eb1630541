//! ZINTERCARD

use super::shared_combine::count;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zintercard",
    arity: -3,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "7.0.0",
    complexity: "O(N*K), N being the size of the smallest input, K the number of inputs.",
    summary: "Counts the members of the intersection of sorted sets and sets, up to a limit.",
    syntax: "numkeys key [key ...] [LIMIT limit]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    count(cx, args)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_up_to_the_limit() {
        play(
            "> ZADD a 1 x 2 y 3 z
             < :3
             > ZADD b 10 y 20 z 30 w
             < :3
             > SADD s y w
             < :2
             > ZINTERCARD 2 a b
             < :2
             > ZINTERCARD 2 a b LIMIT 1
             < :1
             > ZINTERCARD 2 a b LIMIT 0
             < :2
             > ZINTERCARD 3 a b s
             < :1
             > ZINTERCARD 2 a nothing
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZINTERCARD 0 a
             < -ERR at least 1 input key is needed for 'zintercard' command
             > ZINTERCARD x a
             < -ERR value is not an integer or out of range
             > ZINTERCARD 2 a
             < -ERR syntax error
             > ZINTERCARD 1 a LIMIT
             < -ERR syntax error
             > ZINTERCARD 1 a LIMIT -1
             < -ERR LIMIT can't be negative
             > ZINTERCARD 1 a LIMIT x
             < -ERR LIMIT can't be negative
             > ZINTERCARD 1 a WITHSCORES
             < -ERR syntax error
             > ZINTERCARD 1 a WEIGHTS 1
             < -ERR syntax error
             > SET str v
             < +OK
             > ZINTERCARD 1 str
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
