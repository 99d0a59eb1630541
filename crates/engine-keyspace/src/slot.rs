//! One hash slot: its keys and who is interested in them. Everything here happens under the slot's lock.

use crate::entry::{Entry, EntryRef};
use crate::hash::KeyHasher;
use crate::snapshot::Snapshots;
use crate::table::{EntryMut, Index, Table, tag};
use crate::waiter::Waiter;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Keys above which a table is split into segments, so that no growth moves more than this many words.
const SEGMENT_KEYS: usize = 1024;
/// Deepest directory: 2^22 segments, 4 billion keys in one slot.
const DEPTH_MAX: u32 = 22;
/// Bits of a SCAN position within a slot: the directory's depth and the tag behind it.
pub const POSITION_BITS: u32 = 38;

/// Someone watches a key of the slot.
pub const WATCHED: u8 = 1;
/// Someone is blocked on a key of the slot.
pub const WAITED: u8 = 2;
/// A client blocked here needs other slots when it is served.
pub const WAITED_WIDE: u8 = 4;
/// A client blocked here is served by the removal of its key, too.
pub const WAITED_REMOVAL: u8 = 8;
/// A client that keeps copies of values has read a key of the slot.
pub const TRACKED: u8 = 16;

/// What few slots have, made when first needed.
#[derive(Debug, Default)]
pub struct Extra {
    /// Per key, the transactions to abort when it changes.
    pub watched: HashMap<Box<[u8]>, Vec<Arc<AtomicBool>>>,
    /// Per key, the blocked clients in order of blocking.
    pub waiting: HashMap<Box<[u8]>, VecDeque<Arc<Waiter>>>,
    /// Per key, the sessions that have read it and are to be told of its next change, in order of their ids.
    pub tracked: HashMap<Box<[u8]>, Vec<u64>>,
    /// The slot is in the node's list of slots with tracked keys.
    pub in_tracked_slots: bool,
    /// The segments of a slot with many keys.
    segments: Option<Directory>,
}

/// Segments by the first bits of the hash (extendible hashing).
#[derive(Debug)]
struct Directory {
    depth: u32,
    /// 2^depth indices into `tables`.
    index: Vec<u32>,
    tables: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    depth: u32,
    /// The snapshot that has all of this segment: a bite begins where the last one ended, not at the first word.
    done: u32,
    table: Table,
}

/// What a slot's lock protects.
#[derive(Debug, Default)]
pub struct SlotData {
    table: Table,
    /// The snapshot that has all of this slot.
    done: u32,
    /// WATCHED, WAITED …: one test on the hot path when nobody is interested.
    pub interest: u8,
    /// Whether the keys are in segments.
    large: bool,
    /// Journal offset after the last change.
    pub last_offset: u64,
    /// No key, and no field of a hash, expires before this time (milliseconds of Unix time); 0 if none expires. Negative while a [`Pass`] is
    /// under way: what it has not seen may be due, and of what was put meanwhile nothing is before its negation.
    earliest_expiry: i64,
    extra: Option<Box<Extra>>,
}

/// A walk over the keys of a slot that expire, in bites. It finds out the earliest expiry for the next one to wait
/// for, whatever comes, goes or moves between the bites.
#[derive(Debug)]
pub struct Pass {
    /// Where it stands, in hash order; 0 before it begins and after it has ended.
    position: u64,
    /// Of those seen that stay; `i64::MAX` if there was none.
    earliest: i64,
}

impl Default for Pass {
    fn default() -> Self {
        Self {
            position: 0,
            earliest: i64::MAX,
        }
    }
}

/// What a change must tell the running snapshot, and under which database.
#[derive(Debug, Clone, Copy)]
pub struct Context<'k> {
    pub snapshots: &'k Snapshots,
    pub hasher: &'k KeyHasher,
    /// The database's identity at the cut.
    pub db: u32,
}

impl SlotData {
    #[inline]
    fn segment(&self, hash: u64) -> (&Table, u32) {
        if !self.large {
            return (&self.table, 0);
        }
        match self.extra.as_ref().and_then(|e| e.segments.as_ref()) {
            Some(directory) => {
                let segment = &directory.tables[directory.at(hash)];
                (&segment.table, segment.depth)
            }
            None => (&self.table, 0),
        }
    }

