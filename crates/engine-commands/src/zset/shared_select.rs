//! Which members of a sorted set a command means: by rank, by score, by the order of bytes.

use crate::args::int;
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome};
use engine_types::{LexBound, ScoreBound, ZSet};
use proto_resp::num::parse_f64;
use std::ops::Range;

/// What the two ends of a range are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Rank,
    Score,
    Lex,
}

/// A range with its ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selection<'a> {
    /// From and to, both included, negative from the end.
    Rank(i64, i64),
    Score(ScoreBound, ScoreBound),
    Lex(LexBound<'a>, LexBound<'a>),
}

impl<'a> Selection<'a> {
    /// Reads the two ends, the lower one first.
    ///
    /// # Errors
    /// They are no ends of such a range.
    pub(crate) fn parse(by: By, min: &'a [u8], max: &'a [u8]) -> Result<Self, Error> {
        match by {
            By::Rank => Ok(Self::Rank(int(min)?, int(max)?)),
            By::Score => match (score_bound(min), score_bound(max)) {
                (Some(min), Some(max)) => Ok(Self::Score(min, max)),
                _ => Err(Error::new("ERR min or max is not a float")),
            },
            By::Lex => match (lex_bound(min), lex_bound(max)) {
                (Some(min), Some(max)) => Ok(Self::Lex(min, max)),
                _ => Err(Error::new("ERR min or max not valid string range item")),
            },
        }
    }

    /// The ranks, ascending, of what is meant; `reverse`: ranks are counted from the highest score.
    pub(crate) fn ranks(&self, zset: &ZSet, reverse: bool) -> Range<usize> {
        match *self {
            Self::Score(min, max) => zset.ranks_by_score(min, max),
            Self::Lex(min, max) => zset.ranks_by_lex(min, max),
            Self::Rank(start, end) => {
                let len = zset.len();
                let Range { start, end } = ranks(start, end, len);
                if reverse {
                    len - end..len - start
                } else {
                    start..end
                }
            }
        }
    }
}

/// The ranks from `start` to `end`, both included, negative from the end, that are below `len`.
fn ranks(start: i64, end: i64, len: usize) -> Range<usize> {
    let size = len as i64;
    let place = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
    let (start, end) = (place(start).max(0), place(end).min(size - 1));
    if start > end {
        0..0
    } else {
        start as usize..end as usize + 1
    }
}

/// An end of a range of scores: a number, after `(` if it is excluded itself.
fn score_bound(text: &[u8]) -> Option<ScoreBound> {
    match text {
        [b'(', number @ ..] => Some(ScoreBound::exclusive(bound_value(number)?)),
        number => Some(ScoreBound::inclusive(bound_value(number)?)),
    }
}

/// Redis reads these numbers with a plain `strtod`: up to a zero byte, after white space, nothing being 0, and with
/// infinity or zero for what a double cannot hold.
fn bound_value(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Some(0.0);
    }
    let number = text.trim_ascii_start();
    parse_f64(number).or_else(|| {
        let decimal = number
            .iter()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(b));
        std::str::from_utf8(number)
            .ok()
            .filter(|_| decimal)?
            .parse()
            .ok()
    })
}

/// An end of a range in the order of bytes: `-`, `+`, `[member` or `(member`.
fn lex_bound(text: &[u8]) -> Option<LexBound<'_>> {
    match text {
        b"-" => Some(LexBound::Min),
        b"+" => Some(LexBound::Max),
        [b'[', member @ ..] => Some(LexBound::Inclusive(member)),
        [b'(', member @ ..] => Some(LexBound::Exclusive(member)),
        _ => None,
    }
}

/// ZCOUNT, ZLEXCOUNT: `key min max`.
pub(crate) fn count(cx: &mut Cx<'_>, args: &[&[u8]], by: By) -> Outcome {
    let selection = Selection::parse(by, args[2], args[3])?;
    let zset = cx.db.read::<ZSet>(args[1])?;
    let count = zset.map_or(0, |zset| selection.ranks(zset, false).len());
    cx.out.int(count as i64);
    Ok(())
}

/// ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX: `key min max`.
pub(crate) fn remove(cx: &mut Cx<'_>, args: &[&[u8]], by: By) -> Outcome {
    let selection = Selection::parse(by, args[2], args[3])?;
    let event = Event::new(Class::ZSet, cx.command.command.name);
    let removed = cx.db.edit::<ZSet, _>(args[1], false, |zset, change| {
        let ranks = selection.ranks(zset, false);
        let removed = zset.remove_range(ranks, |_, _| ());
        change.note(removed, event);
        removed
    })?;
    cx.out.int(removed.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_clipped() {
        for (start, end, want) in [
            (0, -1, 0..5),
            (-2, -1, 3..5),
            (-9, 1, 0..2),
            (3, 99, 3..5),
            (2, 1, 0..0),
            (5, 9, 0..0),
            (0, -9, 0..0),
            (i64::MIN, i64::MAX, 0..5),
        ] {
            assert_eq!(ranks(start, end, 5), want, "{start} {end}");
        }
        assert_eq!(ranks(0, -1, 0), 0..0);
    }

    #[test]
    fn bounds_are_read_as_strtod_does() {
        let value = |text: &str| bound_value(text.as_bytes());
        assert_eq!(value(""), Some(0.0));
        assert_eq!(value(" 1.5"), Some(1.5));
        assert_eq!(value("-1e400"), Some(f64::NEG_INFINITY));
        assert_eq!(value("1e-400"), Some(0.0));
        assert_eq!(value("+inf"), Some(f64::INFINITY));
        assert_eq!(value("0x10"), Some(16.0));
        for text in [" ", "nan", "1 ", "e", "+", "1e", "(1"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
