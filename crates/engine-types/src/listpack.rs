//! Redis's listpack: a sequence of strings and integers in one piece of memory, byte for byte
//! as Redis keeps it, so that it can be saved and loaded as it is.
//!
//! ```text
//! total_bytes:u32le  count:u16le  entry*  0xFF
//! ```
//!
//! `count` is 65535 when there are that many entries or more; they are then counted one by
//! one. Entries are addressed by their byte offset ([`Listpack::first`], [`Listpack::next`],
//! …); an offset stays valid until something before it changes. An offset that never came
//! from the listpack reads as "no entry" or garbage, never out of bounds.

mod entry;

use crate::item::{Corrupt, ItemRef, Needle};
use entry::{EOF, Encoded, decode, previous};

const HEADER: usize = 6;
const COUNT_UNKNOWN: usize = u16::MAX as usize;
/// Redis never lets a listpack grow past this; types convert to their large encoding before.
pub const SAFE_LEN_MAX: usize = 1 << 30;

/// See the module's page.
#[derive(Clone, PartialEq, Eq)]
pub struct Listpack {
    bytes: Vec<u8>,
}

impl Default for Listpack {
    fn default() -> Self {
        Listpack::new()
    }
}

impl Listpack {
    pub fn new() -> Listpack {
        Listpack {
            bytes: vec![HEADER as u8 + 1, 0, 0, 0, 0, 0, EOF],
        }
    }

