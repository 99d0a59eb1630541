//! Redis's intset: a sorted array of integers, all of the width the widest needs, byte for
//! byte as Redis keeps it.
//!
//! ```text
//! width:u32le (2, 4 or 8)  count:u32le  integers, little-endian, ascending
//! ```

use crate::item::Corrupt;

const HEADER: usize = 8;

/// See the module's page.
#[derive(Clone, PartialEq, Eq)]
pub struct Intset {
    bytes: Vec<u8>,
}

impl Default for Intset {
    fn default() -> Self {
        Intset::new()
    }
}

impl Intset {
    pub fn new() -> Intset {
        Intset {
            bytes: vec![2, 0, 0, 0, 0, 0, 0, 0],
        }
    }

    /// Takes bytes from outside after checking width, length and order. O(n).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Intset, Corrupt> {
        let set = Intset { bytes };
        let width = set.width();
        let known = matches!(width, 2 | 4 | 8);
        let stored = set
            .bytes
            .get(4..HEADER)
            .and_then(|count| count.first_chunk::<4>());
        let count = u32::from_le_bytes(*stored.ok_or(Corrupt)?) as usize;
        if !known || set.bytes.len() != HEADER + width * count {
            return Err(Corrupt);
        }
        if !set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b) {
            return Err(Corrupt);
        }
        Ok(set)
    }

    /// The bytes as Redis saves them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the allocation holds.
    pub fn byte_capacity(&self) -> usize {
        self.bytes.capacity()
    }

    pub fn len(&self) -> usize {
        (self.bytes.len() - HEADER) / self.width().max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() <= HEADER
    }

    /// The integer with this index, in ascending order.
    pub fn get(&self, index: usize) -> Option<i64> {
        let width = self.width();
        let start = HEADER + index.checked_mul(width)?;
        let bytes = self.bytes.get(start..start.checked_add(width)?)?;
        Some(match width {
            2 => i64::from(i16::from_le_bytes(*bytes.first_chunk()?)),
            4 => i64::from(i32::from_le_bytes(*bytes.first_chunk()?)),
            _ => i64::from_le_bytes(*bytes.first_chunk()?),
        })
    }

    pub fn min(&self) -> Option<i64> {
        self.get(0)
    }

    pub fn max(&self) -> Option<i64> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + '_ {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// O(log n).
    pub fn contains(&self, value: i64) -> bool {
        self.position(value).is_ok()
    }

    /// Adds `value`; false if it was there. O(n), and all are rewritten when it is wider.
    pub fn insert(&mut self, value: i64) -> bool {
        let Err(index) = self.position(value) else {
            return false;
        };
        let needed = width_of(value);
        if needed > self.width() {
            self.widen(needed);
        }
        let width = self.width();
        let at = HEADER + index * width;
        let bytes = value.to_le_bytes();
        if self.bytes.capacity() < self.bytes.len() + width {
            let more = (self.bytes.len() / 4).next_multiple_of(8).max(width);
            self.bytes.reserve_exact(more);
        }
        let old_len = self.bytes.len();
        self.bytes.resize(old_len + width, 0);
        self.bytes.copy_within(at..old_len, at + width);
        let source = bytes.get(..width).unwrap_or_default();
        if let Some(place) = self.bytes.get_mut(at..at + width) {
            place.copy_from_slice(source);
        }
        self.set_count();
        true
    }

    /// Removes `value`; false if it was not there. O(n). The width stays, as in Redis.
    pub fn remove(&mut self, value: i64) -> bool {
        let Ok(index) = self.position(value) else {
            return false;
        };
        let width = self.width();
        let at = HEADER + index * width;
        self.bytes.drain(at..at + width);
        self.set_count();
        true
    }

    fn position(&self, value: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        if self.max().is_none_or(|max| value > max) {
            return Err(high);
        }
        while low < high {
            let middle = low.midpoint(high);
            let there = self.get(middle).unwrap_or(i64::MAX);
            match there.cmp(&value) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn width(&self) -> usize {
        self.bytes.first().map_or(0, |&width| usize::from(width))
    }

    fn widen(&mut self, width: usize) {
        let mut wide = Vec::with_capacity(HEADER + (self.len() + 1) * width);
        wide.extend_from_slice(&(width as u32).to_le_bytes());
        wide.extend_from_slice(&[0; 4]);
        for value in self.iter() {
            wide.extend_from_slice(value.to_le_bytes().get(..width).unwrap_or_default());
        }
        self.bytes = wide;
    }

    fn set_count(&mut self) {
        let count = self.len() as u32;
        if let Some(place) = self.bytes.get_mut(4..HEADER) {
            place.copy_from_slice(&count.to_le_bytes());
        }
    }
}

impl std::fmt::Debug for Intset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn width_of(value: i64) -> usize {
    if i16::try_from(value).is_ok() {
        2
    } else if i32::try_from(value).is_ok() {
        4
    } else {
        8
    }
}

#[cfg(test)]
mod tests;
