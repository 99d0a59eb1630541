//! ZDIFF

use super::shared_combine::{Op, reply};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zdiff",
    arity: -3,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::counted(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N*K)+O(M*log(M)), N being the size of the first input, K the number of inputs, M the size of the result.",
    summary: "Returns the members of the first sorted set or set that are in none of the others.",
    syntax: "numkeys key [key ...] [WITHSCORES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    reply(cx, args, Op::Diff)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn puts_sorted_sets_and_sets_together() {
        play(
            "> ZADD a 1 x 2 y 3 z
             < :3
             > ZADD b 10 y 20 z 30 w
             < :3
             > SADD s y w
             < :2
             > ZDIFF 2 a b
             < *1
             < $1
             < x
             > ZDIFF 2 a b WITHSCORES
             < *2
             < $1
             < x
             < $1
             < 1
             3> ZDIFF 2 a b WITHSCORES
             < *1
             < *2
             < $1
             < x
             < ,1
             > ZDIFF 2 a s WITHSCORES
             < *4
             < $1
             < x
             < $1
             < 1
             < $1
             < z
             < $1
             < 3
             > ZDIFF 2 s a WITHSCORES
             < *2
             < $1
             < w
             < $1
             < 1
             > ZDIFF 1 s WITHSCORES
             < *4
             < $1
             < w
             < $1
             < 1
             < $1
             < y
             < $1
             < 1
             > ZDIFF 2 a nothing
             < *3
             < $1
             < x
             < $1
             < y
             < $1
             < z
             > ZDIFF 2 nothing a
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZDIFF 0 a
             < -ERR at least 1 input key is needed for 'zdiff' command
             > ZDIFF x a
             < -ERR value is not an integer or out of range
             > ZDIFF 2 a
             < -ERR syntax error
             > ZDIFF 1
             < -ERR wrong number of arguments for 'zdiff' command
             > ZDIFF 2 a b LIMIT 1
             < -ERR syntax error
             > ZDIFF 2 a b WITHSCORE
             < -ERR syntax error
             > SET str v
             < +OK
             > ZDIFF 2 a str WHAT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
