//! A flat table of entries: one 8-byte word a key, open addressing.
//!
//! ```text
//! word: hash tag 16 bits │ address of the entry 45 bits (bits 3–47) │ TTL │ spare │ SAVED
//!       0 = never used, 1 = removed
//! ```
//! The tag is the first 16 bits of the key's hash that the table's place in a directory has not used up, and
//! the home of a word is `tag · capacity / 2^16`. So a table can be rebuilt, grown by any factor, and walked in
//! hash order without touching an entry, and a SCAN cursor (a position in hash order) survives every rebuild.
#![allow(
    unsafe_code,
    reason = "words hold tagged pointers; prefetching needs to see them"
)]

use crate::entry::{Entry, EntryRef};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// Bit of a word: its entry is in the running snapshot, or younger than its cut.
pub const SAVED: u64 = 1;
/// Bit of a word: its entry has an expiry.
pub const TTL: u64 = 4;
const FLAGS: u64 = 7;
const ADDR: u64 = 0x0000_ffff_ffff_fff8;
const TAG: u64 = 0xffff_0000_0000_0000;
const EMPTY: u64 = 0;
const REMOVED: u64 = 1;

/// Smallest capacity, words: one cache line.
const CAP_MIN: u32 = 8;

/// Where an entry stands in a table; valid until the table is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index(u32);

/// The words of one slot, or of one segment of a large slot.
#[derive(Debug)]
pub struct Table {
    words: NonNull<u64>,
    cap: u32,
    len: u32,
    /// Words that are not EMPTY.
    used: u32,
    /// The snapshot whose SAVED bits stand in the words.
    pub begun: u32,
}

// SAFETY: a table owns its words and, through them, its entries.
unsafe impl Send for Table {}
// SAFETY: shared access only reads.
unsafe impl Sync for Table {}

impl Default for Table {
    fn default() -> Self {
        Self {
            words: NonNull::dangling(),
            cap: 0,
            len: 0,
            used: 0,
            begun: 0,
        }
    }
}

/// The tag of a hash in a table that stands `depth` bits deep in a directory.
#[inline]
#[must_use]
pub fn tag(hash: u64, depth: u32) -> u16 {
    ((hash << depth) >> 48) as u16
}

fn is_entry(word: u64) -> bool {
    word > REMOVED
}

impl Table {
    /// Keys in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the table holds no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of the words.
    #[must_use]
    pub fn words_bytes(&self) -> usize {
        self.cap as usize * 8
    }

