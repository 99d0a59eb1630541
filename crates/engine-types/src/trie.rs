//! The hash trie: elements in order of their hash, in small flat segments.
//!
//! The hash's bits, from the top, lead through branches of 64 slots (6 bits each) to a
//! *segment*: up to [`SEGMENT_MAX`] words in ascending order of the 16 hash bits that follow
//! the segment's own prefix. A child of a branch may cover several slots, always a power of
//! two of them, aligned, so a full segment splits into two and two small neighbours become
//! one without touching anything else: nothing ever rehashes as a whole.
//!
//! Nodes are shared: a clone is one count at the root, and a change copies the nodes on its
//! path that something else holds.
//!
//! Because everything stands in hash order, a position in that order (its upper 48 bits) is a
//! SCAN cursor that stays right across splits and merges.

mod branch;
mod segment;

use crate::elem::{Elem, Meta, Tagged, Thin};
use branch::Branch;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};
use segment::Segment;
use std::sync::Arc;

/// Words in a segment before it splits.
const SEGMENT_MAX: usize = 256;
/// Two neighbouring segments become one when they have no more words than this together.
const MERGE_MAX: usize = SEGMENT_MAX / 2;
/// Hash bits a branch decides on.
const BRANCH_BITS: u32 = 6;
/// Segments with a prefix this long no longer split, so that a cursor fits 48 bits. 2^32
/// segments are never needed, unless hashes collide; then the segment just grows.
const DEPTH_MAX: u32 = 32;
/// Bytes of branches for each segment, roughly: a child and its slots.
const BRANCH_SHARE: usize = 48;
/// Hash bits a cursor leaves out.
const CURSOR_SHIFT: u32 = 16;

/// See the module's page.
#[derive(Clone)]
pub(crate) struct Trie<M: Meta> {
    root: Node<M>,
    len: usize,
    /// Made from the process's seed once, so that each hash need not.
    secrets: Arc<RapidSecrets>,
}

enum Node<M: Meta> {
    Segment(Arc<Segment<M>>),
    Branch(Arc<Branch<M>>),
}

impl<M: Meta> Clone for Node<M> {
    fn clone(&self) -> Self {
        match self {
            Node::Segment(segment) => Node::Segment(Arc::clone(segment)),
            Node::Branch(branch) => Node::Branch(Arc::clone(branch)),
        }
    }
}

