//! Members of sorted sets as replies.

use crate::items;
use engine_types::ItemRef;
use proto_resp::Reply;

/// The header of so many members: pairs are a flat array in RESP2 and nested ones in RESP3.
pub(crate) fn header(out: &mut Reply<'_>, count: usize, with_scores: bool) {
    let flat = with_scores && !out.resp3();
    out.array(if flat { count.saturating_mul(2) } else { count });
}

/// One of the members behind a [`header`].
pub(crate) fn member(out: &mut Reply<'_>, member: ItemRef<'_>, score: f64, with_scores: bool) {
    if with_scores && out.resp3() {
        out.array(2);
    }
    items::bulk(out, member);
    if with_scores {
        out.double(score);
    }
}

/// An array of members, with their scores if asked for.
pub(crate) fn members<'z>(
    out: &mut Reply<'_>,
    with_scores: bool,
    all: impl ExactSizeIterator<Item = (ItemRef<'z>, f64)>,
) {
    header(out, all.len(), with_scores);
    for (name, score) in all {
        member(out, name, score, with_scores);
    }
}
