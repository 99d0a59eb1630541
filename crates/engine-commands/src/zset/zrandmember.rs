//! ZRANDMEMBER

use super::shared_reply::{header, member, members};
use crate::args::{is, negatable};
use crate::{items, sampling};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "zrandmember",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "6.2.0",
    complexity: "O(N), N being the number of members returned.",
    summary: "Returns a member of a sorted set chosen at random, or so many different ones, or, with a negative count, so many that may repeat.",
    syntax: "key [count [WITHSCORES]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(count) = args.get(2) else {
        return one(cx, args[1]);
    };
    let count = negatable(count)?;
    let with_scores = match args[3..] {
        [] => false,
        [word] if is(word, "WITHSCORES") => true,
        _ => return Err(Error::SYNTAX),
    };
    if with_scores && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(Error::new("ERR value is out of range"));
    }
    many(cx, args[1], count, with_scores)
}

fn one(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    let mut rng = cx.rng();
    let chosen = cx
        .db
        .read::<ZSet>(key)?
        .and_then(|zset| zset.random(&mut rng));
    items::bulk_or_null(&mut cx.out, chosen.map(|(member, _)| member));
    Ok(())
}

fn many(cx: &mut Cx<'_>, key: &[u8], count: i64, with_scores: bool) -> Outcome {
    let mut rng = cx.rng();
    let Some(zset) = cx.db.read::<ZSet>(key)? else {
        cx.out.array(0);
        return Ok(());
    };
    let out = &mut cx.out;
    if count < 0 {
        let start = out.len();
        header(out, count.unsigned_abs() as usize, with_scores);
        for _ in 0..count.unsigned_abs() {
            if let Some((name, score)) = zset.random(&mut rng) {
                member(out, name, score, with_scores);
            }
            sampling::check_reply(out.len() - start)?;
        }
        return Ok(());
    }
    let (size, count) = (zset.len(), usize::try_from(count).unwrap_or(usize::MAX));
    if count >= size {
        members(out, with_scores, zset.iter());
        return Ok(());
    }
    let chosen = sampling::distinct(&mut rng, size, count);
    header(out, chosen.len(), with_scores);
    let mut reply = |(name, score)| member(out, name, score, with_scores);
    if !sampling::is_dense(size, count) {
        chosen
            .into_iter()
            .filter_map(|rank| zset.nth(rank))
            .for_each(reply);
        return Ok(());
    }
    let mut chosen = chosen.into_iter().peekable();
    for (rank, pair) in zset.iter().enumerate() {
        if chosen.next_if_eq(&rank).is_some() {
            reply(pair);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_and_all() {
        play(
            "> ZADD z 1.5 a
             < :1
             > ZRANDMEMBER z
             < $1
             < a
             > ZRANDMEMBER z 5
             < *1
             < $1
             < a
             > ZRANDMEMBER z 5 WITHSCORES
             < *2
             < $1
             < a
             < $3
             < 1.5
             3> ZRANDMEMBER z 5 withscores
             < *1
             < *2
             < $1
             < a
             < ,1.5
             > ZRANDMEMBER z -3
             < *3
             < $1
             < a
             < $1
             < a
             < $1
             < a
             > ZRANDMEMBER z -2 WITHSCORES
             < *4
             < $1
             < a
             < $3
             < 1.5
             < $1
             < a
             < $3
             < 1.5
             3> ZRANDMEMBER z -2 WITHSCORES
             < *2
             < *2
             < $1
             < a
             < ,1.5
             < *2
             < $1
             < a
             < ,1.5
             > ZRANDMEMBER z 0
             < *0
             > ZRANDMEMBER nothing
             < $-1
             > ZRANDMEMBER nothing 3
             < *0
             3> ZRANDMEMBER nothing
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZRANDMEMBER z x
             < -ERR value is not an integer or out of range
             > ZRANDMEMBER z -9223372036854775808
             < -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
             > ZRANDMEMBER z 9223372036854775807 WITHSCORES
             < -ERR value is out of range
             > ZRANDMEMBER z 1 WHAT
             < -ERR syntax error
             > ZRANDMEMBER z 1 WITHSCORES 2
             < -ERR syntax error
             > SET s v
             < +OK
             > ZRANDMEMBER s
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > ZRANDMEMBER s 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
