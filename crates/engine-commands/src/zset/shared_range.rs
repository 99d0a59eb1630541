//! ZRANGE with all its options, and the older commands that are special cases of it.

use super::shared_reply::members;
use super::shared_select::{By, Selection};
use crate::args::{int, is};
use engine_dispatch::{Cx, Error, Outcome};
use engine_types::ZSet;
use std::ops::Range;

/// What a command's name says already; `None` where an option decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub by: Option<By>,
    pub reverse: Option<bool>,
    /// Scores cannot be asked for: they go along anyway (ZRANGESTORE).
    pub store: bool,
}

/// A range of members, as asked for.
#[derive(Debug)]
pub(crate) struct Query<'a> {
    selection: Selection<'a>,
    pub reverse: bool,
    with_scores: bool,
    offset: i64,
    /// Negative for no limit.
    limit: i64,
}

impl<'a> Query<'a> {
    /// Reads `min max` and the options behind it.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn parse(args: &[&'a [u8]], form: Form) -> Result<Self, Error> {
        let Form {
            mut by,
            mut reverse,
            store,
        } = form;
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        let mut at = 2;
        while let Some(&word) = args.get(at) {
            if !store && is(word, "WITHSCORES") {
                with_scores = true;
            } else if is(word, "LIMIT") && args.len() - at > 2 {
                (offset, limit) = (int(args[at + 1])?, int(args[at + 2])?);
                at += 2;
            } else if form.reverse.is_none() && is(word, "REV") {
                reverse = Some(true);
            } else if by.is_none() && is(word, "BYLEX") {
                by = Some(By::Lex);
            } else if by.is_none() && is(word, "BYSCORE") {
                by = Some(By::Score);
            } else {
                return Err(Error::SYNTAX);
            }
            at += 1;
        }
        let (by, reverse) = (by.unwrap_or(By::Rank), reverse.unwrap_or(false));
        if limit != -1 && by == By::Rank {
            return Err(Error::new(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(Error::new(
                "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        // From the highest down, the upper end comes first.
        let selection = if reverse && by != By::Rank {
            Selection::parse(by, args[1], args[0])?
        } else {
            Selection::parse(by, args[0], args[1])?
        };
        Ok(Self {
            selection,
            reverse,
            with_scores,
            offset,
            limit,
        })
    }

    /// The ranks, ascending, of the members asked for.
    pub(crate) fn ranks(&self, zset: &ZSet) -> Range<usize> {
        let Range { start, end } = self.selection.ranks(zset, self.reverse);
        if matches!(self.selection, Selection::Rank(..)) {
            return start..end;
        }
        let Ok(offset) = usize::try_from(self.offset) else {
            return 0..0;
        };
        let offset = offset.min(end - start);
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let count = limit.min(end - start - offset);
        if self.reverse {
            end - offset - count..end - offset
        } else {
            start + offset..start + offset + count
        }
    }
}

/// The whole of a range command that replies members: `key min max [option ...]`.
pub(crate) fn range(cx: &mut Cx<'_>, args: &[&[u8]], form: Form) -> Outcome {
    let query = Query::parse(&args[2..], form)?;
    let Some(zset) = cx.db.read::<ZSet>(args[1])? else {
        cx.out.array(0);
        return Ok(());
    };
    let found = zset.range(query.ranks(zset));
    if query.reverse {
        members(&mut cx.out, query.with_scores, found.rev());
    } else {
        members(&mut cx.out, query.with_scores, found);
    }
    Ok(())
}
