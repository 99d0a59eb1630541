//! The two ends of a list, and what the pushing, popping and moving commands do there.

use crate::args::is;
use crate::items;
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, NullKind, Outcome};
use engine_types::{Limits, List};
use proto_resp::num::{INT_LEN_MAX, format_i64};

/// An end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Left,
    Right,
}

impl End {
    /// LEFT or RIGHT.
    ///
    /// # Errors
    /// Neither.
    pub(crate) fn parse(arg: &[u8]) -> Result<Self, Error> {
        if is(arg, "LEFT") {
            Ok(Self::Left)
        } else if is(arg, "RIGHT") {
            Ok(Self::Right)
        } else {
            Err(Error::SYNTAX)
        }
    }

    fn pushed(self) -> Event {
        Event::new(
            Class::List,
            match self {
                Self::Left => "lpush",
                Self::Right => "rpush",
            },
        )
    }

    fn popped(self) -> Event {
        Event::new(
            Class::List,
            match self {
                Self::Left => "lpop",
                Self::Right => "rpop",
            },
        )
    }

    /// The command that pops here and never blocks, for the journal.
    fn pop_verb(self) -> &'static [u8] {
        match self {
            Self::Left => b"LPOP",
            Self::Right => b"RPOP",
        }
    }

    fn push(self, list: &mut List, value: &[u8], limits: &Limits) {
        match self {
            Self::Left => list.push_front(value, limits),
            Self::Right => list.push_back(value, limits),
        }
    }

    fn pop(self, list: &mut List, limits: &Limits) -> Option<Vec<u8>> {
        match self {
            Self::Left => list.pop_front(limits),
            Self::Right => list.pop_back(limits),
        }
    }

    /// The index of the element at this end.
    fn index(self) -> i64 {
        match self {
            Self::Left => 0,
            Self::Right => -1,
        }
    }
}

/// LPUSH, RPUSH; LPUSHX, RPUSHX if the list must exist already.
pub(crate) fn push(cx: &mut Cx<'_>, args: &[&[u8]], end: End, must_exist: bool) -> Outcome {
    let limits = cx.server.limits();
    let values = &args[2..];
    let len = cx
        .db
        .edit::<List, _>(args[1], !must_exist, |list, change| {
            for value in values {
                end.push(list, value, &limits);
            }
            change.note(values.len(), end.pushed());
            list.len()
        })?;
    cx.out.int(len.unwrap_or(0) as i64);
    Ok(())
}

/// Takes the element at one end away; `None` if there is no such key.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn pop_one(cx: &mut Cx<'_>, key: &[u8], end: End) -> Result<Option<Vec<u8>>, Error> {
    let limits = cx.server.limits();
    let value = cx.db.edit::<List, _>(key, false, |list, change| {
        let value = end.pop(list, &limits);
        change.note(usize::from(value.is_some()), end.popped());
        value
    })?;
    Ok(value.flatten())
}

/// Takes up to `count` elements away and writes them as an array, the outermost first; how many, `None` if there is
/// no such key.
///
/// # Errors
/// WRONGTYPE.
fn pop_many(cx: &mut Cx<'_>, key: &[u8], end: End, count: usize) -> Result<Option<usize>, Error> {
    let limits = cx.server.limits();
    let out = &mut cx.out;
    cx.db.edit::<List, _>(key, false, |list, change| {
        let len = list.len();
        let count = count.min(len);
        let range = match end {
            End::Left => 0..count,
            End::Right => len - count..len,
        };
        out.array(count);
        let elements = list.range(range.clone());
        match end {
            End::Left => elements.for_each(|element| items::bulk(out, element)),
            End::Right => elements.rev().for_each(|element| items::bulk(out, element)),
        }
        list.remove_range(range, &limits);
        change.note(count, end.popped());
        count
    })
}

/// LPOP, RPOP.
pub(crate) fn pop(cx: &mut Cx<'_>, args: &[&[u8]], end: End) -> Outcome {
    let key = args[1];
    let Some(count) = args.get(2) else {
        let value = pop_one(cx, key, end)?;
        cx.out.bulk_or_null(value.as_deref());
        return Ok(());
    };
    if args.len() > 3 {
        return Err(Error::arity(cx.command.command.name));
    }
    let count = crate::args::positive(count)?;
    if count == 0 {
        // Nothing is popped, but the reply still tells an empty answer from an absent key.
        match cx.db.look::<List>(key)? {
            Some(_) => cx.out.array(0),
            None => cx.out.null_array(),
        }
        return Ok(());
    }
    if pop_many(cx, key, end, count)?.is_none() {
        cx.out.null_array();
    }
    Ok(())
}

