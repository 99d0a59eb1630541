//! Taking members from an end of sorted sets: ZPOPMIN, ZMPOP, BZPOPMIN and their like.

use super::shared_reply;
use crate::args::{at_least, is, positive};
use crate::items;
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome};
use engine_types::{ItemRef, ZSet};
use proto_resp::Reply;
use proto_resp::num::{INT_LEN_MAX, format_i64};

/// An end of a sorted set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Min,
    Max,
}

impl End {
    fn parse(arg: &[u8]) -> Result<Self, Error> {
        if is(arg, "MIN") {
            Ok(Self::Min)
        } else if is(arg, "MAX") {
            Ok(Self::Max)
        } else {
            Err(Error::SYNTAX)
        }
    }

    fn event(self) -> Event {
        let name = match self {
            Self::Min => "zpopmin",
            Self::Max => "zpopmax",
        };
        Event::new(Class::ZSet, name)
    }

    /// The command that pops here and never blocks, for the journal.
    fn verb(self) -> &'static [u8] {
        match self {
            Self::Min => b"ZPOPMIN",
            Self::Max => b"ZPOPMAX",
        }
    }
}

/// Takes up to `count` members away, the outermost first: `header` is given how many there will be, `member` each of
/// them. How many; `None` if there is no such key.
///
/// # Errors
/// WRONGTYPE.
fn pop(
    cx: &mut Cx<'_>,
    key: &[u8],
    end: End,
    count: usize,
    header: impl FnOnce(&mut Reply<'_>, usize),
    member: impl Fn(&mut Reply<'_>, ItemRef<'_>, f64),
) -> Result<Option<usize>, Error> {
    let out = &mut cx.out;
    cx.db.edit::<ZSet, _>(key, false, |zset, change| {
        let len = zset.len();
        let count = count.min(len);
        let ranks = match end {
            End::Min => 0..count,
            End::Max => len - count..len,
        };
        header(out, count);
        let members = zset.range(ranks.clone());
        match end {
            End::Min => members.for_each(|(name, score)| member(out, name, score)),
            End::Max => members
                .rev()
                .for_each(|(name, score)| member(out, name, score)),
        }
        zset.remove_range(ranks, |_, _| ());
        change.note(count, end.event());
        count
    })
}

/// A member and its score, two replies.
fn flat(out: &mut Reply<'_>, member: ItemRef<'_>, score: f64) {
    items::bulk(out, member);
    out.double(score);
}

/// A member and its score as an array.
fn nested(out: &mut Reply<'_>, member: ItemRef<'_>, score: f64) {
    out.array(2);
    flat(out, member, score);
}

/// ZPOPMIN, ZPOPMAX: `key [count]`.
pub(crate) fn pop_here(cx: &mut Cx<'_>, args: &[&[u8]], end: End) -> Outcome {
    let key = args[1];
    let popped = match args[2..] {
        [] => pop(cx, key, end, 1, |out, n| out.array(2 * n), flat)?,
        [count] => {
            let count = positive(count)?;
            if count == 0 {
                // Nothing is popped, but the type of the key is checked.
                cx.db.look::<ZSet>(key)?;
                None
            } else {
                let header = |out: &mut Reply<'_>, n| shared_reply::header(out, n, true);
                let member = |out: &mut Reply<'_>, name: ItemRef<'_>, score| {
                    shared_reply::member(out, name, score, true);
                };
                pop(cx, key, end, count, header, member)?
            }
        }
        _ => return Err(Error::SYNTAX),
    };
    if popped.is_none() {
        cx.out.array(0);
    }
    Ok(())
}

/// BZPOPMIN, BZPOPMAX: takes one member from the first of `keys` that has any, and replies key, member and score;
/// false if none has.
///
/// # Errors
/// WRONGTYPE, of the first key that exists.
pub(crate) fn pop_first(cx: &mut Cx<'_>, keys: &[&[u8]], end: End) -> Result<bool, Error> {
    for key in keys {
        let header = |out: &mut Reply<'_>, _| {
            out.array(3);
            out.bulk(key);
        };
        if pop(cx, key, end, 1, header, flat)?.is_some() {
            cx.db.rewrite(&[end.verb(), key]);
            return Ok(true);
        }
    }
    Ok(false)
}

/// ZMPOP, BZMPOP: takes members from the first of the keys that has any, and replies its name and an array of pairs;
/// false if none has.
///
/// # Errors
/// WRONGTYPE, of the first key that exists.
pub(crate) fn pop_first_many(cx: &mut Cx<'_>, multi: &Multi<'_>) -> Result<bool, Error> {
    let &Multi { keys, end, count } = multi;
    for key in keys {
        let header = |out: &mut Reply<'_>, n| {
            out.array(2);
            out.bulk(key);
            out.array(n);
        };
        if let Some(popped) = pop(cx, key, end, count, header, nested)? {
            let mut digits = [0; INT_LEN_MAX];
            let popped = format_i64(popped as i64, &mut digits);
            cx.db.rewrite(&[end.verb(), key, popped]);
            return Ok(true);
        }
    }
    Ok(false)
}

/// What ZMPOP and BZMPOP have in common: `numkeys key [key ...] MIN|MAX [COUNT count]`.
#[derive(Debug)]
pub(crate) struct Multi<'a> {
    pub keys: &'a [&'a [u8]],
    end: End,
    count: usize,
}

impl<'a> Multi<'a> {
    /// Reads the arguments from the number of keys on.
    ///
    /// # Errors
    /// A count that is none, or another word than those.
    pub(crate) fn parse(args: &'a [&'a [u8]]) -> Result<Self, Error> {
        let numkeys = at_least(args[0], 1, "ERR numkeys should be greater than 0")?;
        let rest = &args[1..];
        if numkeys >= rest.len() {
            return Err(Error::SYNTAX);
        }
        let (keys, rest) = rest.split_at(numkeys);
        let end = End::parse(rest[0])?;
        let count = match rest[1..] {
            [] => 1,
            [word, count, ref more @ ..] if is(word, "COUNT") => {
                // Redis reads the first COUNT before it stumbles over what follows.
                let count = at_least(count, 1, "ERR count should be greater than 0")?;
                if !more.is_empty() {
                    return Err(Error::SYNTAX);
                }
                count
            }
            _ => return Err(Error::SYNTAX),
        };
        Ok(Self { keys, end, count })
    }
}
