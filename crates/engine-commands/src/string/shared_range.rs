//! GETRANGE and SUBSTR.

use crate::args::int;
use engine_dispatch::{Cx, Outcome};
use std::ops::Range;

/// Replies the part of a string between two indices, both included, negative ones counted from the end.
///
/// # Errors
/// WRONGTYPE; an index is no integer.
pub(crate) fn reply(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (start, end) = (int(args[2])?, int(args[3])?);
    let Some(string) = cx.db.string(args[1])? else {
        cx.out.bulk(b"");
        return Ok(());
    };
    let mut digits = Vec::new();
    let bytes = string.as_bytes(&mut digits);
    let part = bytes.get(part(start, end, bytes.len())).unwrap_or(b"");
    cx.out.bulk(part);
    Ok(())
}

/// The bytes from `start` to `end` of `len`, as Redis counts: from the end if negative, cut to what there is.
fn part(start: i64, end: i64, len: usize) -> Range<usize> {
    if start < 0 && end < 0 && start > end {
        return 0..0;
    }
    let len = len as i64;
    let from_end = |n: i64| {
        if n < 0 {
            len.saturating_add(n).max(0)
        } else {
            n
        }
    };
    let (start, end) = (from_end(start), from_end(end).min(len - 1));
    if start > end || len == 0 {
        0..0
    } else {
        start as usize..end as usize + 1
    }
}
