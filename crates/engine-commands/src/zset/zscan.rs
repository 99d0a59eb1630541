//! ZSCAN

use crate::scanning::{self, Of, Options};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;
use proto_resp::num::{Digits, write_score};

pub(crate) const COMMAND: Command = Command {
    name: "zscan",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.8.0",
    complexity: "O(1) for every call, O(N) for a whole iteration.",
    summary: "Iterates over the members of a sorted set with their scores, some at each call.",
    syntax: "key cursor [MATCH pattern] [COUNT count] [NOSCORES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let cursor = scanning::cursor(args[2])?;
    let Some(zset) = cx.db.read::<ZSet>(args[1])? else {
        scanning::reply_nothing(&mut cx.out);
        return Ok(());
    };
    let options = Options::parse(&args[3..], Of::ZSet)?;
    // A small one prints its scores as they are packed; a large one has always had 17 digits.
    let digits = match zset.as_listpack() {
        Some(_) => cx.server.dialect.digits,
        None => Digits::Seventeen,
    };
    let mut found = Vec::new();
    let next = zset.scan(cursor, options.count, |member, score| {
        if options.wants(member) {
            found.push(member.to_vec());
            if !options.bare {
                let mut text = Vec::new();
                write_score(&mut text, score, digits);
                found.push(text);
            }
        }
    });
    scanning::reply_found(&mut cx.out, next, &found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_small_one_at_once() {
        play(
            "> ZADD z 1 a 2.5 bb 3 12
             < :3
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *6
             < $1
             < a
             < $1
             < 1
             < $2
             < bb
             < $3
             < 2.5
             < $2
             < 12
             < $1
             < 3
             3> ZSCAN z 0 MATCH b* COUNT 1
             < *2
             < $1
             < 0
             < *2
             < $2
             < bb
             < $3
             < 2.5
             > ZSCAN z 0 MATCH 1?
             < *2
             < $1
             < 0
             < *2
             < $2
             < 12
             < $1
             < 3
             > ZSCAN z 0 NOSCORES
             < *2
             < $1
             < 0
             < *3
             < $1
             < a
             < $2
             < bb
             < $2
             < 12
             > ZSCAN nothing 0
             < *2
             < $1
             < 0
             < *0",
        );
    }

    #[test]
    fn a_large_one_has_seventeen_digits() {
        play(
            "> ZADD z 0.1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < :1
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *2
             < $99
             < aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < $19
             < 0.10000000000000001
             > ZADD z 3 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < :0
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *2
             < $99
             < aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < $1
             < 3",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZSCAN z x
             < -ERR invalid cursor
             > ZADD z 1 a
             < :1
             > ZSCAN z 0 COUNT 0
             < -ERR syntax error
             > ZSCAN z 0 COUNT x
             < -ERR value is not an integer or out of range
             > ZSCAN z 0 TYPE zset
             < -ERR syntax error
             > ZSCAN z 0 MATCH
             < -ERR syntax error
             > SET s v
             < +OK
             > ZSCAN s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