impl<M: Meta> Trie<M> {
    pub(crate) fn new(seed: u64) -> Self {
        Trie {
            root: Node::Segment(Arc::default()),
            len: 0,
            secrets: Arc::new(RapidSecrets::seed(seed)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn hash(&self, key: &[u8]) -> u64 {
        hash(key, &self.secrets)
    }

    /// The element with this key. O(log n) with base 64 and above.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Elem<'_, M>> {
        let hash = self.hash(key);
        let (segment, depth) = self.segment_at(hash);
        let index = segment.find(tag(hash, depth), key)?;
        Some(segment.words().get(index)?.get())
    }

    /// The word of the element with this key, to change its value; the path to it is copied
    /// if it is shared, and so is it.
    pub(crate) fn get_mut(&mut self, key: &[u8]) -> Option<&mut Tagged<M>> {
        let hash = self.hash(key);
        let (segment, depth) = self.segment_at(hash);
        let index = segment.find(tag(hash, depth), key)?;
        let mut node = &mut self.root;
        let mut base = 0;
        loop {
            match node {
                Node::Segment(segment) => return Arc::make_mut(segment).word_mut(index),
                Node::Branch(branch) => {
                    node = Arc::make_mut(branch).child_mut(slot(hash, base))?;
                    base += BRANCH_BITS;
                }
            }
        }
    }

    /// Adds an element, or puts it in place of the one with its key, which is returned.
    pub(crate) fn insert(&mut self, elem: Thin<M>) -> Option<Thin<M>> {
        let hash = self.hash(elem.get().key());
        let change = Change {
            hash,
            secrets: &self.secrets,
        };
        let old = change.insert(&mut self.root, 0, elem);
        if old.is_none() {
            self.len += 1;
            if let Node::Segment(segment) = &mut self.root
                && segment.words().len() > SEGMENT_MAX
            {
                let words = std::mem::take(Arc::make_mut(segment));
                self.root = Node::Branch(Arc::new(Branch::of(words, 0, &self.secrets)));
            }
        }
        old
    }

    /// Takes the element with this key away.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Thin<M>> {
        // Looked up first: a miss must copy no shared nodes.
        self.get(key)?;
        let change = Change {
            hash: self.hash(key),
            secrets: &self.secrets,
        };
        let old = change.remove(&mut self.root, 0, key)?;
        self.len -= 1;
        if let Node::Branch(branch) = &self.root
            && let Some(only) = branch.only_segment()
        {
            self.root = only;
        }
        Some(old)
    }

    /// The segment that covers a place in hash order, and how many hash bits lead to it.
    fn segment_at(&self, hash: u64) -> (&Segment<M>, u32) {
        let (mut node, mut base, mut bits) = (&self.root, 0, 0);
        loop {
            match node {
                Node::Segment(segment) => return (segment, base + bits),
                Node::Branch(branch) => {
                    // A branch fills its parent's slot, so the depth is whole so far.
                    base += bits;
                    (node, bits) = branch.child(slot(hash, base));
                }
            }
        }
    }

    /// The element with this index in hash order. O(log n).
    pub(crate) fn nth(&self, index: usize) -> Option<Elem<'_, M>> {
        let (mut node, mut index) = (&self.root, index);
        loop {
            match node {
                Node::Segment(segment) => return Some(segment.words().get(index)?.get()),
                Node::Branch(branch) => (node, index) = branch.child_with(index)?,
            }
        }
    }

    /// All elements in hash order.
    pub(crate) fn iter(&self) -> Iter<'_, M> {
        Iter {
            trie: self,
            words: [].iter(),
            next: Some(0),
        }
    }

    /// Hands at least `count` elements from `cursor` on to `emit`, if there are so many, and
    /// returns the cursor of the next, 0 at the end.
    pub(crate) fn scan(&self, cursor: u64, count: usize, mut emit: impl FnMut(Elem<'_, M>)) -> u64 {
        let mut place = cursor << CURSOR_SHIFT;
        let mut left = count.max(1);
        loop {
            let (segment, depth) = self.segment_at(place);
            let words = segment.words();
            let from = segment.lower_bound(tag(place, depth));
            let mut last = None;
            for word in words.get(from..).unwrap_or_default() {
                // Equal tags share a cursor, so they go together.
                if left == 0 && last != Some(word.tag()) {
                    let offset = u64::from(word.tag()) << (48 - depth);
                    return (start_of(place, depth) | offset) >> CURSOR_SHIFT;
                }
                emit(word.get());
                last = Some(word.tag());
                left = left.saturating_sub(1);
            }
            match end_of(place, depth) {
                None => return 0,
                Some(next) if left == 0 => return next >> CURSOR_SHIFT,
                Some(next) => place = next,
            }
        }
    }

    /// Bytes of nodes and elements, estimated from a sample when there are many.
    pub(crate) fn memory_bytes(&self) -> usize {
        const PLACES: u64 = 16;
        const ELEMENTS: usize = 8;
        if self.len <= 2 * SEGMENT_MAX {
            let elements = self.iter().map(Elem::allocated).sum::<usize>();
            return self.root.bytes() + elements;
        }
        let (mut nodes, mut words) = (0, 0);
        let (mut elements, mut sampled) = (0, 0);
        for place in 0..PLACES {
            let (segment, _) = self.segment_at(place << 60);
            nodes += segment.bytes() + 2 * size_of::<usize>() + BRANCH_SHARE;
            words += segment.words().len();
            for word in segment.words().iter().take(ELEMENTS) {
                elements += word.get().allocated().next_multiple_of(8);
                sampled += 1;
            }
        }
        self.len * nodes / words.max(1) + self.len * elements / sampled.max(1)
    }
}

