//! When fields expire: beside the pairs, in order of time, and only in hashes that have had such a field.

use super::{Hash, Iter};
use crate::item::ItemRef;
use crate::limits::Limits;
use crate::rng::Rng;
use crate::zset::{ScoreBound, ZSet};
use proto_resp::num::INT_LEN_MAX;

/// Latest time that a field may expire at, milliseconds of Unix time: what is exact as a score.
pub const FIELD_EXPIRY_MAX_MS: i64 = (1 << 53) - 1;

/// Fields with their times. A sorted set has both orders that are needed, is small while there are few, and clones
/// in O(1) when large.
#[derive(Clone, Default)]
pub(super) struct Times(ZSet);

impl Times {
    fn at(&self, field: &[u8]) -> Option<i64> {
        self.0.score(field).map(|ms| ms as i64)
    }

    fn earliest(&self) -> Option<i64> {
        self.0.nth(0).map(|(_, ms)| ms as i64)
    }

    /// How many fields are due at `now`.
    fn due(&self, now_ms: i64) -> usize {
        if self.earliest().is_none_or(|at| at > now_ms) {
            return 0;
        }
        let range = self.0.ranks_by_score(
            ScoreBound::inclusive(f64::NEG_INFINITY),
            ScoreBound::inclusive(now_ms as f64),
        );
        range.len()
    }

    pub(super) fn forget(&mut self, field: &[u8]) {
        self.0.remove(field);
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.0.memory_bytes()
    }
}

impl Hash {
    /// When a field expires, milliseconds of Unix time; `None` if never, or if it is not there.
    pub fn field_expiry(&self, field: &[u8]) -> Option<i64> {
        self.times.as_ref()?.at(field)
    }

    /// When the first of the fields expires. O(1) or nearly.
    pub fn earliest_field_expiry(&self) -> Option<i64> {
        self.times.as_ref()?.earliest()
    }

    /// Whether some field has had an expiry since the value was made.
    pub fn has_had_field_expiry(&self) -> bool {
        self.times.is_some()
    }

    /// Gives a field another expiry, at most [`FIELD_EXPIRY_MAX_MS`], or none. Nothing happens if there is no such
    /// field. O(log n), in a packed hash O(n).
    pub fn set_field_expiry(&mut self, field: &[u8], at_ms: Option<i64>, limits: &Limits) {
        match at_ms {
            Some(at) if self.contains(field) => {
                let at = at.min(FIELD_EXPIRY_MAX_MS) as f64;
                self.times
                    .get_or_insert_default()
                    .0
                    .insert(field, at, limits);
            }
            _ => self.forget_time(field),
        }
    }

    pub(super) fn forget_time(&mut self, field: &[u8]) {
        if let Some(times) = &mut self.times {
            times.forget(field);
        }
    }

    /// Removes at most `most` of the fields that are due at `now`, earliest first, and returns their names.
    pub fn take_due(&mut self, now_ms: i64, most: usize) -> Vec<Vec<u8>> {
        let Some(times) = &self.times else {
            return Vec::new();
        };
        let due = times.due(now_ms).min(most);
        let names: Vec<_> = times
            .0
            .range(0..due)
            .map(|(name, _)| name.to_vec())
            .collect();
        for name in &names {
            self.remove(name);
        }
        names
    }

    /// The hash as those see it for whom fields that are due at `now` are gone; `None`: everything is there.
    pub fn live(&self, now_ms: Option<i64>) -> Live<'_> {
        let hidden = match (&self.times, now_ms) {
            (Some(times), Some(now)) => times.due(now),
            _ => 0,
        };
        Live {
            hash: self,
            hidden,
            now_ms: now_ms.unwrap_or(i64::MIN),
        }
    }
}

/// A hash without the fields that are due.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    hash: &'a Hash,
    /// Fields that are due.
    hidden: usize,
    now_ms: i64,
}

impl<'a> Live<'a> {
    fn shows(&self, field: ItemRef<'_>) -> bool {
        let mut text = [0; INT_LEN_MAX];
        self.hidden == 0
            || self
                .hash
                .field_expiry(field.as_bytes(&mut text))
                .is_none_or(|at| at > self.now_ms)
    }

    /// Number of fields. O(log n).
    pub fn len(&self) -> usize {
        self.hash.len() - self.hidden
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A field's value. As [`Hash::get`].
    pub fn get(&self, field: &[u8]) -> Option<ItemRef<'a>> {
        if !self.shows(ItemRef::Bytes(field)) {
            return None;
        }
        self.hash.get(field)
    }

    /// Whether there is such a field. As [`Hash::get`].
    pub fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// When a field expires; `None` if it is not there, `Some(None)` if never.
    pub fn expiry(&self, field: &[u8]) -> Option<Option<i64>> {
        self.get(field)?;
        Some(self.hash.field_expiry(field))
    }