/// BLPOP, BRPOP: pops from the first of `keys` that has something, and replies its name and the element; false if
/// none has.
///
/// # Errors
/// WRONGTYPE, of the first key that exists.
pub(crate) fn pop_first(cx: &mut Cx<'_>, keys: &[&[u8]], end: End) -> Result<bool, Error> {
    for key in keys {
        if let Some(value) = pop_one(cx, key, end)? {
            cx.out.array(2);
            cx.out.bulk(key);
            cx.out.bulk(&value);
            cx.db.rewrite(&[end.pop_verb(), key]);
            return Ok(true);
        }
    }
    Ok(false)
}

/// LMPOP, BLMPOP: as [`pop_first`], with up to `count` elements as an array.
///
/// # Errors
/// WRONGTYPE, of the first key that exists.
pub(crate) fn pop_first_many(
    cx: &mut Cx<'_>,
    keys: &[&[u8]],
    end: End,
    count: usize,
) -> Result<bool, Error> {
    let start = cx.out.len();
    for key in keys {
        cx.out.array(2);
        cx.out.bulk(key);
        match pop_many(cx, key, end, count)? {
            Some(popped) => {
                let mut digits = [0; INT_LEN_MAX];
                let popped = format_i64(popped as i64, &mut digits);
                cx.db.rewrite(&[end.pop_verb(), key, popped]);
                return Ok(true);
            }
            None => cx.out.truncate(start),
        }
    }
    Ok(false)
}

/// LMOVE, RPOPLPUSH and their blocking forms: moves one element and replies it; false if there is no source.
///
/// # Errors
/// WRONGTYPE, of the source or the destination, before anything is changed.
pub(crate) fn move_one(
    cx: &mut Cx<'_>,
    (source, from): (&[u8], End),
    (destination, to): (&[u8], End),
) -> Result<bool, Error> {
    let limits = cx.server.limits();
    let Some(element) = cx
        .db
        .look::<List>(source)?
        .and_then(|list| list.get(from.index()))
    else {
        return Ok(false);
    };
    let element = element.to_vec();
    if source == destination {
        cx.db.edit::<List, _>(source, false, |list, change| {
            from.pop(list, &limits);
            to.push(list, &element, &limits);
            change.note(1, to.pushed());
        })?;
        cx.db
            .edit::<List, _>(source, false, |_, change| change.note(1, from.popped()))?;
    } else {
        // The events come in Redis's order: pushed, then popped.
        cx.db.edit::<List, _>(destination, true, |list, change| {
            to.push(list, &element, &limits);
            change.note(1, to.pushed());
        })?;
        pop_one(cx, source, from)?;
    }
    cx.out.bulk(&element);
    Ok(true)
}

/// BLMOVE, BRPOPLPUSH: waits for the source. Where waiting is not allowed the answer is a null string, but when the
/// time is over it is a null array, as in Redis.
pub(crate) fn wait_for_source(cx: &mut Cx<'_>, source: &[u8], timeout_ms: i64) -> Outcome {
    if cx.may_not_block() {
        cx.out.null();
        return Ok(());
    }
    cx.block_on(&[source], timeout_ms, NullKind::Array)
}

/// What LMPOP and BLMPOP have in common behind the time-out: `numkeys key [key ...] LEFT|RIGHT [COUNT count]`.
#[derive(Debug)]
pub(crate) struct Multi<'a> {
    pub keys: &'a [&'a [u8]],
    pub end: End,
    pub count: usize,
}

impl<'a> Multi<'a> {
    /// Reads the arguments from the number of keys on.
    ///
    /// # Errors
    /// A count that is none, or another word than those.
    pub(crate) fn parse(args: &'a [&'a [u8]]) -> Result<Self, Error> {
        let numkeys = crate::args::at_least(args[0], 1, "ERR numkeys should be greater than 0")?;
        let rest = &args[1..];
        if numkeys >= rest.len() {
            return Err(Error::SYNTAX);
        }
        let (keys, rest) = rest.split_at(numkeys);
        let end = End::parse(rest[0])?;
        let count = match rest[1..] {
            [] => 1,
            [word, count] if is(word, "COUNT") => {
                crate::args::at_least(count, 1, "ERR count should be greater than 0")?
            }
            // Redis reads the first COUNT before it stumbles over what follows.
            [word, count, ..] if is(word, "COUNT") => {
                crate::args::at_least(count, 1, "ERR count should be greater than 0")?;
                return Err(Error::SYNTAX);
            }
            _ => return Err(Error::SYNTAX),
        };
        Ok(Self { keys, end, count })
    }
}
