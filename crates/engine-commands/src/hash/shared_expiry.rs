//! What the commands on the expiry of fields share: `FIELDS numfields field …`, the effects, and the HEXPIRE family.

use crate::args::{int, is};
use crate::generic::shared_expire::{Conditions, Time};
use engine_dispatch::dialect::FieldsOf;
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome, dialect};
use engine_types::Hash;
use proto_resp::num::{INT_LEN_MAX, format_i64, parse_i64};

/// Fields have got an expiry.
pub(crate) const HEXPIRE: Event = Event::new(Class::Hash, "hexpire");
/// Fields have lost their expiry.
pub(crate) const HPERSIST: Event = Event::new(Class::Hash, "hpersist");
/// Fields were removed.
pub(crate) const HDEL: Event = Event::new(Class::Hash, "hdel");

/// Arguments.
type Words<'a> = &'a [&'a [u8]];

/// The options that begin at argument `from`, and where FIELDS stands behind them.
///
/// # Errors
/// FIELDS stands nowhere, or the key is of another type; the words are the dialect's.
pub(crate) fn options<'a>(
    cx: &Cx<'_>,
    of: FieldsOf,
    args: Words<'a>,
    from: usize,
) -> Result<(Words<'a>, usize), Error> {
    check_type(cx, of, args)?;
    let at = (from..args.len()).find(|at| is(args[*at], "FIELDS"));
    match at.filter(|at| at + 1 < args.len()) {
        Some(at) => Ok((&args[from..at], at)),
        None => Err(Error::new(dialect::field_texts(cx.server, of).missing)),
    }
}

/// What follows the number behind FIELDS at argument `at`: `per` words a field.
///
/// # Errors
/// The number is not that of the fields.
pub(crate) fn behind<'a>(
    cx: &Cx<'_>,
    of: FieldsOf,
    args: Words<'a>,
    at: usize,
    per: usize,
) -> Result<Words<'a>, Error> {
    let texts = dialect::field_texts(cx.server, of);
    let (number, rest) = match args.get(at + 1) {
        Some(number) => (*number, &args[at + 2..]),
        None => return Err(Error::new(texts.missing)),
    };
    let count = parse_i64(number).ok_or(Error::new(texts.not_a_number))?;
    if count <= 0 || count > i64::from(i32::MAX) {
        return Err(Error::new(texts.not_positive));
    }
    if count as usize * per != rest.len() {
        return Err(Error::new(texts.mismatch));
    }
    Ok(rest)
}

/// The fields of a command without options: FIELDS is argument 2.
///
/// # Errors
/// As [`options`] and [`behind`].
pub(crate) fn names<'a>(cx: &Cx<'_>, of: FieldsOf, args: Words<'a>) -> Result<Words<'a>, Error> {
    check_type(cx, of, args)?;
    match args.get(2) {
        Some(word) if is(word, "FIELDS") => behind(cx, of, args, 2, 1),
        _ => Err(Error::new(dialect::field_texts(cx.server, of).misplaced)),
    }
}

fn check_type(cx: &Cx<'_>, of: FieldsOf, args: Words<'_>) -> Outcome {
    if dialect::field_type_comes_first(cx.server, of) {
        cx.db.look::<Hash>(args[1])?;
    }
    Ok(())
}

/// A time as milliseconds of Unix time.
///
/// # Errors
/// No integer, or no time that a field may expire at.
pub(crate) fn time_of(cx: &Cx<'_>, number: &[u8], time: Time) -> Result<i64, Error> {
    let base = if time.relative { cx.now_ms() } else { 0 };
    let number = int(number)?;
    if number < 0 {
        return Err(dialect::negative_field_expiry(cx.server, time.command));
    }
    let at = number
        .checked_mul(time.unit_ms)
        .and_then(|ms| ms.checked_add(base));
    at.filter(|at| *at <= dialect::field_expiry_max_ms(cx.server))
        .ok_or_else(|| Error::expire_time(time.command))
}

/// The effect of giving fields an expiry: absolute, for whoever reads it later.
pub(crate) fn journal_expiry(cx: &mut Cx<'_>, key: &[u8], at_ms: i64, fields: &[&[u8]]) {
    let (mut time, mut count) = ([0; INT_LEN_MAX], [0; INT_LEN_MAX]);
    let mut effect: Vec<&[u8]> = vec![b"HPEXPIREAT", key, format_i64(at_ms, &mut time), b"FIELDS"];
    effect.push(format_i64(fields.len() as i64, &mut count));
    effect.extend(fields);
    cx.db.rewrite(&effect);
}

/// The effect of removing fields.
pub(crate) fn journal_removal(cx: &mut Cx<'_>, key: &[u8], fields: &[&[u8]]) {
    let mut effect: Vec<&[u8]> = vec![b"HDEL", key];
    effect.extend(fields);
    cx.db.rewrite(&effect);
}

/// The effect of taking expiries away.
pub(crate) fn journal_persist(cx: &mut Cx<'_>, key: &[u8], fields: &[&[u8]]) {
    let mut count = [0; INT_LEN_MAX];
    let mut effect: Vec<&[u8]> = vec![b"HPERSIST", key, b"FIELDS"];
    effect.push(format_i64(fields.len() as i64, &mut count));
    effect.extend(fields);
    cx.db.rewrite(&effect);
}

