//! ZDIFFSTORE

use super::shared_combine::{Op, store};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zdiffstore",
    arity: -4,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::counted(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N*K)+O(M*log(M)), N being the size of the first input, K the number of inputs, M the size of the result.",
    summary: "Stores the members of the first sorted set or set that are in none of the others.",
    syntax: "destination numkeys key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    store(cx, args, Op::Diff)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn stores_the_result() {
        play(
            "> ZADD a 1 x 2 y 3 z
             < :3
             > ZADD b 10 y 20 z 30 w
             < :3
             > SADD s y w
             < :2
             > ZDIFFSTORE d 2 a b
             < :1
             > ZRANGE d 0 -1 WITHSCORES
             < *2
             < $1
             < x
             < $1
             < 1
             > ZDIFFSTORE d 2 s a
             < :1
             > ZRANGE d 0 -1 WITHSCORES
             < *2
             < $1
             < w
             < $1
             < 1
             > ZDIFFSTORE a 2 a b
             < :1
             > ZRANGE a 0 -1 WITHSCORES
             < *2
             < $1
             < x
             < $1
             < 1",
        );
    }

    #[test]
    fn replaces_or_removes_what_was_there() {
        play(
            "> ZADD a 1 x
             < :1
             > SET d v EX 100
             < +OK
             > ZDIFFSTORE d 1 a
             < :1
             > TTL d
             < :-1
             > ZDIFFSTORE d 2 nothing never
             < :0
             > EXISTS d
             < :0
             > ZDIFFSTORE d 1 nothing
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZDIFFSTORE d 0 a
             < -ERR at least 1 input key is needed for 'zdiffstore' command
             > ZDIFFSTORE d x a
             < -ERR value is not an integer or out of range
             > ZDIFFSTORE d 2 a
             < -ERR syntax error
             > ZDIFFSTORE d 1
             < -ERR wrong number of arguments for 'zdiffstore' command
             > ZDIFFSTORE d 1 a WITHSCORES
             < -ERR syntax error
             > SET str v
             < +OK
             > ZDIFFSTORE d 2 a str WHAT
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
