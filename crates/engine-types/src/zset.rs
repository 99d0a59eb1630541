//! Sorted sets: member and score in turn in one listpack while small; when large, one element
//! for each member shared by a tree in order of (score, member) and a trie by member.

mod bounds;
mod large;
mod packed;

use crate::item::{Corrupt, ItemRef};
use crate::limits::Limits;
use crate::listpack::{Listpack, SAFE_LEN_MAX};
use crate::rng::Rng;
pub use bounds::{LexBound, ScoreBound};
use large::Large;
use proto_resp::num::INT_LEN_MAX;
use std::ops::Range;

/// See the module's page. A large one clones in O(1). Scores are never NaN: callers refuse
/// it, as Redis does.
#[derive(Clone)]
pub struct ZSet {
    repr: Repr,
}

#[derive(Clone)]
enum Repr {
    Packed(Listpack),
    Large(Large),
}

impl Default for ZSet {
    fn default() -> Self {
        ZSet::new()
    }
}

impl ZSet {
    pub fn new() -> ZSet {
        ZSet {
            repr: Repr::Packed(Listpack::new()),
        }
    }

    /// A packed sorted set as loaded: refused unless members and numeric scores come in
    /// pairs, in order.
    pub fn from_listpack(pack: Listpack) -> Result<ZSet, Corrupt> {
        packed::validate(&pack)?;
        Ok(ZSet {
            repr: Repr::Packed(pack),
        })
    }