    /// Takes bytes from outside after checking every entry, both ways. O(length).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Listpack, Corrupt> {
        validate(&bytes)?;
        Ok(Listpack { bytes })
    }

    /// The bytes as Redis saves them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Length of [`Self::as_bytes`].
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// What the allocation holds.
    pub fn byte_capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Number of entries. O(1) below 65535, else O(n).
    pub fn len(&self) -> usize {
        match self.stored_count() {
            COUNT_UNKNOWN => self.iter().count(),
            count => count,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() <= HEADER + 1
    }

    /// Offset of the first entry.
    pub fn first(&self) -> Option<usize> {
        (!self.is_empty()).then_some(HEADER)
    }

    /// Offset of the last entry.
    pub fn last(&self) -> Option<usize> {
        self.prev(self.end())
    }

    /// Where the end mark stands: the place to insert behind the last entry.
    pub fn end(&self) -> usize {
        self.bytes.len() - 1
    }

    /// Offset of the entry behind the one at `at`.
    pub fn next(&self, at: usize) -> Option<usize> {
        let next = at + decode(&self.bytes, at)?.total_len;
        (next < self.end()).then_some(next)
    }

    /// Offset of the entry before the one at `at`, or before [`Self::end`].
    pub fn prev(&self, at: usize) -> Option<usize> {
        if at <= HEADER {
            return None;
        }
        previous(&self.bytes, at).filter(|&start| start >= HEADER)
    }

    /// The entry at an offset.
    pub fn get(&self, at: usize) -> Option<ItemRef<'_>> {
        Some(decode(&self.bytes, at)?.item)
    }

    /// Offset of the entry with this index; negative ones count from the end (-1 is the
    /// last). O(n), from the nearer end.
    pub fn seek(&self, index: i64) -> Option<usize> {
        let len = self.len() as i64;
        let index = if index < 0 { index + len } else { index };
        if !(0..len).contains(&index) {
            return None;
        }
        if index <= len / 2 {
            (0..index).try_fold(self.first()?, |at, _| self.next(at))
        } else {
            (index + 1..len).try_fold(self.last()?, |at, _| self.prev(at))
        }
    }

    /// All entries, first to last; reversible.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            bytes: &self.bytes,
            front: HEADER,
            back: self.end(),
        }
    }

    /// The entries from the one at `from` on.
    pub fn iter_from(&self, from: usize) -> Iter<'_> {
        Iter {
            front: from.max(HEADER),
            ..self.iter()
        }
    }

    /// The entries before the one at `until`.
    pub fn iter_until(&self, until: usize) -> Iter<'_> {
        Iter {
            back: until.min(self.end()),
            ..self.iter()
        }
    }

    /// Offset of the first entry equal to `wanted`, looking only at every `1 + skip`-th from
    /// `from` on. O(n).
    pub fn find(&self, from: usize, wanted: &[u8], skip: usize) -> Option<usize> {
        let needle = Needle::new(wanted);
        let (mut at, mut unlooked) = (from, 0);
        while let Some(entry) = decode(&self.bytes, at) {
            if unlooked == 0 {
                if needle.is(entry.item) {
                    return Some(at);
                }
                unlooked = skip;
            } else {
                unlooked -= 1;
            }
            at += entry.total_len;
        }
        None
    }

    /// Whether two of every `step`-th entry, from the first on, are equal. O(n log n).
    pub(crate) fn has_duplicates(&self, step: usize) -> bool {
        let keys = self.iter().step_by(step).map(|item| match item {
            ItemRef::Int(int) => (Some(int), &[][..]),
            ItemRef::Bytes(bytes) => (None, bytes),
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| pair.first() == pair.last())
    }

    /// Adds an entry at the end; false, and nothing done, when it would not fit 4 GB.
    pub fn push_back(&mut self, item: ItemRef<'_>) -> bool {
        self.insert(self.end(), item)
    }

    /// Adds an entry at the front.
    pub fn push_front(&mut self, item: ItemRef<'_>) -> bool {
        self.insert(HEADER, item)
    }

    /// Adds an entry before the one at `at`, or behind the last for [`Self::end`].
    /// Bytes that spell an integer are stored as one. O(bytes behind it).
    pub fn insert(&mut self, at: usize, item: ItemRef<'_>) -> bool {
        let encoded = Encoded::new(item);
        let Some(place) = self.resize_gap(at, 0, encoded.total_len()) else {
            return false;
        };
        encoded.write(place);
        self.count_changed(1);
        true
    }

    /// Replaces the entry at `at`, which keeps its offset.
    pub fn replace(&mut self, at: usize, item: ItemRef<'_>) -> bool {
        let Some(old) = decode(&self.bytes, at) else {
            return false;
        };
        let old_len = old.total_len;
        let encoded = Encoded::new(item);
        let Some(place) = self.resize_gap(at, old_len, encoded.total_len()) else {
            return false;
        };
        encoded.write(place);
        true
    }

    /// Removes up to `count` entries from the one at `at` on; the next one then has its
    /// offset. Returns how many there were. O(bytes behind them).
    pub fn remove(&mut self, at: usize, count: usize) -> usize {
        let (mut end, mut removed) = (at, 0);
        while removed < count
            && let Some(entry) = decode(&self.bytes, end)
        {
            end += entry.total_len;
            removed += 1;
        }
        if removed > 0 && self.resize_gap(at, end - at, 0).is_some() {
            self.count_changed(-(removed as isize));
        }
        removed
    }

    /// Keeps only the entries for which `keep` says so; returns how many went. O(bytes).
    pub fn retain(&mut self, mut keep: impl FnMut(ItemRef<'_>) -> bool) -> usize {
        let end = self.end();
        let (mut read, mut write, mut kept, mut gone) = (HEADER, HEADER, 0, 0);
        while read < end
            && let Some(entry) = decode(&self.bytes, read)
        {
            let (stays, len) = (keep(entry.item), entry.total_len);
            if stays {
                self.bytes.copy_within(read..read + len, write);
                write += len;
                kept += 1;
            } else {
                gone += 1;
            }
            read += len;
        }
        self.bytes.truncate(write);
        self.bytes.push(EOF);
        self.set_total();
        self.set_count(kept);
        gone
    }

    /// Moves the entries from offset `at` on into a new listpack.
    pub fn split_off(&mut self, at: usize) -> Listpack {
        let at = at.clamp(HEADER, self.end());
        let mut tail = Listpack::new();
        let entries = self.bytes.get(at..self.end()).unwrap_or_default();
        tail.bytes.truncate(HEADER);
        tail.bytes.extend_from_slice(entries);
        tail.bytes.push(EOF);
        tail.set_total();
        let moved = tail.iter().count();
        tail.set_count(moved);
        let left = match self.stored_count() {
            COUNT_UNKNOWN => self.iter_until(at).count(),
            count => count.saturating_sub(moved),
        };
        self.bytes.truncate(at);
        self.bytes.push(EOF);
        self.set_total();
        self.set_count(left);
        tail
    }

    /// Adds all entries of another listpack at the end.
    pub fn append(&mut self, other: &Listpack) -> bool {
        let entries = other.bytes.get(HEADER..other.end()).unwrap_or_default();
        let count = self.len() + other.len();
        let end = self.end();
        let Some(place) = self.resize_gap(end, 0, entries.len()) else {
            return false;
        };
        place.copy_from_slice(entries);
        self.set_count(count);
        true
    }

    /// Gives back memory beyond the bytes in use.
    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Makes the `old_len` bytes at `at` into `new_len` bytes, moving what follows, and
    /// keeps the header's total true. `None` when out of bounds or too long.
    fn resize_gap(&mut self, at: usize, old_len: usize, new_len: usize) -> Option<&mut [u8]> {
        let len = self.bytes.len();
        let tail = at.checked_add(old_len)?;
        if at < HEADER || tail >= len {
            return None;
        }
        let new_total = len - old_len + new_len;
        u32::try_from(new_total).ok()?;
        if new_len > old_len {
            self.grow(new_total);
            self.bytes.copy_within(tail..len, at + new_len);
        } else {
            self.bytes.copy_within(tail..len, at + new_len);
            self.bytes.truncate(new_total);
        }
        self.set_total();
        self.bytes.get_mut(at..at + new_len)
    }

    /// Small listpacks grow by a quarter, not by doubling: they are most of a small value.
    fn grow(&mut self, new_len: usize) {
        if new_len > self.bytes.capacity() {
            let wanted = (new_len + new_len / 4).next_multiple_of(8);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.resize(new_len, 0);
    }

    fn set_total(&mut self) {
        let total = self.bytes.len() as u32;
        if let Some(place) = self.bytes.first_chunk_mut::<4>() {
            *place = total.to_le_bytes();
        }
    }

    fn stored_count(&self) -> usize {
        match self.bytes.get(4..6) {
            Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        }
    }

    fn set_count(&mut self, count: usize) {
        let stored = count.min(COUNT_UNKNOWN) as u16;
        if let Some(place) = self.bytes.get_mut(4..6) {
            place.copy_from_slice(&stored.to_le_bytes());
        }
    }

    /// As in Redis, an unknown count stays unknown.
    fn count_changed(&mut self, change: isize) {
        match self.stored_count() {
            COUNT_UNKNOWN => {}
            count => self.set_count(count.saturating_add_signed(change)),
        }
    }
}

impl std::fmt::Debug for Listpack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn validate(bytes: &[u8]) -> Result<(), Corrupt> {
    let total = bytes.first_chunk::<4>().ok_or(Corrupt)?;
    let end = bytes.len().wrapping_sub(1);
    if u32::from_le_bytes(*total) as usize != bytes.len()
        || bytes.len() <= HEADER
        || bytes.last() != Some(&EOF)
    {
        return Err(Corrupt);
    }
    let (mut at, mut count) = (HEADER, 0usize);
    while at < end {
        let next = at + decode(bytes, at).ok_or(Corrupt)?.total_len;
        if next > end || previous(bytes, next) != Some(at) {
            return Err(Corrupt);
        }
        at = next;
        count += 1;
    }
    let stored = match bytes.get(4..6) {
        Some(&[low, high]) => usize::from(u16::from_le_bytes([low, high])),
        _ => return Err(Corrupt),
    };
    if stored != COUNT_UNKNOWN && stored != count {
        return Err(Corrupt);
    }
    Ok(())
}

/// The entries of a listpack, from either end.
#[derive(Clone)]
pub struct Iter<'a> {
    bytes: &'a [u8],
    front: usize,
    back: usize,
}

impl Iter<'_> {
    /// The same, ending before the entry at `until`.
    pub fn take_until(self, until: usize) -> Self {
        Iter {
            back: until.min(self.back),
            ..self
        }
    }

    /// Offset of the entry that `next` would give.
    pub fn offset(&self) -> usize {
        self.front
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = ItemRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<ItemRef<'a>> {
        if self.front >= self.back {
            return None;
        }
        let entry = decode(self.bytes, self.front)?;
        self.front += entry.total_len;
        Some(entry.item)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front >= self.back {
            return None;
        }
        let start = previous(self.bytes, self.back)?;
        self.back = start;
        Some(decode(self.bytes, start)?.item)
    }
}

#[cfg(test)]
mod tests;