    #[inline]
    fn segment_mut(&mut self, hash: u64) -> (&mut Table, u32) {
        if self.large
            && let Some(directory) = self.extra.as_mut().and_then(|e| e.segments.as_mut())
        {
            let at = directory.at(hash);
            let segment = &mut directory.tables[at];
            return (&mut segment.table, segment.depth);
        }
        (&mut self.table, 0)
    }

    fn tables(&self) -> impl Iterator<Item = &Table> {
        let segments = self.extra.as_ref().and_then(|e| e.segments.as_ref());
        std::iter::once(&self.table).chain(
            segments
                .into_iter()
                .flat_map(|d| d.tables.iter().map(|s| &s.table)),
        )
    }

    /// Keys in the slot.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.large {
            self.tables().map(Table::len).sum()
        } else {
            self.table.len()
        }
    }

    /// Whether the slot has no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Address of the table word where a search begins, for prefetching.
    #[inline]
    #[must_use]
    pub fn word_address(&self, hash: u64) -> *const u64 {
        let (table, depth) = self.segment(hash);
        table.home_address(tag(hash, depth))
    }

    /// Address of the entry that a search will look at, for prefetching.
    #[inline]
    #[must_use]
    pub fn entry_address(&self, hash: u64) -> *const u8 {
        let (table, depth) = self.segment(hash);
        table.entry_address(tag(hash, depth))
    }

    /// The entry of a key.
    #[inline]
    #[must_use]
    pub fn get(&self, hash: u64, key: &[u8]) -> Option<EntryRef<'_>> {
        let (table, depth) = self.segment(hash);
        table
            .find(tag(hash, depth), key)
            .map(|index| table.entry(index))
    }

    /// The entry of a key, for changing: the running snapshot has it before this returns.
    pub fn get_mut(&mut self, hash: u64, key: &[u8], cx: Context<'_>) -> Option<EntryMut<'_>> {
        let done = self.done;
        let (table, depth) = self.segment_mut(hash);
        let index = table.find(tag(hash, depth), key)?;
        preserve(table, index, done, cx);
        Some(table.entry_mut(index))
    }

    /// Puts an entry in, in the place of one with the same key; the old one is handed back.
    pub fn put(&mut self, hash: u64, entry: Entry, cx: Context<'_>) -> Option<Entry> {
        self.note_expiry(entry.view().next_due());
        let (done, now) = (self.done, cx.snapshots.now());
        let (table, depth) = self.segment_mut(hash);
        let tag = tag(hash, depth);
        if let Some(index) = table.find(tag, entry.view().key()) {
            preserve(table, index, done, cx);
            return Some(table.replace(index, entry));
        }
        let unsaved = now != 0 && done != now;
        if unsaved {
            table.begin_snapshot(now);
        }
        table.insert(tag, entry, unsaved);
        if table.len() > SEGMENT_KEYS && depth < DEPTH_MAX {
            self.split(hash, cx.hasher);
        }
        None
    }

    /// Takes a key out.
    pub fn remove(&mut self, hash: u64, key: &[u8], cx: Context<'_>) -> Option<Entry> {
        let done = self.done;
        let (table, depth) = self.segment_mut(hash);
        let index = table.find(tag(hash, depth), key)?;
        preserve(table, index, done, cx);
        Some(table.remove(index))
    }

    /// Takes all keys out (FLUSHALL, SWAPDB, a load). Watchers and waiters stay.
    #[must_use]
    pub fn take_keys(&mut self) -> Keys {
        self.earliest_expiry = 0;
        self.large = false;
        Keys {
            table: std::mem::take(&mut self.table),
            segments: self.extra.as_mut().and_then(|e| e.segments.take()),
            done: std::mem::take(&mut self.done),
        }
    }

    /// Puts the keys of another slot content in; this slot must have none.
    pub fn put_keys(&mut self, keys: Keys) {
        debug_assert!(self.is_empty());
        self.table = keys.table;
        self.done = keys.done;
        self.large = keys.segments.is_some();
        // A lower bound that is always true; the next sweep makes it tight.
        self.earliest_expiry = 1;
        if let Some(segments) = keys.segments {
            self.extra_mut().segments = Some(segments);
        }
    }

    /// Remembers that a key or a field of one expires at this time.
    pub fn note_expiry(&mut self, at: Option<i64>) {
        let Some(at) = at.map(|at| at.max(1)) else {
            return;
        };
        self.earliest_expiry = match self.earliest_expiry {
            0 => at,
            earliest if earliest < 0 => earliest.max(-at),
            earliest => earliest.min(at),
        };
    }

    /// Whether a key may be due at `now`; one that is not needs no look at its keys.
    #[inline]
    #[must_use]
    pub fn may_be_due(&self, now: i64) -> bool {
        self.earliest_expiry != 0 && self.earliest_expiry <= now
    }

    /// Whether there may be keys that expire.
    #[must_use]
    pub fn may_expire(&self) -> bool {
        self.earliest_expiry != 0
    }

    /// Watched keys and waiters, if there were any.
    #[must_use]
    pub fn extra(&self) -> Option<&Extra> {
        self.extra.as_deref()
    }

    /// Watched keys and waiters, made if need be.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// All entries of the slot.
    pub fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.tables().flat_map(Table::iter)
    }

    /// A key chosen at random, each with the same chance; `None` if the slot is empty.
    pub fn random(&self, mut random: impl FnMut() -> u32) -> Option<EntryRef<'_>> {
        if self.is_empty() {
            return None;
        }
        let tables: Vec<&Table> = self.tables().filter(|t| !t.is_empty()).collect();
        let words: u64 = tables.iter().map(|t| t.words_bytes() as u64).sum();
        loop {
            let mut at = (u64::from(random()) * words) >> 32;
            for table in &tables {
                if at < table.words_bytes() as u64 {
                    if let Some(entry) = table.at_random(random()) {
                        return Some(entry);
                    }
                    break;
                }
                at -= table.words_bytes() as u64;
            }
        }
    }

    /// Gives entries from `position` on, in hash order, at least `count` if there are so many; the position to go
    /// on from, or `None` at the end. What is in the slot throughout is given, however the table changes between
    /// calls.
    pub fn scan(
        &self,
        position: u64,
        count: usize,
        mut each: impl FnMut(EntryRef<'_>),
    ) -> Option<u64> {
        let (mut position, mut given) = (position, 0);
        loop {
            let hash = position << (64 - POSITION_BITS);
            let (table, depth) = self.segment(hash);
            let next = table.scan(tag(hash, depth), count.saturating_sub(given), |entry| {
                given += 1;
                each(entry);
            });
            position = position_after(hash, depth, next);
            if position >> POSITION_BITS != 0 {
                return None;
            }
            if given >= count.max(1) {
                return Some(position);
            }
        }
    }

    /// Goes on with a pass: keys that are due at `now`, or of which fields are, are put into `due` and must be removed by the caller, under
    /// the same lock. `words` table words at most are looked at. How many keys that expire were seen, and whether
    /// the pass has ended.
    pub fn due(
        &mut self,
        now: i64,
        pass: &mut Pass,
        words: usize,
        due: &mut Vec<Box<[u8]>>,
    ) -> (usize, bool) {
        // The keys may have been exchanged meanwhile (`put_keys`): then it begins again.
        if pass.position == 0 || self.earliest_expiry >= 0 {
            *pass = Pass::default();
            if !self.may_be_due(now) {
                return (0, true);
            }
            self.earliest_expiry = -i64::MAX;
        }
        let (mut seen, mut left, mut earliest) = (0, words.max(1), pass.earliest);
        loop {
            let hash = pass.position << (64 - POSITION_BITS);
            let (table, depth) = self.segment(hash);
            let next = table.scan_expiring(tag(hash, depth), &mut left, |entry| {
                seen += 1;
                match entry.next_due() {
                    Some(at) if at <= now => due.push(entry.key().into()),
                    Some(at) => earliest = earliest.min(at),
                    None => {}
                }
            });
            pass.position = position_after(hash, depth, next);
            if pass.position >> POSITION_BITS != 0 {
                break;
            }
            if left == 0 {
                pass.earliest = earliest;
                return (seen, false);
            }
        }
        *pass = Pass::default();
        let earliest = earliest.min(-self.earliest_expiry);
        self.earliest_expiry = if earliest == i64::MAX { 0 } else { earliest };
        (seen, true)
    }

    /// Gives at most `count` neighbouring keys from a random place on, of those that expire if `expiring`; each
    /// place is as likely as any other. There may be none there though the slot has some.
    pub fn sample(
        &self,
        random: u64,
        count: usize,
        expiring: bool,
        each: impl FnMut(EntryRef<'_>),
    ) {
        // Segments share the hashes as they share the keys.
        let (table, _) = self.segment(random);
        table.sample(random as u32, count, expiring, each);
    }

    /// Gives unsaved entries to the running snapshot until `each` returns false; whether the slot is done.
    pub fn save_rest(&mut self, now: u32, mut each: impl FnMut(EntryRef<'_>) -> bool) -> bool {
        if self.done == now {
            return true;
        }
        let directory = self.extra.as_mut().and_then(|e| e.segments.as_mut());
        if !save_tables(&mut self.table, directory, now, &mut each) {
            return false;
        }
        self.done = now;
        true
    }

    /// Bytes of tables, without entries.
    #[must_use]
    pub fn words_bytes(&self) -> usize {
        self.tables().map(Table::words_bytes).sum()
    }

    fn split(&mut self, hash: u64, hasher: &KeyHasher) {
        if !self.large {
            let table = std::mem::take(&mut self.table);
            let directory = Directory {
                depth: 0,
                index: vec![0],
                tables: vec![Segment {
                    depth: 0,
                    done: 0,
                    table,
                }],
            };
            self.extra_mut().segments = Some(directory);
            self.large = true;
        }
        if let Some(directory) = self.extra.as_mut().and_then(|e| e.segments.as_mut()) {
            directory.split(hash, hasher);
        }
    }
}

impl Directory {
    fn at(&self, hash: u64) -> usize {
        let place = if self.depth == 0 {
            0
        } else {
            hash >> (64 - self.depth)
        };
        self.index[place as usize] as usize
    }

    fn split(&mut self, hash: u64, hasher: &KeyHasher) {
        let at = self.at(hash);
        let depth = self.tables[at].depth;
        if depth == self.depth {
            self.index = self.index.iter().flat_map(|i| [*i, *i]).collect();
            self.depth += 1;
        }
        let high = self.tables[at].table.split(depth, |key| hasher.hash(key));
        self.tables[at].depth = depth + 1;
        let new = self.tables.len() as u32;
        self.tables.push(Segment {
            depth: depth + 1,
            done: self.tables[at].done,
            table: high,
        });
        // Of the places that led to the old segment, the upper half lead to the new one.
        let span = 1usize << (self.depth - depth);
        let first = if depth == 0 {
            0
        } else {
            ((hash >> (64 - depth)) as usize) * span
        };
        for place in &mut self.index[first + span / 2..first + span] {
            *place = new;
        }
    }
}

/// The position to go on from after a look at the table of a hash, `depth` bits deep, that ended before the tag
/// `next` or at the table's end. Positions count the hash's first 38 bits: `depth` of the directory, then the tag.
fn position_after(hash: u64, depth: u32, next: Option<u16>) -> u64 {
    let prefix = if depth == 0 {
        0
    } else {
        (hash >> (64 - depth)) << (POSITION_BITS - depth)
    };
    match next {
        Some(tag) => prefix | u64::from(tag) << (POSITION_BITS - depth - 16),
        None => prefix + (1u64 << (POSITION_BITS - depth)),
    }
}

/// The keys of a slot, taken out of it.
#[derive(Debug, Default)]
pub struct Keys {
    table: Table,
    segments: Option<Directory>,
    done: u32,
}

impl Keys {
    /// Keys in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
            + self
                .segments
                .as_ref()
                .map_or(0, |d| d.tables.iter().map(|s| s.table.len()).sum())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        let segments = self
            .segments
            .iter()
            .flat_map(|d| d.tables.iter().map(|s| &s.table));
        std::iter::once(&self.table)
            .chain(segments)
            .flat_map(Table::iter)
    }

    /// Gives entries that snapshot `now` has not yet, until `each` returns false; whether all are saved.
    pub fn save_rest(&mut self, now: u32, mut each: impl FnMut(EntryRef<'_>) -> bool) -> bool {
        if self.done == now {
            return true;
        }
        if !save_tables(&mut self.table, self.segments.as_mut(), now, &mut each) {
            return false;
        }
        self.done = now;
        true
    }
}

/// Gives what snapshot `now` has not yet of a slot's tables, until `each` returns false; whether all is saved.
fn save_tables(
    table: &mut Table,
    directory: Option<&mut Directory>,
    now: u32,
    each: &mut impl FnMut(EntryRef<'_>) -> bool,
) -> bool {
    table.begin_snapshot(now);
    if !table.save_rest(&mut *each) {
        return false;
    }
    let segments = directory.into_iter().flat_map(|d| &mut d.tables);
    for segment in segments.filter(|s| s.done != now) {
        segment.table.begin_snapshot(now);
        if !segment.table.save_rest(&mut *each) {
            return false;
        }
        segment.done = now;
    }
    true
}

/// Gives the entry to the running snapshot unless it has it.
#[inline]
fn preserve(table: &mut Table, index: Index, done: u32, cx: Context<'_>) {
    let now = cx.snapshots.now();
    if now != 0 && done != now {
        table.begin_snapshot(now);
        if !table.mark_saved(index) {
            cx.snapshots.keep(cx.db, table.entry(index).duplicate());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::NewValue;
    use crate::snapshot::PreImages;
    use parking_lot::Mutex;
    use std::collections::HashSet;

    struct Fixture {
        slot: SlotData,
        snapshots: Snapshots,
        hasher: KeyHasher,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                slot: SlotData::default(),
                snapshots: Snapshots::default(),
                hasher: KeyHasher::new(7),
            }
        }
        fn put(&mut self, key: &[u8], value: &[u8]) {
            let cx = Context {
                snapshots: &self.snapshots,
                hasher: &self.hasher,
                db: 0,
            };
            self.slot.put(
                self.hasher.hash(key),
                Entry::new(key, NewValue::Bytes(value), None, 0),
                cx,
            );
        }
        fn remove(&mut self, key: &[u8]) -> bool {
            let cx = Context {
                snapshots: &self.snapshots,
                hasher: &self.hasher,
                db: 0,
            };
            self.slot.remove(self.hasher.hash(key), key, cx).is_some()
        }
        fn has(&self, key: &[u8]) -> bool {
            self.slot.get(self.hasher.hash(key), key).is_some()
        }
    }

    fn key(n: usize) -> Vec<u8> {
        format!("key:{n}").into_bytes()
    }

    #[test]
    fn keys_come_and_go_across_all_sizes() {
        let mut f = Fixture::new();
        for n in 0..20_000 {
            f.put(&key(n), b"v");
        }
        assert_eq!(f.slot.len(), 20_000);
        for n in (0..20_000).step_by(2) {
            assert!(f.remove(&key(n)), "{n}");
        }
        for n in 0..20_000 {
            assert_eq!(f.has(&key(n)), n % 2 == 1, "{n}");
        }
        assert_eq!(f.slot.iter().count(), 10_000);
    }

    #[test]
    fn a_scan_gives_all_that_stays_while_the_table_grows_and_shrinks() {
        let mut f = Fixture::new();
        for n in 0..3000 {
            f.put(&key(n), b"v");
        }
        let (mut seen, mut position, mut step) = (HashSet::new(), Some(0), 0);
        while let Some(at) = position {
            position = f.slot.scan(at, 10, |e| {
                seen.insert(e.key().to_vec());
            });
            // Keys 0–999 stay; others come and go while the scan runs.
            step += 1;
            for n in 0..40 {
                f.put(&key(10_000 + step * 40 + n), b"v");
            }
            f.remove(&key(1000 + step * 7 % 2000));
        }
        for n in 0..1000 {
            assert!(seen.contains(&key(n)), "key {n} was not given");
        }
    }

    #[test]
    fn a_scan_of_a_quiet_slot_gives_each_key_once() {
        let mut f = Fixture::new();
        for n in 0..5000 {
            f.put(&key(n), b"v");
        }
        let (mut seen, mut position) = (Vec::new(), Some(0));
        while let Some(at) = position {
            position = f.slot.scan(at, 1, |e| seen.push(e.key().to_vec()));
        }
        assert_eq!(seen.len(), 5000);
        assert_eq!(seen.into_iter().collect::<HashSet<_>>().len(), 5000);
    }

    struct Kept(Mutex<Vec<(Vec<u8>, String)>>);
    impl PreImages for Kept {
        fn keep(&self, _: u32, entry: Entry) {
            self.0.lock().push((
                entry.view().key().to_vec(),
                format!("{:?}", entry.view().value()),
            ));
        }
    }

    #[test]
    fn a_snapshot_has_each_entry_as_it_was_at_the_cut() {
        let mut f = Fixture::new();
        for n in 0..9000 {
            f.put(&key(n), b"old");
        }
        for round in 0..3 {
            let want: HashSet<_> = f
                .slot
                .iter()
                .map(|e| (e.key().to_vec(), format!("{:?}", e.value())))
                .collect();
            let kept = Arc::new(Kept(Mutex::new(Vec::new())));
            let now = f.snapshots.begin(kept.clone());
            let mut bites = 0;
            loop {
                // Writers change, remove and add between the walker's bites.
                f.put(&key(bites * 3), format!("new{round}").as_bytes());
                f.remove(&key(1500 + bites));
                f.put(&key(100_000 + bites * 1000 + round), b"later");
                let mut left = 50;
                let done = f.slot.save_rest(now, |e| {
                    kept.keep(0, e.duplicate());
                    left -= 1;
                    left > 0
                });
                bites += 1;
                if done {
                    break;
                }
            }
            f.snapshots.end();
            let got = std::mem::take(&mut *kept.0.lock());
            assert_eq!(
                got.len(),
                want.len(),
                "round {round}: something saved twice or not at all"
            );
            assert_eq!(got.into_iter().collect::<HashSet<_>>(), want);
        }
    }

    /// Puts keys with random expiries, removes, and walks in bites meanwhile: a pass that has ended has given all
    /// that was due when it began, and the slot's bound is never above the truth.
    #[test]
    fn passes_find_all_that_is_due_however_the_slot_changes() {
        let mut random = 1u64;
        let mut below = move |n: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        let mut f = Fixture::new();
        let mut alive: std::collections::BTreeMap<Vec<u8>, Option<i64>> =
            std::collections::BTreeMap::new();
        let (mut now, mut pass, mut due) = (1_000i64, Pass::default(), Vec::new());
        let mut missing: HashSet<Vec<u8>> = HashSet::new();
        for step in 0..5_000u64 {
            for _ in 0..below(5) {
                let key = format!("key:{}", below(4000)).into_bytes();
                let at = (below(3) > 0).then(|| now + 1 + below(3000) as i64);
                let cx = Context {
                    snapshots: &f.snapshots,
                    hasher: &f.hasher,
                    db: 0,
                };
                f.slot.put(
                    f.hasher.hash(&key),
                    Entry::new(&key, NewValue::Int(1), at, 0),
                    cx,
                );
                alive.insert(key.clone(), at);
                missing.remove(&key);
            }
            if below(8) == 0
                && let Some(key) = alive
                    .keys()
                    .nth(below(alive.len() as u64) as usize)
                    .cloned()
            {
                assert!(f.remove(&key));
                alive.remove(&key);
                missing.remove(&key);
            }
            if pass.position == 0 {
                missing = alive
                    .iter()
                    .filter(|(_, at)| at.is_some_and(|at| at <= now))
                    .map(|(k, _)| k.clone())
                    .collect();
            }
            due.clear();
            let (_, ended) = f.slot.due(now, &mut pass, 1 + below(64) as usize, &mut due);
            for key in &due {
                assert!(alive.remove(&**key).flatten().is_some_and(|at| at <= now));
                assert!(f.remove(key));
                missing.remove(&**key);
            }
            let first = alive.values().flatten().min().copied();
            if ended {
                assert!(missing.is_empty(), "step {step}: {missing:?}");
                assert!(
                    first.is_none_or(|first| f.slot.may_be_due(first)),
                    "step {step}"
                );
            }
            now += below(3) as i64;
        }
        assert!(
            alive.len() > SEGMENT_KEYS,
            "the slot was not large: {}",
            alive.len()
        );
    }

    #[test]
    fn samples_are_of_keys_that_are_wanted() {
        let mut f = Fixture::new();
        assert!(!f.slot.may_expire());
        for n in 0..5000 {
            let key = format!("key:{n}").into_bytes();
            let at = (n % 10 == 0).then_some(7_000 + n);
            let cx = Context {
                snapshots: &f.snapshots,
                hasher: &f.hasher,
                db: 0,
            };
            f.slot.put(
                f.hasher.hash(&key),
                Entry::new(&key, NewValue::Int(n), at, 0),
                cx,
            );
        }
        let mut seen: std::collections::HashMap<i64, usize> = std::collections::HashMap::new();
        for n in 0..20_000u64 {
            let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mut count = 0;
            f.slot.sample(random ^ random >> 29, 5, true, |entry| {
                count += 1;
                *seen.entry(entry.expire_at().unwrap()).or_default() += 1;
            });
            assert!(count <= 5);
        }
        assert_eq!(seen.len(), 500);
        let all = |n: &usize| (5..1000).contains(n);
        assert!(seen.values().all(all), "{seen:?}");
    }
}
