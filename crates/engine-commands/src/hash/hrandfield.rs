//! HRANDFIELD

use crate::args::{is, negatable};
use crate::{items, sampling};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::ItemRef;
use proto_resp::Reply;

pub(crate) const COMMAND: Command = Command {
    name: "hrandfield",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "6.2.0",
    complexity: "O(N), N being the number of fields returned.",
    summary: "Returns a field of a hash chosen at random, or so many different ones, or, with a negative count, so many that may repeat.",
    syntax: "key [count [WITHVALUES]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let Some(count) = args.get(2) else {
        return one(cx, args[1]);
    };
    let count = negatable(count)?;
    let with_values = match args[3..] {
        [] => false,
        [word] if is(word, "WITHVALUES") => true,
        _ => return Err(Error::SYNTAX),
    };
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(Error::new("ERR value is out of range"));
    }
    many(cx, args[1], count, with_values)
}

fn one(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    let mut rng = cx.rng();
    let pair = cx.db.hash(key)?.and_then(|hash| hash.random(&mut rng));
    items::bulk_or_null(&mut cx.out, pair.map(|(field, _)| field));
    Ok(())
}

fn many(cx: &mut Cx<'_>, key: &[u8], count: i64, with_values: bool) -> Outcome {
    let mut rng = cx.rng();
    let Some(hash) = cx.db.hash(key)? else {
        cx.out.array(0);
        return Ok(());
    };
    let start = cx.out.len();
    if count < 0 {
        header(&mut cx.out, count.unsigned_abs() as usize, with_values);
        for _ in 0..count.unsigned_abs() {
            if let Some(pair) = hash.random(&mut rng) {
                reply(&mut cx.out, pair, with_values);
            }
            sampling::check_reply(cx.out.len() - start)?;
        }
        return Ok(());
    }
    let (size, count) = (hash.len(), usize::try_from(count).unwrap_or(usize::MAX));
    let chosen = sampling::distinct(&mut rng, size, count);
    header(&mut cx.out, chosen.len(), with_values);
    if !sampling::is_dense(size, count) {
        for pair in chosen.into_iter().filter_map(|index| hash.nth(index)) {
            reply(&mut cx.out, pair, with_values);
        }
        return Ok(());
    }
    let mut chosen = chosen.into_iter().peekable();
    for (index, pair) in hash.iter().enumerate() {
        if chosen.next_if_eq(&index).is_some() {
            reply(&mut cx.out, pair, with_values);
        }
    }
    Ok(())
}

/// The header of `count` fields: values are in the same array in RESP2, in pairs of their own in RESP3.
fn header(out: &mut Reply<'_>, count: usize, with_values: bool) {
    let flat = with_values && !out.resp3();
    out.array(if flat { count * 2 } else { count });
}

fn reply(out: &mut Reply<'_>, (field, value): (ItemRef<'_>, ItemRef<'_>), with_values: bool) {
    if with_values && out.resp3() {
        out.array(2);
    }
    items::bulk(out, field);
    if with_values {
        items::bulk(out, value);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_and_all() {
        play(
            "> HSET h a 1
             < :1
             > HRANDFIELD h
             < $1
             < a
             > HRANDFIELD h -2
             < *2
             < $1
             < a
             < $1
             < a
             > HRANDFIELD h -2 WITHVALUES
             < *4
             < $1
             < a
             < $1
             < 1
             < $1
             < a
             < $1
             < 1
             > HRANDFIELD h 5 withvalues
             < *2
             < $1
             < a
             < $1
             < 1
             3> HRANDFIELD h 5 withvalues
             < *1
             < *2
             < $1
             < a
             < $1
             < 1
             > HRANDFIELD h 0
             < *0
             > HRANDFIELD nothing
             < $-1
             > HRANDFIELD nothing 2
             < *0
             > HRANDFIELD nothing 2 WITHVALUES
             < *0
             3> HRANDFIELD nothing
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HRANDFIELD h x
             < -ERR value is not an integer or out of range
             > HRANDFIELD h 1 VALUES
             < -ERR syntax error
             > HRANDFIELD h 1 WITHVALUES x
             < -ERR syntax error
             > HRANDFIELD h -9223372036854775808
             < -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
             > HRANDFIELD h -9223372036854775807 WITHVALUES
             < -ERR value is out of range
             > SET k v
             < +OK
             > HRANDFIELD k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HRANDFIELD k 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