    /// The packed bytes, for saving; `None` when large.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::Packed(pack) => Some(pack),
            Repr::Large(_) => None,
        }
    }

    /// Number of members. O(1).
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.len() / 2,
            Repr::Large(large) => large.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Redis's name: `listpack` or `skiplist`.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) => "listpack",
            Repr::Large(_) => "skiplist",
        }
    }

    /// A member's score. O(1), packed O(n).
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        match &self.repr {
            Repr::Packed(pack) => packed::find(pack, member).map(|(_, score)| score),
            Repr::Large(large) => large.score(member),
        }
    }

    /// Adds a member or changes its score; returns the score it had. O(log n), packed O(n).
    pub fn insert(&mut self, member: &[u8], score: f64, limits: &Limits) -> Option<f64> {
        let pack = match &mut self.repr {
            Repr::Packed(pack) => pack,
            Repr::Large(large) => return large.insert(member, score),
        };
        let found = packed::find(pack, member);
        if let Some((at, old)) = found {
            if old != score {
                pack.remove(at, 2);
                packed::insert(pack, member, score);
            }
            return Some(old);
        }
        if pack.len() / 2 < limits.zset_max_listpack_entries
            && member.len() <= limits.zset_max_listpack_value
            && pack.byte_len() + member.len() <= SAFE_LEN_MAX
        {
            packed::insert(pack, member, score);
        } else {
            let mut large = self.to_large(limits);
            large.insert(member, score);
            self.repr = Repr::Large(large);
        }
        None
    }

    /// Leaves the packed encoding if there are more members, or longer ones, than it may
    /// hold; for sorted sets that were loaded. O(n).
    pub fn fit(&mut self, limits: &Limits) {
        let (most, longest) = (
            limits.zset_max_listpack_entries,
            limits.zset_max_listpack_value,
        );
        if matches!(self.repr, Repr::Packed(_))
            && (self.len() > most || self.iter().any(|(member, _)| member.len() > longest))
        {
            self.repr = Repr::Large(self.to_large(limits));
        }
    }

    fn to_large(&self, limits: &Limits) -> Large {
        let mut large = Large::new(limits.hash_seed);
        let mut text = [0; INT_LEN_MAX];
        for (member, score) in self.iter() {
            large.insert(member.as_bytes(&mut text), score);
        }
        large
    }

    /// Removes a member; returns the score it had. O(log n), packed O(n).
    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        match &mut self.repr {
            Repr::Packed(pack) => {
                let (at, score) = packed::find(pack, member)?;
                pack.remove(at, 2);
                Some(score)
            }
            Repr::Large(large) => large.remove(member),
        }
    }

    /// A member's place in ascending order, from 0, and its score. O(log n), packed O(n).
    /// The place in descending order is `len() - 1 - rank`.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.repr {
            Repr::Packed(pack) => packed::rank(pack, member),
            Repr::Large(large) => large.rank(member),
        }
    }

    /// The member at a rank. O(log n), packed O(n).
    pub fn nth(&self, rank: usize) -> Option<(ItemRef<'_>, f64)> {
        self.range(rank..rank.saturating_add(1)).next()
    }

    /// A member chosen uniformly. As [`Self::nth`].
    pub fn random(&self, rng: &mut Rng) -> Option<(ItemRef<'_>, f64)> {
        self.nth(rng.below(self.len()))
    }

    /// All members in ascending order; reversible.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// The members at these ranks, ascending; reversible. O(log n) to begin, then O(1) each.
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        let len = self.len();
        let end = ranks.end.min(len);
        let start = ranks.start.min(end);
        let repr = match &self.repr {
            Repr::Packed(pack) => IterRepr::Packed(packed::range(pack, start, end)),
            Repr::Large(large) => IterRepr::Large(large.range(start, end)),
        };
        Iter {
            repr,
            left: end - start,
        }
    }

    /// The ranks of the members with scores within the bounds. O(log n), packed O(n).
    /// Its length is ZCOUNT; [`Self::range`] of it, reversed or not, is ZRANGEBYSCORE.
    pub fn ranks_by_score(&self, min: ScoreBound, max: ScoreBound) -> Range<usize> {
        let start = self.partition(|_, score| min.is_above(score));
        let end = self.partition(|_, score| !max.is_below(score));
        start..end.max(start)
    }

    /// The ranks of the members within the bounds in order of bytes, for sorted sets whose
    /// scores are all equal. O(log n), packed O(n).
    pub fn ranks_by_lex(&self, min: LexBound<'_>, max: LexBound<'_>) -> Range<usize> {
        let start = self.partition(|member, _| min.is_above(member));
        let end = self.partition(|member, _| !max.is_below(member));
        start..end.max(start)
    }

    /// How many members at the front fulfil `before`, which no member does behind one that
    /// does not.
    fn partition(&self, before: impl Fn(&[u8], f64) -> bool) -> usize {
        match &self.repr {
            Repr::Packed(pack) => packed::partition(pack, before),
            Repr::Large(large) => large.partition(before),
        }
    }

    /// Removes the members at these ranks, handing each to `removed`. Returns how many.
    /// O(log n + members removed).
    pub fn remove_range(
        &mut self,
        ranks: Range<usize>,
        mut removed: impl FnMut(ItemRef<'_>, f64),
    ) -> usize {
        let end = ranks.end.min(self.len());
        let count = end.saturating_sub(ranks.start);
        if count == 0 {
            return 0;
        }
        if let Repr::Large(large) = &mut self.repr {
            large.remove_range(ranks.start..end, removed);
            return count;
        }
        self.range(ranks.start..end)
            .for_each(|(member, score)| removed(member, score));
        if let Repr::Packed(pack) = &mut self.repr
            && let Some(at) = pack.seek(ranks.start as i64 * 2)
        {
            pack.remove(at, count * 2);
        }
        count
    }

    /// Takes the member with the lowest score away. O(log n).
    pub fn pop_min(&mut self) -> Option<(Vec<u8>, f64)> {
        self.pop_at(0)
    }

    /// Takes the member with the highest score away. O(log n).
    pub fn pop_max(&mut self) -> Option<(Vec<u8>, f64)> {
        self.pop_at(self.len().checked_sub(1)?)
    }

    fn pop_at(&mut self, rank: usize) -> Option<(Vec<u8>, f64)> {
        let (member, score) = self.nth(rank)?;
        let member = member.to_vec();
        self.remove_range(rank..rank + 1, |_, _| ());
        Some((member, score))
    }

    /// Hands about `count` members from `cursor` on to `emit` and returns the next cursor, 0
    /// at the end. A packed one is handed out whole, as in Redis.
    ///
    /// A member that is present from the call with cursor 0 to the one that returns 0 is
    /// handed out at least once, whatever else changes between the calls.
    pub fn scan(&self, cursor: u64, count: usize, mut emit: impl FnMut(ItemRef<'_>, f64)) -> u64 {
        match &self.repr {
            Repr::Packed(_) => {
                self.iter().for_each(|(member, score)| emit(member, score));
                0
            }
            Repr::Large(large) => large.scan(cursor, count, emit),
        }
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.byte_capacity(),
            Repr::Large(large) => large.memory_bytes(),
        }
    }

    /// How much work freeing it is, in elements: 1 when packed, as in Redis.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Packed(_) => 1,
            Repr::Large(large) => large.len(),
        }
    }
}

impl std::fmt::Debug for ZSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Members with their scores, from either end.
#[derive(Clone)]
pub struct Iter<'a> {
    repr: IterRepr<'a>,
    left: usize,
}

#[derive(Clone)]
enum IterRepr<'a> {
    Packed(packed::Iter<'a>),
    Large(large::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (ItemRef<'a>, f64);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.repr {
            IterRepr::Packed(iter) => iter.next(),
            IterRepr::Large(iter) => iter.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.repr {
            IterRepr::Packed(iter) => iter.next_back(),
            IterRepr::Large(iter) => iter.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
