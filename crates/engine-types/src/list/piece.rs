//! A large list's leaf, one listpack, and walks over the leaves.

use crate::item::{ItemRef, Needle};
use crate::limits::PieceLimit;
use crate::listpack::{self, Listpack};
use crate::tree::{Leaf, Tree};

/// One packed piece of a large list.
#[derive(Clone, Default)]
pub(super) struct Piece {
    pack: Listpack,
}

impl Piece {
    pub(super) fn new(pack: Listpack) -> Piece {
        Piece { pack }
    }

    pub(super) fn pack(&self) -> &Listpack {
        &self.pack
    }

    pub(super) fn get(&self, index: usize) -> Option<ItemRef<'_>> {
        self.pack.get(self.pack.seek(index as i64)?)
    }

    pub(super) fn insert(&mut self, index: usize, item: ItemRef<'_>) {
        let at = self.offset(index);
        self.pack.insert(at, item);
    }

    pub(super) fn replace(&mut self, index: usize, item: ItemRef<'_>) -> bool {
        let at = self.offset(index);
        self.pack.replace(at, item)
    }

    pub(super) fn remove(&mut self, index: usize, count: usize) -> usize {
        let at = self.offset(index);
        self.pack.remove(at, count)
    }

    fn offset(&self, index: usize) -> usize {
        self.pack.seek(index as i64).unwrap_or(self.pack.end())
    }

    /// The place nearest the middle of the bytes that leaves entries on both sides.
    fn middle(&self) -> Option<usize> {
        let half = self.pack.byte_len() / 2;
        let mut at = self.pack.next(self.pack.first()?)?;
        while at < half
            && let Some(next) = self.pack.next(at)
        {
            at = next;
        }
        Some(at)
    }
}

impl Leaf for Piece {
    /// Lists are found by position alone.
    type Key = ();
    type Limit = PieceLimit;

    fn count(&self) -> usize {
        self.pack.len()
    }

    fn key(&self) -> Option<()> {
        (!self.pack.is_empty()).then_some(())
    }

    fn begins_with(&self, (): &()) -> bool {
        true
    }

    fn same_key((): &(), (): &()) -> bool {
        true
    }

    fn split(&mut self, changed: Option<usize>, limit: PieceLimit) -> Option<Self> {
        let count = self.count();
        if count < 2 || limit.allows(self.pack.byte_len(), count) {
            return None;
        }
        let at = match changed {
            Some(0) => self.pack.seek(1)?,
            Some(index) if index + 1 == count => self.pack.last()?,
            _ => self.middle()?,
        };
        let tail = self.pack.split_off(at);
        self.pack.shrink_to_fit();
        Some(Piece::new(tail))
    }

    fn is_small(&self, limit: PieceLimit) -> bool {
        self.pack.byte_len() <= limit.bytes / 4 && self.count() <= limit.count.div_ceil(4)
    }

    fn fits_with(&self, next: &Self, limit: PieceLimit) -> bool {
        let bytes = self.pack.byte_len() + next.pack.byte_len();
        bytes <= limit.bytes / 2 && self.count() + next.count() <= limit.count / 2
    }

    fn absorb(&mut self, next: &Self) {
        self.pack.append(&next.pack);
    }

    fn bytes(&self) -> usize {
        self.pack.byte_capacity()
    }
}

/// Removes the first `most` entries equal to what is wanted, from index `from` on.
pub(super) fn remove_equal(
    pack: &mut Listpack,
    wanted: Needle<'_>,
    from: usize,
    most: usize,
) -> usize {
    let (mut index, mut left) = (0, most);
    pack.retain(|item| {
        let gone = index >= from && left > 0 && wanted.is(item);
        index += 1;
        left -= usize::from(gone);
        !gone
    })
}

/// Removes the last `most` entries equal to what is wanted, before index `until`.
pub(super) fn remove_equal_back(
    pack: &mut Listpack,
    wanted: Needle<'_>,
    until: usize,
    most: usize,
) -> usize {
    let equal = pack.iter().take(until).filter(|item| wanted.is(*item));
    let (mut index, mut spared) = (0, equal.count().saturating_sub(most));
    pack.retain(|item| {
        let equal = index < until && wanted.is(item);
        index += 1;
        let gone = equal && spared == 0;
        spared -= usize::from(equal && !gone);
        !gone
    })
}

/// Removes the first `most` elements equal to what is wanted; pieces without any are not
/// touched, lest a shared one be copied. O(n).
pub(super) fn remove_front(
    tree: &mut Tree<Piece>,
    wanted: Needle<'_>,
    most: usize,
    limit: PieceLimit,
) -> usize {
    let (mut position, mut removed) = (0, 0);
    while removed < most
        && let Some((piece, index)) = tree.leaf_at(position)
    {
        let behind = piece.count() - index;
        let mut gone = 0;
        if piece.pack.iter().any(|item| wanted.is(item)) {
            gone = tree.shrink(position, limit, |piece, index| {
                remove_equal(&mut piece.pack, wanted, index, most - removed)
            });
        }
        // Where the next piece begins, unless the two were joined: then somewhere in it.
        position += behind - gone;
        removed += gone;
    }
    removed
}

/// As [`remove_front`], from the tail.
pub(super) fn remove_back(
    tree: &mut Tree<Piece>,
    wanted: Needle<'_>,
    most: usize,
    limit: PieceLimit,
) -> usize {
    let (mut end, mut removed) = (tree.len(), 0);
    while removed < most
        && let Some(last) = end.checked_sub(1)
        && let Some((piece, index)) = tree.leaf_at(last)
    {
        if piece.pack.iter().any(|item| wanted.is(item)) {
            removed += tree.shrink(last, limit, |piece, index| {
                remove_equal_back(&mut piece.pack, wanted, index + 1, most - removed)
            });
        }
        end = last - index;
    }
    removed
}

/// Elements of a tree of pieces, from either end. Whoever walks it counts them, so that the
/// two ends do not cross.
#[derive(Clone)]
pub(super) struct TreeIter<'a> {
    tree: &'a Tree<Piece>,
    front: Option<listpack::Iter<'a>>,
    /// Position of the first element behind those in `front`.
    front_next: usize,
    back: Option<listpack::Iter<'a>>,
    /// Position of the first of those in `back`.
    back_next: usize,
}

impl<'a> TreeIter<'a> {
    pub(super) fn new(tree: &'a Tree<Piece>, start: usize, end: usize) -> Self {
        TreeIter {
            tree,
            front: None,
            front_next: start,
            back: None,
            back_next: end,
        }
    }

    pub(super) fn next(&mut self) -> Option<ItemRef<'a>> {
        loop {
            if let Some(item) = self.front.as_mut().and_then(Iterator::next) {
                return Some(item);
            }
            let (piece, index) = self.tree.leaf_at(self.front_next)?;
            self.front_next += piece.count() - index;
            self.front = Some(piece.pack().iter_from(piece.offset(index)));
        }
    }

    pub(super) fn next_back(&mut self) -> Option<ItemRef<'a>> {
        loop {
            if let Some(item) = self.back.as_mut().and_then(DoubleEndedIterator::next_back) {
                return Some(item);
            }
            let last = self.back_next.checked_sub(1)?;
            let (piece, index) = self.tree.leaf_at(last)?;
            self.back_next = last - index;
            self.back = Some(piece.pack().iter_until(piece.offset(index + 1)));
        }
    }
}