    /// All fields and values, in the order of [`Hash::iter`].
    pub fn iter(&self) -> LiveIter<'a> {
        LiveIter {
            pairs: self.hash.iter(),
            live: *self,
        }
    }

    /// The pair with this index in the order of [`Self::iter`]. O(log n), or O(n) in a packed hash or while fields
    /// are due.
    pub fn nth(&self, index: usize) -> Option<(ItemRef<'a>, ItemRef<'a>)> {
        if self.hidden == 0 {
            return self.hash.nth(index);
        }
        self.iter().nth(index)
    }

    /// A field chosen uniformly. As [`Self::nth`].
    pub fn random(&self, rng: &mut Rng) -> Option<(ItemRef<'a>, ItemRef<'a>)> {
        if self.is_empty() {
            return None;
        }
        self.nth(rng.below(self.len()))
    }

    /// As [`Hash::scan`].
    pub fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut emit: impl FnMut(ItemRef<'_>, ItemRef<'_>),
    ) -> u64 {
        self.hash.scan(cursor, count, |field, value| {
            if self.shows(field) {
                emit(field, value);
            }
        })
    }
}

/// Pairs of field and value that are not due.
#[derive(Clone)]
pub struct LiveIter<'a> {
    pairs: Iter<'a>,
    live: Live<'a>,
}

impl<'a> Iterator for LiveIter<'a> {
    type Item = (ItemRef<'a>, ItemRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let live = self.live;
        self.pairs.find(|(field, _)| live.shows(*field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn names(hash: &Hash, now_ms: i64) -> Vec<Vec<u8>> {
        let live = hash.live(Some(now_ms));
        live.iter().map(|(name, _)| name.to_vec()).collect()
    }

    #[test]
    fn fields_are_hidden_from_their_time_on() {
        let limits = Limits::default();
        let mut hash = Hash::new();
        for name in [b"a", b"b", b"c"] {
            hash.set(name, b"v", &limits);
        }
        assert!(!hash.has_had_field_expiry());
        hash.set_field_expiry(b"b", Some(100), &limits);
        hash.set_field_expiry(b"none", Some(5), &limits);
        assert_eq!(hash.earliest_field_expiry(), Some(100));
        assert_eq!(hash.live(Some(99)).len(), 3);
        assert_eq!(names(&hash, 100), [b"a".to_vec(), b"c".to_vec()]);
        assert_eq!(hash.live(Some(100)).get(b"b"), None);
        assert_eq!(hash.live(None).len(), 3);
        assert_eq!(hash.live(Some(99)).expiry(b"b"), Some(Some(100)));
        assert_eq!(hash.live(Some(99)).expiry(b"a"), Some(None));
        // Whoever sets a field takes its time away; whoever keeps it says so.
        hash.set_keeping_expiry(b"b", b"w", &limits);
        assert_eq!(hash.field_expiry(b"b"), Some(100));
        hash.set(b"b", b"w", &limits);
        assert_eq!(hash.field_expiry(b"b"), None);
        assert!(hash.has_had_field_expiry());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn behaves_like_a_map_with_times(
            most in prop_oneof![Just(8usize), Just(200)],
            ops in proptest::collection::vec((0u8..9, 0u8..60, 1i64..50), 0..400),
        ) {
            let limits = Limits { hash_max_listpack_entries: most, ..Limits::default() };
            let (mut hash, mut model) = (Hash::new(), BTreeMap::<Vec<u8>, Option<i64>>::new());
            let mut kept = Vec::new();
            for (op, field, at) in ops {
                let field = field.to_string().into_bytes();
                match op {
                    0..=2 => {
                        hash.set(&field, b"v", &limits);
                        model.insert(field, None);
                    }
                    3 | 4 => {
                        hash.set_field_expiry(&field, Some(at), &limits);
                        model.entry(field).and_modify(|old| *old = Some(at));
                    }
                    5 => {
                        hash.set_field_expiry(&field, None, &limits);
                        model.entry(field).and_modify(|old| *old = None);
                    }
                    6 => prop_assert_eq!(hash.remove(&field), model.remove(&field).is_some()),
                    7 => {
                        let most = field.len() * 3;
                        let taken = hash.take_due(at, most);
                        let due = model.values().flatten().filter(|t| **t <= at).count();
                        prop_assert_eq!(taken.len(), due.min(most));
                        for name in taken {
                            prop_assert!(model.remove(&name).flatten().is_some_and(|t| t <= at));
                        }
                    }
                    _ => if kept.len() < 3 { kept.push((hash.clone(), model.clone())) },
                }
                prop_assert_eq!(hash.earliest_field_expiry(), model.values().flatten().min().copied());
            }
            for (hash, model) in kept.into_iter().chain([(hash, model)]) {
                for now in [0, 20, 60] {
                    let mut seen = names(&hash, now);
                    seen.sort();
                    let want: Vec<_> = model.iter().filter(|(_, t)| t.is_none_or(|t| t > now)).map(|(n, _)| n.clone()).collect();
                    prop_assert_eq!(hash.live(Some(now)).len(), want.len());
                    prop_assert_eq!(seen, want);
                }
                for (name, at) in model {
                    prop_assert_eq!(hash.field_expiry(&name), at);
                }
            }
        }
    }
}
