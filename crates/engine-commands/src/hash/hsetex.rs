//! HSETEX

use super::shared_expiry::{self, HEXPIRE, Wish, behind, journal_expiry, journal_removal};
use super::shared_set::EVENT;
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::dialect::FieldsOf;
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

/// What must be so for anything to be set: of the key (NX, XX: Valkey only) and of every field (FNX, FXX).
#[derive(Default)]
struct Options<'a> {
    key: Option<bool>,
    fields: Option<bool>,
    wish: Option<Wish<'a>>,
}

impl<'a> Options<'a> {
    /// Reads the words before FIELDS.
    ///
    /// # Errors
    /// An unknown word, or one too many of its kind; Redis says which, Valkey lets conditions be repeated.
    fn parse(words: &[&'a [u8]], valkey: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut at = 0;
        while let Some(&word) = words.get(at) {
            at += 1;
            if is(word, "FNX") || is(word, "FXX") {
                let wanted = is(word, "FXX");
                let again = options.fields.replace(wanted);
                if again.is_some_and(|before| !valkey || before != wanted) {
                    return Err(refuse(valkey, word, "Only one of FXX or FNX"));
                }
            } else if valkey && (is(word, "NX") || is(word, "XX")) {
                let wanted = is(word, "XX");
                if options.key.replace(wanted).is_some_and(|old| old != wanted) {
                    return Err(Error::SYNTAX);
                }
            } else {
                let mut wish = Wish::Nothing;
                let taken = wish.read(words, at - 1);
                if wish == Wish::Persist || taken.is_none() {
                    return Err(refuse(valkey, word, ""));
                }
                if options.wish.replace(wish).is_some() {
                    let which = "Only one of EX, PX, EXAT, PXAT or KEEPTTL";
                    return Err(refuse(valkey, word, which));
                }
                at += taken.unwrap_or(1) - 1;
            }
        }
        Ok(options)
    }
}

/// The error for a word; `which` names the kind of which there is one too many.
fn refuse(valkey: bool, word: &[u8], which: &str) -> Error {
    if valkey {
        Error::SYNTAX
    } else if which.is_empty() {
        let word = String::from_utf8_lossy(word);
        Error::new(format!("ERR unknown argument: {word}"))
    } else {
        Error::new(format!("ERR {which} arguments can be specified"))
    }
}

fn are_met(
    cx: &Cx<'_>,
    key: &[u8],
    pairs: &[[&[u8]; 2]],
    when: &Options<'_>,
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
    let valkey = dialect::is_valkey(cx.server);
    let fields = args.iter().position(|word| is(word, "FIELDS"));
    let options = match fields {
        None if valkey => Options::default(),
        at => Options::parse(&args[2..at.unwrap_or(args.len())], valkey)?,
    };
    let (_, at) = shared_expiry::options(cx, FieldsOf::Pairs, args, 2)?;
    let rest = behind(cx, FieldsOf::Pairs, args, at, 2)?;
    let (key, pairs) = (args[1], rest.as_chunks::<2>().0);
    let wish = options.wish.unwrap_or(Wish::Nothing);
    let at = wish.at_ms(cx, "hsetex")?;
    if !are_met(cx, key, pairs, &options)? {
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
        change.note(removed.len(), EVENT);
        change.tell_also(event);
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
             < -ERR unknown argument: PERSIST
             > HSETEX h NX FIELDS 1 a 1
             < -ERR unknown argument: NX
             > HSETEX h FNX FXX FIELDS 1 a 1
             < -ERR Only one of FXX or FNX arguments can be specified
             > HSETEX h EX 1 KEEPTTL FIELDS 1 a 1
             < -ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified
             > HSETEX h FIELDS 2 a 1
             < -ERR wrong number of arguments for 'hsetex' command
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
