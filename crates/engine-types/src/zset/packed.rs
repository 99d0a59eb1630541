//! The packed sorted set: `member score member score …` in ascending order, a score being an
//! integer where it is one and else its shortest text, as Redis packs it.

use super::bounds::order;
use crate::item::{Corrupt, ItemRef};
use crate::listpack::{self, Listpack};
use proto_resp::num::{FLOAT_LEN_MAX, INT_LEN_MAX, f64_as_i64, format_f64, parse_f64};

fn score_of(item: ItemRef<'_>) -> f64 {
    match item {
        ItemRef::Int(int) => int as f64,
        ItemRef::Bytes(text) => parse_f64(text).unwrap_or(0.0),
    }
}

/// Whether a loaded listpack is a sorted set.
pub(super) fn validate(pack: &Listpack) -> Result<(), Corrupt> {
    let mut iter = pack.iter();
    let mut previous: Option<(f64, ItemRef<'_>)> = None;
    while let Some(member) = iter.next() {
        let score = match iter.next().ok_or(Corrupt)? {
            ItemRef::Int(int) => int as f64,
            ItemRef::Bytes(text) => parse_f64(text).ok_or(Corrupt)?,
        };
        if let Some((before, item)) = previous {
            let (mut left, mut right) = ([0; INT_LEN_MAX], [0; INT_LEN_MAX]);
            let sorted = order(
                (before, item.as_bytes(&mut left)),
                (score, member.as_bytes(&mut right)),
            );
            if sorted.is_ge() {
                return Err(Corrupt);
            }
        }
        previous = Some((score, member));
    }
    Ok(())
}

/// Offset and score of a member.
pub(super) fn find(pack: &Listpack, member: &[u8]) -> Option<(usize, f64)> {
    let at = pack.find(pack.first()?, member, 1)?;
    Some((at, score_of(pack.get(pack.next(at)?)?)))
}

/// Adds a member that is not there at its place.
pub(super) fn insert(pack: &mut Listpack, member: &[u8], score: f64) {
    let rank = partition(pack, |there, its| {
        order((its, there), (score, member)).is_lt()
    });
    let at = pack.seek(rank as i64 * 2).unwrap_or(pack.end());
    let mut text = [0; FLOAT_LEN_MAX];
    let packed_score = match f64_as_i64(score) {
        Some(int) => ItemRef::Int(int),
        None => ItemRef::Bytes(format_f64(score, &mut text)),
    };
    // The score first, so that the member pushes it to its place behind.
    if pack.insert(at, packed_score) && !pack.insert(at, member.into()) {
        pack.remove(at, 1);
    }
}

pub(super) fn rank(pack: &Listpack, member: &[u8]) -> Option<(usize, f64)> {
    let (at, score) = find(pack, member)?;
    Some((pack.iter_until(at).count() / 2, score))
}

/// How many members at the front fulfil `before`.
pub(super) fn partition(pack: &Listpack, before: impl Fn(&[u8], f64) -> bool) -> usize {
    let mut buffer = [0; INT_LEN_MAX];
    let pairs = Iter { iter: pack.iter() };
    pairs
        .take_while(|(member, score)| before(member.as_bytes(&mut buffer), *score))
        .count()
}

pub(super) fn range(pack: &Listpack, start: usize, end: usize) -> Iter<'_> {
    let offset = |rank: usize| pack.seek(rank as i64 * 2).unwrap_or(pack.end());
    Iter {
        iter: pack.iter_from(offset(start)).take_until(offset(end)),
    }
}

/// Members with their scores.
#[derive(Clone)]
pub(super) struct Iter<'a> {
    iter: listpack::Iter<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (ItemRef<'a>, f64);

    fn next(&mut self) -> Option<Self::Item> {
        let member = self.iter.next()?;
        Some((member, score_of(self.iter.next()?)))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let score = score_of(self.iter.next_back()?);
        Some((self.iter.next_back()?, score))
    }
}