impl<M: Meta> Node<M> {
    fn bytes(&self) -> usize {
        let counts = 2 * size_of::<usize>();
        match self {
            Node::Segment(segment) => counts + segment.bytes(),
            Node::Branch(branch) => counts + branch.bytes(),
        }
    }
}

/// One change on its way down.
struct Change<'t> {
    hash: u64,
    secrets: &'t RapidSecrets,
}

impl Change<'_> {
    fn insert<M: Meta>(&self, node: &mut Node<M>, depth: u32, elem: Thin<M>) -> Option<Thin<M>> {
        match node {
            Node::Segment(segment) => Arc::make_mut(segment).insert(tag(self.hash, depth), elem),
            Node::Branch(branch) => {
                let branch = Arc::make_mut(branch);
                let slot = slot(self.hash, depth);
                let child = branch.entry_mut(slot)?;
                let below = depth + u32::from(child.bits);
                let old = self.insert(&mut child.node, below, elem);
                if old.is_none() {
                    child.count += 1;
                    branch.split_if_full(slot, depth, self.secrets);
                }
                old
            }
        }
    }

    fn remove<M: Meta>(&self, node: &mut Node<M>, depth: u32, key: &[u8]) -> Option<Thin<M>> {
        match node {
            Node::Segment(segment) => Arc::make_mut(segment).remove(tag(self.hash, depth), key),
            Node::Branch(branch) => {
                let branch = Arc::make_mut(branch);
                let slot = slot(self.hash, depth);
                let child = branch.entry_mut(slot)?;
                let below = depth + u32::from(child.bits);
                let old = self.remove(&mut child.node, below, key)?;
                child.count -= 1;
                branch.merge_if_small(slot);
                Some(old)
            }
        }
    }
}

fn hash(key: &[u8], secrets: &RapidSecrets) -> u64 {
    rapidhash_v3_seeded(key, secrets)
}

/// The 16 hash bits behind a prefix of `depth` bits.
fn tag(hash: u64, depth: u32) -> u16 {
    ((hash << depth) >> 48) as u16
}

/// The slot of a branch whose own prefix has `depth` bits.
fn slot(hash: u64, depth: u32) -> usize {
    ((hash << depth) >> (64 - BRANCH_BITS)) as usize
}

/// First place with the same prefix of `depth` bits.
fn start_of(place: u64, depth: u32) -> u64 {
    let width = u64::MAX.checked_shr(depth).unwrap_or(0);
    place & !width
}

/// First place behind the prefix; `None` behind the last.
fn end_of(place: u64, depth: u32) -> Option<u64> {
    let width = u64::MAX.checked_shr(depth).unwrap_or(0);
    (place | width).checked_add(1)
}

/// The elements of a trie in hash order.
pub(crate) struct Iter<'a, M: Meta> {
    trie: &'a Trie<M>,
    words: std::slice::Iter<'a, Tagged<M>>,
    /// Where the next segment begins.
    next: Option<u64>,
}

impl<M: Meta> Clone for Iter<'_, M> {
    fn clone(&self) -> Self {
        Iter {
            trie: self.trie,
            words: self.words.clone(),
            next: self.next,
        }
    }
}

impl<'a, M: Meta> Iterator for Iter<'a, M> {
    type Item = Elem<'a, M>;

    #[inline]
    fn next(&mut self) -> Option<Elem<'a, M>> {
        loop {
            if let Some(word) = self.words.next() {
                return Some(word.get());
            }
            let place = self.next?;
            let (segment, depth) = self.trie.segment_at(place);
            self.words = segment.words().iter();
            self.next = end_of(place, depth);
        }
    }
}

#[cfg(test)]
mod tests;