/// What HEXPIRE says of a field.
const NO_FIELD: i64 = -2;
const NOT_MET: i64 = 0;
const SET: i64 = 1;
const REMOVED: i64 = 2;

/// HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT.
///
/// # Errors
/// Options that are unknown or contradict each other, a time that is none, WRONGTYPE.
pub(crate) fn expire(cx: &mut Cx<'_>, args: &[&[u8]], time: Time) -> Outcome {
    let key = args[1];
    let (words, fields) = options(cx, FieldsOf::Expiry, args, 3)?;
    let conditions = match Conditions::parse(words) {
        Ok(conditions) if words.len() <= 1 || dialect::is_valkey(cx.server) => conditions,
        Ok(_) => return Err(dialect::wrong_field_option(cx.server, Error::SYNTAX)),
        Err(error) => return Err(dialect::wrong_field_option(cx.server, error)),
    };
    let names = behind(cx, FieldsOf::Expiry, args, fields, 1)?;
    let at = time_of(cx, args[2], time)?;
    cx.db.purge_fields(key, names.iter().copied());
    let overdue = at <= cx.now_ms() && cx.db.removes_expired();
    let event = if overdue {
        dialect::overdue_field_event(cx.server)
    } else {
        HEXPIRE
    };
    let limits = cx.server.limits();
    let results = cx.db.edit::<Hash, _>(key, false, |hash, change| {
        let one = |name: &&[u8]| {
            if !hash.contains(name) {
                NO_FIELD
            } else if !conditions.allow(hash.field_expiry(name), at) {
                NOT_MET
            } else if overdue {
                hash.remove(name);
                REMOVED
            } else {
                hash.set_field_expiry(name, Some(at), &limits);
                SET
            }
        };
        let results: Vec<i64> = names.iter().map(one).collect();
        change.note(results.iter().filter(|r| **r > 0).count(), event);
        results
    })?;
    let results = results.unwrap_or_else(|| vec![NO_FIELD; names.len()]);
    let changed = names.iter().zip(&results).filter(|(_, r)| **r > 0);
    let changed: Vec<&[u8]> = changed.map(|(name, _)| *name).collect();
    if !changed.is_empty() {
        if overdue {
            journal_removal(cx, key, &changed);
        } else {
            journal_expiry(cx, key, at, &changed);
        }
    }
    cx.out.array(results.len());
    results.iter().for_each(|result| cx.out.int(*result));
    Ok(())
}

/// HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME: `number` makes the reply of a field's time.
///
/// # Errors
/// WRONGTYPE, or wrong words.
pub(crate) fn tell_expiry(
    cx: &mut Cx<'_>,
    args: &[&[u8]],
    number: impl Fn(&Cx<'_>, i64) -> i64,
) -> Outcome {
    let names = names(cx, FieldsOf::Times, args)?;
    let expiries: Vec<Option<Option<i64>>> = match cx.db.hash(args[1])? {
        Some(hash) => names.iter().map(|name| hash.expiry(name)).collect(),
        None => vec![None; names.len()],
    };
    cx.out.array(expiries.len());
    for expiry in expiries {
        let reply = match expiry {
            None => NO_FIELD,
            Some(None) => -1,
            Some(Some(at)) => number(cx, at),
        };
        cx.out.int(reply);
    }
    Ok(())
}

/// What is to become of the expiry of fields (HGETEX, HSETEX).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    /// It is left as the command leaves it.
    Nothing,
    /// Taken away (HGETEX).
    Persist,
    /// Kept, though the value changes (HSETEX).
    Keep,
    /// The unit (`EX` …) and the number.
    Time(&'a [u8], &'a [u8]),
}

impl<'a> Wish<'a> {
    /// Reads the option at `at`, if it is one of these and none was given before; how many words it has.
    pub(crate) fn read(&mut self, words: &[&'a [u8]], at: usize) -> Option<usize> {
        let word = *words.get(at)?;
        let timed = ["EX", "PX", "EXAT", "PXAT"].iter().any(|u| is(word, u));
        if *self != Self::Nothing {
            return None;
        }
        if timed {
            *self = Self::Time(word, words.get(at + 1)?);
            return Some(2);
        }
        *self = match word {
            word if is(word, "PERSIST") => Self::Persist,
            word if is(word, "KEEPTTL") => Self::Keep,
            _ => return None,
        };
        Some(1)
    }

    /// The time that it names, if it names one.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn at_ms(self, cx: &Cx<'_>, command: &'static str) -> Result<Option<i64>, Error> {
        let Self::Time(unit, number) = self else {
            return Ok(None);
        };
        let seconds = is(unit, "EX") || is(unit, "EXAT");
        let time = Time {
            command,
            unit_ms: if seconds { 1000 } else { 1 },
            relative: is(unit, "EX") || is(unit, "PX"),
        };
        time_of(cx, number, time).map(Some)
    }
}
