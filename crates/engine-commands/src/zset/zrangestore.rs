//! ZRANGESTORE

use super::shared_combine::put_or_remove;
use super::shared_range::{Form, Query};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;
use proto_resp::num::INT_LEN_MAX;

pub(crate) const COMMAND: Command = Command {
    name: "zrangestore",
    arity: -5,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::SORTEDSET,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::at(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(log(N)+M), N being the size of the sorted set, M the number of members stored.",
    summary: "Stores a range of members of a sorted set as another one.",
    syntax: "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
    run,
    ..Command::BASE
};

const FORM: Form = Form {
    by: None,
    reverse: None,
    store: true,
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let query = Query::parse(&args[3..], FORM)?;
    let limits = cx.server.limits();
    let mut stored = ZSet::new();
    if let Some(zset) = cx.db.read::<ZSet>(args[2])? {
        let mut text = [0; INT_LEN_MAX];
        for (member, score) in zset.range(query.ranks(zset)) {
            stored.insert(member.as_bytes(&mut text), score, &limits);
        }
    }
    put_or_remove(cx, args[1], stored, "zrangestore");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn ranges() {
        play(
            "> ZADD z 1 a 2 b 3 c 4 d
             < :4
             > ZRANGESTORE d z 1 2
             < :2
             > ZRANGE d 0 -1 WITHSCORES
             < *4
             < $1
             < b
             < $1
             < 2
             < $1
             < c
             < $1
             < 3
             > ZRANGESTORE d z 0 0 REV
             < :1
             > ZRANGE d 0 -1 WITHSCORES
             < *2
             < $1
             < d
             < $1
             < 4
             > ZRANGESTORE d z (1 +inf BYSCORE LIMIT 1 1
             < :1
             > ZRANGE d 0 -1 WITHSCORES
             < *2
             < $1
             < c
             < $1
             < 3
             > ZRANGESTORE z z - + BYLEX LIMIT 0 3
             < :3
             > ZCARD z
             < :3
             > ZRANGESTORE d z 5 9
             < :0
             > EXISTS d
             < :0
             > SET d v EX 100
             < +OK
             > ZRANGESTORE d z 0 -1
             < :3
             > TTL d
             < :-1
             > ZRANGESTORE d nothing 0 -1
             < :0
             > EXISTS d
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZRANGESTORE d z 0
             < -ERR wrong number of arguments for 'zrangestore' command
             > ZRANGESTORE d z 0 x
             < -ERR value is not an integer or out of range
             > ZRANGESTORE d z 0 1 WITHSCORES
             < -ERR syntax error
             > ZRANGESTORE d z 0 1 LIMIT 0 1
             < -ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
             > SET s v
             < +OK
             > ZRANGESTORE d s 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
