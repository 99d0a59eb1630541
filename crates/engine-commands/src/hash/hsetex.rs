//! HSETEX

use super::shared_expiry::{HEXPIRE, Wish, journal_expiry, journal_removal, split};
use super::shared_set::EVENT;
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome, dialect};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hsetex",
    arity: -6,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "8.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Sets fields of a hash together with their expiry.",
    syntax: "key [NX | XX] [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]",
    run,
    ..Command::BASE
};

/// What must be so for anything to be set; of the key (NX, XX: Valkey only) and of every field (FNX, FXX).
#[derive(Default)]
struct Conditions {
    key: Option<bool>,
    fields: Option<bool>,
}

impl Conditions {
    /// Takes a word, if it is a condition that does not contradict another; whether it did.
    fn read(&mut self, word: &[u8], of_keys: bool) -> bool {
        let (place, exists) = match word {
            word if is(word, "FNX") => (&mut self.fields, false),
            word if is(word, "FXX") => (&mut self.fields, true),
            word if of_keys && is(word, "NX") => (&mut self.key, false),
            word if of_keys && is(word, "XX") => (&mut self.key, true),
            _ => return false,
        };
        *place.get_or_insert(exists) == exists
    }
}

fn options<'a>(words: &[&'a [u8]], of_keys: bool) -> Result<(Conditions, Wish<'a>), Error> {
    let (mut conditions, mut wish, mut at) = (Conditions::default(), Wish::Nothing, 0);
    while at < words.len() {
        if conditions.read(words[at], of_keys) {
            at += 1;
        } else {
            at += wish.read(words, at).ok_or(Error::SYNTAX)?;
        }
    }
    match wish {
        Wish::Persist => Err(Error::SYNTAX),
        wish => Ok((conditions, wish)),
    }
}

fn are_met(
    cx: &Cx<'_>,
    key: &[u8],
    pairs: &[[&[u8]; 2]],
    when: &Conditions,
) -> Result<bool, Error> {
    let hash = cx.db.look_hash(key)?;
    if when.key.is_some_and(|wanted| wanted != hash.is_some()) {
        return Ok(false);
    }
    let is_there = |name: &[u8]| hash.is_some_and(|hash| hash.contains(name));
    Ok(when
        .fields
        .is_none_or(|wanted| pairs.iter().all(|[name, _]| is_there(name) == wanted)))
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (words, rest) = split(cx, args, 2, 2)?;
    let (conditions, wish) = options(words, dialect::is_valkey(cx.server))?;
    let (key, pairs) = (args[1], rest.as_chunks::<2>().0);
    let at = wish.at_ms(cx, "hsetex")?;
    if !are_met(cx, key, pairs, &conditions)? {
        cx.out.int(0);
        return Ok(());
    }
    cx.db.purge_fields(key, pairs.iter().map(|[name, _]| *name));
    if at.is_some_and(|at| at <= cx.now_ms()) && cx.db.removes_expired() {
        remove(cx, key, pairs)?;
    } else {
        set(cx, key, pairs, at, wish == Wish::Keep)?;
    }
    cx.out.int(1);
    Ok(())
}

fn set(cx: &mut Cx<'_>, key: &[u8], pairs: &[[&[u8]; 2]], at: Option<i64>, keep: bool) -> Outcome {
    let limits = cx.server.limits();
    let kept = cx.db.edit::<Hash, _>(key, true, |hash, change| {
        let mut kept: Vec<(i64, &[u8])> = Vec::new();
        for [name, value] in pairs {
            hash.set_keeping_expiry(name, value, &limits);
            if !keep {
                hash.set_field_expiry(name, at, &limits);
            } else if let Some(at) = hash.field_expiry(name) {
                kept.push((at, name));
            }
        }
        change.note(pairs.len(), EVENT);
        if at.is_some() {
            change.tell_also(HEXPIRE);
        }
        kept
    })?;
    let mut effect: Vec<&[u8]> = vec![b"HSET", key];
    effect.extend(pairs.as_flattened());
    cx.db.rewrite(&effect);
    if let Some(at) = at {
        let names: Vec<&[u8]> = pairs.iter().map(|[name, _]| *name).collect();
        journal_expiry(cx, key, at, &names);
    }
    for (at, name) in kept.unwrap_or_default() {
        journal_expiry(cx, key, at, &[name]);
    }
    Ok(())
}

/// Setting fields to a time that is past is removing them.
fn remove(cx: &mut Cx<'_>, key: &[u8], pairs: &[[&[u8]; 2]]) -> Outcome {
    let event = dialect::overdue_field_event(cx.server);
    let removed = cx.db.edit::<Hash, _>(key, false, |hash, change| {
        let names = pairs.iter().map(|[name, _]| *name);
        let removed: Vec<&[u8]> = names.filter(|name| hash.remove(name)).collect();
        change.note(removed.len(), event);
        removed
    })?;
    if let Some(removed) = removed.filter(|removed| !removed.is_empty()) {
        journal_removal(cx, key, &removed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn values_with_expiries() {
        play(
            "> HSETEX h EX 10 FIELDS 2 a 1 b 2
             < :1
             > HTTL h FIELDS 2 a b
             < *2
             < :10
             < :10
             > HSETEX h KEEPTTL FIELDS 1 a 3
             < :1
             > HSETEX h FIELDS 1 b 3
             < :1
             > HTTL h FIELDS 2 a b
             < *2
             < :10
             < :-1
             > HSETEX h FNX FIELDS 2 a 9 c 9
             < :0
             > HSETEX h FXX FIELDS 2 a 9 c 9
             < :0
             > HSETEX h FXX FIELDS 2 a 4 b 4
             < :1
             > HSETEX new FXX FIELDS 1 a 4
             < :0
             > EXISTS new
             < :0
             > HSETEX h PXAT 1 FIELDS 2 a 5 b 5
             < :1
             > EXISTS h
             < :0
             > HSETEX h PERSIST FIELDS 1 a 1
             < -ERR syntax error
             > HSETEX h FNX FXX FIELDS 1 a 1
             < -ERR syntax error
             > HSETEX h EX x FIELDS 1 a 1
             < -ERR value is not an integer or out of range
             > SET k v
             < +OK
             > HSETEX k FIELDS 1 a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn effects() {
        let effects = journal(
            "> HSETEX h PXAT 33177117420000 FIELDS 2 a 1 b 2
             > HSETEX h KEEPTTL FIELDS 1 a 3
             > HSETEX h FNX FIELDS 1 a 3
             > HSETEX h PXAT 1 FIELDS 2 a 5 c 5",
        );
        assert_eq!(
            effects[1..],
            [
                "MULTI",
                "HSET h a 1 b 2",
                "HPEXPIREAT h 33177117420000 FIELDS 2 a b",
                "EXEC",
                "MULTI",
                "HSET h a 3",
                "HPEXPIREAT h 33177117420000 FIELDS 1 a",
                "EXEC",
                "HDEL h a"
            ]
        );
    }
}
