//! A leaf of the trie: words in ascending order of their tags.
//!
//! Hashes being uniform, a word stands near `tag × len / 65536`, on average within a cache
//! line of it, so that a lookup costs about as much as in a hash table, while the words are
//! dense (no empty ones) and in order.

use super::{Node, SEGMENT_MAX, hash, tag};
use crate::elem::{Meta, Tagged, Thin};
use rapidhash::v3::RapidSecrets;
use std::sync::Arc;

/// Words a growing segment makes room for at once: 256 bytes, the distance of allocator
/// classes at this size.
const GROWTH: usize = 32;

pub(super) struct Segment<M: Meta> {
    words: Vec<Tagged<M>>,
}

impl<M: Meta> Default for Segment<M> {
    fn default() -> Self {
        Segment { words: Vec::new() }
    }
}

impl<M: Meta> Clone for Segment<M> {
    fn clone(&self) -> Self {
        // A copy is made in order to be changed: leave room for one more.
        let mut words = Vec::with_capacity((self.words.len() + 1).next_multiple_of(GROWTH));
        words.extend(self.words.iter().cloned());
        Segment { words }
    }
}

impl<M: Meta> Segment<M> {
    pub(super) fn words(&self) -> &[Tagged<M>] {
        &self.words
    }

    pub(super) fn word_mut(&mut self, index: usize) -> Option<&mut Tagged<M>> {
        self.words.get_mut(index)
    }

    /// Index of the first word whose tag is not below `tag`.
    #[inline]
    pub(super) fn lower_bound(&self, tag: u16) -> usize {
        let words = &self.words[..];
        let below = |index: usize| words.get(index).is_some_and(|word| word.tag() < tag);
        let mut index = (usize::from(tag) * words.len()) >> 16;
        while below(index) {
            index += 1;
        }
        while index > 0 && !below(index - 1) {
            index -= 1;
        }
        index
    }

    /// Index of the word of this key.
    #[inline]
    pub(super) fn find(&self, tag: u16, key: &[u8]) -> Option<usize> {
        let start = self.lower_bound(tag);
        let mut index = start;
        while let Some(word) = self.words.get(index)
            && word.tag() == tag
        {
            if word.get().key() == key {
                return Some(index);
            }
            index += 1;
        }
        None
    }

    pub(super) fn insert(&mut self, tag: u16, elem: Thin<M>) -> Option<Thin<M>> {
        if let Some(index) = self.find(tag, elem.get().key()) {
            return self.words.get_mut(index).map(|word| word.replace(elem));
        }
        if self.words.len() == self.words.capacity() {
            self.words.reserve_exact(GROWTH.min(self.words.len() + 4));
        }
        let index = self.lower_bound(tag);
        self.words.insert(index, Tagged::new(tag, elem));
        None
    }

    pub(super) fn remove(&mut self, tag: u16, key: &[u8]) -> Option<Thin<M>> {
        let index = self.find(tag, key)?;
        let old = self.words.remove(index).into_thin();
        if self.words.capacity() > self.words.len() + 2 * GROWTH {
            self.words.shrink_to(self.words.len() + GROWTH);
        }
        Some(old)
    }

    /// The two halves of a segment with a prefix of `depth` bits, by the next bit. The tags
    /// gain a bit at their end, which only the elements' hashes tell.
    pub(super) fn halves(self, depth: u32, secrets: &RapidSecrets) -> [Segment<M>; 2] {
        let room = (SEGMENT_MAX / 2).next_multiple_of(GROWTH) + GROWTH;
        let mut halves = [Vec::with_capacity(room), Vec::with_capacity(room)];
        let [low, high] = &mut halves;
        for mut word in self.words {
            let hash = hash(word.get().key(), secrets);
            word.set_tag(tag(hash, depth + 1));
            let upper = (hash << depth) >> 63 == 1;
            if upper { &mut *high } else { &mut *low }.push(word);
        }
        halves.map(|mut words| {
            // Only words that had equal tags can be out of order.
            words.sort_by_key(Tagged::tag);
            Segment { words }
        })
    }

    /// Two neighbours as one with a prefix shorter by a bit, which the tags take in.
    pub(super) fn join(low: &Segment<M>, high: &Segment<M>) -> Segment<M> {
        let len = low.words.len() + high.words.len();
        let mut words = Vec::with_capacity((len + 1).next_multiple_of(GROWTH));
        for (segment, bit) in [(low, 0), (high, 1 << 15)] {
            words.extend(segment.words.iter().map(|word| {
                let mut word = word.clone();
                word.set_tag(bit | word.tag() >> 1);
                word
            }));
        }
        Segment { words }
    }

    pub(super) fn into_node(self) -> Node<M> {
        Node::Segment(Arc::new(self))
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.words.capacity() * size_of::<Tagged<M>>()
    }
}