    #[inline]
    fn slice(&self) -> &[u64] {
        // SAFETY: `words` holds `cap` initialised words (or dangles with cap 0).
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.cap as usize) }
    }

    #[inline]
    fn slice_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above, and `&mut self` is the only access.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_ptr(), self.cap as usize) }
    }

    #[inline]
    fn home(&self, tag: u16) -> usize {
        ((u64::from(tag) * u64::from(self.cap)) >> 16) as usize
    }

    /// The word where the search for a tag begins, for prefetching; null if the table has none.
    #[must_use]
    pub fn home_address(&self, tag: u16) -> *const u64 {
        if self.cap == 0 {
            std::ptr::null()
        } else {
            &raw const self.slice()[self.home(tag)]
        }
    }

    /// The first entry address that fits a tag, for prefetching; null if there is none.
    #[must_use]
    pub fn entry_address(&self, tag: u16) -> *const u8 {
        let words = self.slice();
        if words.is_empty() {
            return std::ptr::null();
        }
        let want = u64::from(tag) << 48;
        let mut at = self.home(tag);
        for _ in 0..8 {
            let word = words[at];
            if word == EMPTY {
                break;
            }
            if word & TAG == want && is_entry(word) {
                return (word & ADDR) as *const u8;
            }
            at = if at + 1 == words.len() { 0 } else { at + 1 };
        }
        std::ptr::null()
    }

    /// Owner's handle of a word's entry, not to be dropped.
    fn owned(word: u64) -> ManuallyDrop<Entry> {
        debug_assert!(is_entry(word));
        // SAFETY: the address in a used word came from `into_addr`; the table stays its owner.
        ManuallyDrop::new(unsafe { Entry::from_addr(word & ADDR) })
    }

    /// A word's entry, borrowed; callers bind the lifetime to the table's.
    #[inline]
    fn borrowed<'t>(word: u64) -> EntryRef<'t> {
        debug_assert!(is_entry(word));
        // SAFETY: as above; every public function that returns one ties `'t` to `&self`.
        unsafe { EntryRef::from_addr(word & ADDR) }
    }

    /// Finds a key.
    #[inline]
    #[must_use]
    pub fn find(&self, tag: u16, key: &[u8]) -> Option<Index> {
        let words = self.slice();
        if words.is_empty() {
            return None;
        }
        let want = u64::from(tag) << 48;
        let mut at = self.home(tag);
        loop {
            let word = words[at];
            if word == EMPTY {
                return None;
            }
            if word & TAG == want && is_entry(word) && Self::borrowed(word).key() == key {
                return Some(Index(at as u32));
            }
            at = if at + 1 == words.len() { 0 } else { at + 1 };
        }
    }

    /// The entry at an index.
    #[inline]
    #[must_use]
    pub fn entry(&self, index: Index) -> EntryRef<'_> {
        Self::borrowed(self.slice()[index.0 as usize])
    }

    /// The entry at an index, for changing in place. The caller has dealt with the snapshot first.
    pub fn entry_mut(&mut self, index: Index) -> EntryMut<'_> {
        EntryMut::new(&mut self.slice_mut()[index.0 as usize])
    }

    /// Puts a new entry in; its key must not be in the table.
    pub fn insert(&mut self, tag: u16, entry: Entry, saved: bool) -> Index {
        if (self.used + 1) * 5 > self.cap * 4 {
            self.rebuild(self.len + 1);
        }
        let mut word = u64::from(tag) << 48;
        if entry.view().next_due().is_some() {
            word |= TTL;
        }
        if saved {
            word |= SAVED;
        }
        self.len += 1;
        self.place(word | entry.into_addr())
    }

    fn place(&mut self, word: u64) -> Index {
        let mut at = self.home((word >> 48) as u16);
        let words = self.slice_mut();
        while is_entry(words[at]) {
            at = if at + 1 == words.len() { 0 } else { at + 1 };
        }
        let fresh = words[at] == EMPTY;
        words[at] = word;
        self.used += u32::from(fresh);
        Index(at as u32)
    }

    /// Takes the entry at an index out.
    pub fn remove(&mut self, index: Index) -> Entry {
        let at = index.0 as usize;
        let words = self.slice_mut();
        let word = words[at];
        let next = if at + 1 == words.len() { 0 } else { at + 1 };
        if words[next] == EMPTY {
            words[at] = EMPTY;
            self.used -= 1;
            self.clear_removed_before(at);
        } else {
            words[at] = REMOVED;
        }
        self.len -= 1;
        // SAFETY: the word held the entry and no longer does.
        let entry = unsafe { Entry::from_addr(word & ADDR) };
        if self.len == 0 {
            self.set_words(0);
        } else if self.cap > CAP_MIN && self.len * 4 < self.cap {
            self.rebuild(self.len);
        }
        entry
    }

    /// Nothing is searched past an EMPTY word, so marks of removal right before one are of no use.
    fn clear_removed_before(&mut self, mut at: usize) {
        let mut freed = 0;
        let words = self.slice_mut();
        loop {
            at = if at == 0 { words.len() - 1 } else { at - 1 };
            if words[at] != REMOVED {
                break;
            }
            words[at] = EMPTY;
            freed += 1;
        }
        self.used -= freed;
    }

    /// Puts another entry, of the same key, in the place of one; gives the old one back.
    pub fn replace(&mut self, index: Index, entry: Entry) -> Entry {
        let ttl = if entry.view().next_due().is_some() {
            TTL
        } else {
            0
        };
        let word = &mut self.slice_mut()[index.0 as usize];
        let old = *word;
        *word = (old & (TAG | (FLAGS & !TTL))) | ttl | entry.into_addr();
        // SAFETY: the word held the old entry and no longer does.
        unsafe { Entry::from_addr(old & ADDR) }
    }

    /// Replaces all words by `cap` empty ones; the entries must have been moved out.
    fn set_words(&mut self, cap: u32) {
        let old = Layout::array::<u64>(self.cap as usize);
        if self.cap > 0
            && let Ok(old) = old
        {
            // SAFETY: allocated below with the same layout.
            unsafe { dealloc(self.words.as_ptr().cast(), old) };
        }
        self.words = NonNull::dangling();
        self.cap = cap;
        self.used = 0;
        if cap > 0 {
            let layout = Layout::array::<u64>(cap as usize).unwrap_or(Layout::new::<u64>());
            // SAFETY: the layout is not empty, and zeroed words are EMPTY words.
            let Some(words) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
                handle_alloc_error(layout)
            };
            self.words = words.cast();
        }
    }

    /// Moves all words to a table made for `len` keys; growth is by half, so that a table is never less
    /// than about half full.
    fn rebuild(&mut self, len: u32) {
        let cap = (len + len / 2 + len / 8).next_multiple_of(8).max(CAP_MIN);
        let mut old = std::mem::take(self);
        self.begun = old.begun;
        self.len = old.len;
        self.set_words(cap);
        for word in old.slice_mut() {
            let word = std::mem::replace(word, EMPTY);
            if is_entry(word) {
                self.place(word);
            }
        }
        old.len = 0;
        old.set_words(0);
    }

    /// Makes the SAVED bits those of snapshot `now`: none is set yet.
    pub fn begin_snapshot(&mut self, now: u32) {
        if self.begun != now {
            self.begun = now;
            for word in self.slice_mut() {
                if is_entry(*word) {
                    *word &= !SAVED;
                }
            }
        }
    }

    /// Whether the entry at an index is in the running snapshot; sets its bit.
    pub fn mark_saved(&mut self, index: Index) -> bool {
        let word = &mut self.slice_mut()[index.0 as usize];
        let was = *word & SAVED != 0;
        *word |= SAVED;
        was
    }

    /// Calls `each` for unsaved entries and marks them, until it returns false; whether all are saved.
    pub fn save_rest(&mut self, mut each: impl FnMut(EntryRef<'_>) -> bool) -> bool {
        for word in self.slice_mut() {
            if is_entry(*word) && *word & SAVED == 0 {
                *word |= SAVED;
                if !each(Self::borrowed(*word)) {
                    return false;
                }
            }
        }
        true
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.slice()
            .iter()
            .filter(|w| is_entry(**w))
            .map(|w| Self::borrowed(*w))
    }

    /// Calls `each` for the entries that expire, or of which fields do, whose tag is at least `from`, in hash order, until `left` home
    /// positions were looked at, which it counts down; the tag to go on from, or `None` at the end.
    pub fn scan_expiring(
        &self,
        from: u16,
        left: &mut usize,
        mut each: impl FnMut(EntryRef<'_>),
    ) -> Option<u16> {
        let mut tag = u32::from(from);
        while self.cap > 0 && tag <= 0xffff && *left > 0 {
            *left -= 1;
            tag = self.scan_home(tag, TTL, &mut each);
        }
        (self.cap > 0 && tag <= 0xffff).then_some(tag as u16)
    }

    /// Calls `each` for at most `count` entries that stand side by side from a random word on, of those that have
    /// an expiry if `expiring`.
    pub fn sample(
        &self,
        random: u32,
        count: usize,
        expiring: bool,
        each: impl FnMut(EntryRef<'_>),
    ) {
        let words = self.slice();
        let start = ((u64::from(random) * words.len() as u64) >> 32) as usize;
        let (before, after) = words.split_at(start.min(words.len()));
        let words = after.iter().chain(before);
        let wanted = words.filter(|word| is_entry(**word) && (!expiring || **word & TTL != 0));
        let entries = wanted.map(|word| Self::borrowed(*word));
        // The bit also stands for fields that expire.
        let entries = entries.filter(|entry| !expiring || entry.expire_at().is_some());
        entries.take(count).for_each(each);
    }

    /// Makes the word of `index` say whether its entry or a field of it has an expiry.
    pub fn sync_ttl(&mut self, index: Index) {
        let word = &mut self.slice_mut()[index.0 as usize];
        let ttl = if Self::borrowed(*word).next_due().is_some() {
            TTL
        } else {
            0
        };
        *word = (*word & !TTL) | ttl;
    }

    /// The entry in a random word, or `None` if the word is unused.
    #[must_use]
    pub fn at_random(&self, random: u32) -> Option<EntryRef<'_>> {
        let words = self.slice();
        if words.is_empty() {
            return None;
        }
        let at = ((u64::from(random) * words.len() as u64) >> 32) as usize;
        is_entry(words[at]).then(|| Self::borrowed(words[at]))
    }

    /// Calls `each` for every entry whose tag is at least `from`, in chunks of whole hash positions, until at
    /// least `count` were given; the tag to go on from, or `None` at the end.
    pub fn scan(&self, from: u16, count: usize, mut each: impl FnMut(EntryRef<'_>)) -> Option<u16> {
        let (mut tag, mut given) = (u32::from(from), 0);
        while self.cap > 0 && tag <= 0xffff {
            tag = self.scan_home(tag, 0, &mut |entry| {
                given += 1;
                each(entry);
            });
            if given >= count {
                break;
            }
        }
        (self.cap > 0 && tag <= 0xffff).then_some(tag as u16)
    }

    /// Calls `each` for the entries with these flags whose tag is at least `tag` and whose home is that of `tag`:
    /// they lie between it and the next EMPTY word. Returns the first tag of the next home.
    fn scan_home(&self, tag: u32, flags: u64, each: &mut impl FnMut(EntryRef<'_>)) -> u32 {
        let words = self.slice();
        let home = self.home(tag as u16);
        let next = ((((home as u64 + 1) << 16).div_ceil(u64::from(self.cap))) as u32).max(tag + 1);
        let mut at = home;
        for _ in 0..words.len() {
            let word = words[at];
            if word == EMPTY {
                break;
            }
            if is_entry(word)
                && word & flags == flags
                && (tag..next).contains(&((word >> 48) as u32))
            {
                each(Self::borrowed(word));
            }
            at = if at + 1 == words.len() { 0 } else { at + 1 };
        }
        next
    }

    /// Splits the table by the next bit of the hash: what has it set moves to the table returned.
    pub fn split(&mut self, depth: u32, hash: impl Fn(&[u8]) -> u64) -> Table {
        let mut low = std::mem::take(self);
        let mut high = Table {
            begun: low.begun,
            ..Table::default()
        };
        self.begun = low.begun;
        for word in low.slice_mut() {
            let word = std::mem::replace(word, EMPTY);
            if !is_entry(word) {
                continue;
            }
            let hash = hash(Self::borrowed(word).key());
            let to = if (hash << depth) >> 63 == 1 {
                &mut high
            } else {
                &mut *self
            };
            if (to.used + 1) * 5 > to.cap * 4 {
                to.rebuild(to.len + 1);
            }
            to.len += 1;
            to.place((word & !TAG) | u64::from(tag(hash, depth + 1)) << 48);
        }
        low.len = 0;
        high
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.len > 0 {
            for word in self.slice_mut() {
                let word = std::mem::replace(word, EMPTY);
                if is_entry(word) {
                    drop(ManuallyDrop::into_inner(Self::owned(word)));
                }
            }
        }
        self.set_words(0);
    }
}

/// An entry borrowed for changing: its word follows when the entry's expiry does.
pub struct EntryMut<'t> {
    entry: ManuallyDrop<Entry>,
    word: &'t mut u64,
}

impl<'t> EntryMut<'t> {
    fn new(word: &'t mut u64) -> Self {
        Self {
            entry: Table::owned(*word),
            word,
        }
    }
}

impl std::ops::Deref for EntryMut<'_> {
    type Target = Entry;
    fn deref(&self) -> &Entry {
        &self.entry
    }
}

impl std::ops::DerefMut for EntryMut<'_> {
    fn deref_mut(&mut self) -> &mut Entry {
        &mut self.entry
    }
}

impl Drop for EntryMut<'_> {
    fn drop(&mut self) {
        let ttl = if self.entry.view().next_due().is_some() {
            TTL
        } else {
            0
        };
        *self.word = (*self.word & !TTL) | ttl;
    }
}
