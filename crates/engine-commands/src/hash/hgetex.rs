//! HGETEX

use super::shared_expiry::{
    HEXPIRE, HPERSIST, Wish, behind, journal_expiry, journal_persist, journal_removal, options,
};
use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::dialect::FieldsOf;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome, dialect};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hgetex",
    arity: -5,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::Hash,
    since: "8.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns the values of fields of a hash and gives the fields another expiry, or none.",
    syntax: "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn wish<'a>(words: &[&'a [u8]]) -> Result<Wish<'a>, Error> {
    let (mut wish, mut at) = (Wish::Nothing, 0);
    while at < words.len() {
        at += wish.read(words, at).ok_or(Error::SYNTAX)?;
    }
    match wish {
        Wish::Keep => Err(Error::SYNTAX),
        wish => Ok(wish),
    }
}

/// What is done to the expiry of each field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Expire(i64),
    Persist,
    Remove,
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (words, fields) = options(cx, FieldsOf::Values, args, 2)?;
    let wish = wish(words).map_err(|error| dialect::wrong_field_option(cx.server, error))?;
    let (key, names) = (args[1], behind(cx, FieldsOf::Values, args, fields, 1)?);
    let deed = match wish.at_ms(cx, "hgetex")? {
        Some(at) if at <= cx.now_ms() && cx.db.removes_expired() => Some(Deed::Remove),
        Some(at) => Some(Deed::Expire(at)),
        None => (wish == Wish::Persist).then_some(Deed::Persist),
    };
    let values = cx.db.hash(key)?;
    cx.out.array(names.len());
    for name in names {
        items::bulk_or_null(&mut cx.out, values.and_then(|hash| hash.get(name)));
    }
    match deed {
        Some(deed) => carry_out(cx, key, names, deed),
        None => Ok(()),
    }
}

fn carry_out(cx: &mut Cx<'_>, key: &[u8], names: &[&[u8]], deed: Deed) -> Outcome {
    cx.db.purge_fields(key, names.iter().copied());
    let limits = cx.server.limits();
    let event = match deed {
        Deed::Expire(_) => HEXPIRE,
        Deed::Persist => HPERSIST,
        Deed::Remove => dialect::overdue_field_event(cx.server),
    };
    let changed = cx.db.edit::<Hash, _>(key, false, |hash, change| {
        let mut changed: Vec<&[u8]> = Vec::new();
        for name in names.iter().copied() {
            let done = match deed {
                Deed::Remove => hash.remove(name),
                Deed::Persist if hash.field_expiry(name).is_none() => false,
                Deed::Persist => {
                    hash.set_field_expiry(name, None, &limits);
                    true
                }
                Deed::Expire(_) if !hash.contains(name) => false,
                Deed::Expire(at) => {
                    hash.set_field_expiry(name, Some(at), &limits);
                    true
                }
            };
            if done {
                changed.push(name);
            }
        }
        change.note(changed.len(), event);
        changed
    })?;
    match (changed.unwrap_or_default(), deed) {
        (changed, _) if changed.is_empty() => {}
        (changed, Deed::Expire(at)) => journal_expiry(cx, key, at, &changed),
        (changed, Deed::Persist) => journal_persist(cx, key, &changed),
        (changed, Deed::Remove) => journal_removal(cx, key, &changed),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn values_and_expiries() {
        play(
            "> HSET h a 1 b 2
             < :2
             > HGETEX h EX 10 FIELDS 2 a none
             < *2
             < $1
             < 1
             < $-1
             > HTTL h FIELDS 2 a b
             < *2
             < :10
             < :-1
             > HGETEX h FIELDS 1 a
             < *1
             < $1
             < 1
             > HGETEX h PERSIST FIELDS 1 a
             < *1
             < $1
             < 1
             > HTTL h FIELDS 1 a
             < *1
             < :-1
             > HGETEX h PXAT 1 FIELDS 2 a b
             < *2
             < $1
             < 1
             < $1
             < 2
             > EXISTS h
             < :0
             3> HGETEX none EX 10 FIELDS 1 a
             < *1
             < _
             > HGETEX h KEEPTTL FIELDS 1 a
             < -ERR Mandatory argument FIELDS is missing or not at the right position
             > HGETEX h EX 1 PX 1 FIELDS 1 a
             < -ERR Mandatory argument FIELDS is missing or not at the right position
             > SET k v
             < +OK
             > HGETEX k FIELDS 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn effects() {
        let effects = journal(
            "> HSET h a 1 b 2
             > HGETEX h PXAT 33177117420000 FIELDS 2 a none
             > HGETEX h FIELDS 1 a
             > HGETEX h PERSIST FIELDS 2 a b
             > HGETEX h PXAT 1 FIELDS 1 b",
        );
        assert_eq!(
            effects[2..],
            [
                "HPEXPIREAT h 33177117420000 FIELDS 1 a",
                "HPERSIST h FIELDS 1 a",
                "HDEL h b"
            ]
        );
    }
}
