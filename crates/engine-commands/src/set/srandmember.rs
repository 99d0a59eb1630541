//! SRANDMEMBER

use crate::args::negatable;
use crate::{items, sampling};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "srandmember",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1), or O(N), N being the count.",
    summary: "Returns a member of a set chosen at random, or so many different ones, or, with a negative count, so many that may repeat.",
    syntax: "key [count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match args[2..] {
        [] => one(cx, args[1]),
        [count] => many(cx, args[1], count),
        _ => Err(Error::SYNTAX),
    }
}

fn one(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    let mut rng = cx.rng();
    let member = cx.db.read::<Set>(key)?.and_then(|set| set.random(&mut rng));
    items::bulk_or_null(&mut cx.out, member);
    Ok(())
}

fn many(cx: &mut Cx<'_>, key: &[u8], count: &[u8]) -> Outcome {
    let count = negatable(count)?;
    let mut rng = cx.rng();
    let Some(set) = cx.db.read::<Set>(key)? else {
        cx.out.array(0);
        return Ok(());
    };
    if count < 0 {
        let start = cx.out.len();
        cx.out.array(count.unsigned_abs() as usize);
        for _ in 0..count.unsigned_abs() {
            items::bulk_or_null(&mut cx.out, set.random(&mut rng));
            sampling::check_reply(cx.out.len() - start)?;
        }
        return Ok(());
    }
    let (size, count) = (set.len(), usize::try_from(count).unwrap_or(usize::MAX));
    let chosen = sampling::distinct(&mut rng, size, count);
    cx.out.array(chosen.len());
    if !sampling::is_dense(size, count) {
        for index in chosen {
            items::bulk_or_null(&mut cx.out, set.nth(index));
        }
        return Ok(());
    }
    let mut chosen = chosen.into_iter().peekable();
    for (index, member) in set.iter().enumerate() {
        if chosen.next_if_eq(&index).is_some() {
            items::bulk(&mut cx.out, member);
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
            "> SADD s 1
             < :1
             > SRANDMEMBER s
             < $1
             < 1
             > SRANDMEMBER s -3
             < *3
             < $1
             < 1
             < $1
             < 1
             < $1
             < 1
             > SADD s 2
             < :1
             > SRANDMEMBER s 5
             < *2
             < $1
             < 1
             < $1
             < 2
             > SRANDMEMBER s 0
             < *0
             > SRANDMEMBER nothing
             < $-1
             > SRANDMEMBER nothing 3
             < *0
             3> SRANDMEMBER nothing
             < _
             > SRANDMEMBER s 2
             < *2
             < $1
             < 1
             < $1
             < 2",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SRANDMEMBER s 1 2
             < -ERR syntax error
             > SRANDMEMBER s x
             < -ERR value is not an integer or out of range
             > SRANDMEMBER s -9223372036854775808
             < -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
             > SET k v
             < +OK
             > SRANDMEMBER k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SRANDMEMBER k 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
