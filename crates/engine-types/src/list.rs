//! Lists: one listpack while small, a counted tree of listpacks when large.

mod piece;

use crate::item::{ItemRef, Needle};
use crate::limits::Limits;
use crate::listpack::{self, Listpack};
use crate::tree::{Leaf, Leaves, Tree};
use piece::{Piece, TreeIter};
use std::ops::Range;

/// See the module's page. A large one clones in O(1).
#[derive(Clone)]
pub struct List {
    repr: Repr,
}

#[derive(Clone)]
enum Repr {
    Packed(Listpack),
    Tree(Tree<Piece>),
}

/// Where LINSERT puts an element, seen from the pivot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

impl Default for List {
    fn default() -> Self {
        List::new()
    }
}

impl List {
    pub fn new() -> List {
        List {
            repr: Repr::Packed(Listpack::new()),
        }
    }

    /// A packed list as loaded; large ones are loaded by [`Self::append_listpack`].
    pub fn from_listpack(pack: Listpack) -> List {
        List {
            repr: Repr::Packed(pack),
        }
    }

    /// Adds a whole piece of a saved list at the end. O(log n), or O(entries) while packed.
    pub fn append_listpack(&mut self, pack: &Listpack, limits: &Limits) {
        if self.is_empty() {
            self.repr = Repr::Packed(pack.clone());
            self.fit(limits);
            return;
        }
        self.make_room(pack.byte_len(), pack.len(), limits);
        match &mut self.repr {
            Repr::Packed(own) => {
                own.append(pack);
            }
            Repr::Tree(tree) => tree.push_leaf(Piece::new(pack.clone()), limits.list_piece()),
        }
    }

    /// The packed pieces in order, for saving: exactly one while small.
    pub fn pieces(&self) -> Pieces<'_> {
        match &self.repr {
            Repr::Packed(pack) => Pieces(PiecesRepr::Packed(Some(pack))),
            Repr::Tree(tree) => Pieces(PiecesRepr::Tree(tree.leaves())),
        }
    }

    /// Number of elements. O(1).
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.len(),
            Repr::Tree(tree) => tree.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Redis's name: `listpack` or `quicklist`.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) => "listpack",
            Repr::Tree(_) => "quicklist",
        }
    }

    /// Adds at the head. O(log n).
    pub fn push_front(&mut self, value: &[u8], limits: &Limits) {
        self.push_item(value.into(), false, limits);
    }

    /// Adds at the tail. O(log n).
    pub fn push_back(&mut self, value: &[u8], limits: &Limits) {
        self.push_item(value.into(), true, limits);
    }

    fn push_item(&mut self, item: ItemRef<'_>, back: bool, limits: &Limits) {
        let index = if back { self.len() } else { 0 };
        self.insert_item(index, item, limits);
    }

    /// Takes the head away. O(log n).
    pub fn pop_front(&mut self, limits: &Limits) -> Option<Vec<u8>> {
        let value = self.get(0)?.to_vec();
        self.remove_range(0..1, limits);
        Some(value)
    }

    /// Takes the tail away. O(log n).
    pub fn pop_back(&mut self, limits: &Limits) -> Option<Vec<u8>> {
        let last = self.len().checked_sub(1)?;
        let value = self.get(-1)?.to_vec();
        self.remove_range(last..last + 1, limits);
        Some(value)
    }

    /// The element with this index; negative ones count from the tail. O(log n), within one
    /// packed piece O(its entries).
    pub fn get(&self, index: i64) -> Option<ItemRef<'_>> {
        let index = self.index(index)?;
        match &self.repr {
            Repr::Packed(pack) => pack.get(pack.seek(index as i64)?),
            Repr::Tree(tree) => {
                let (piece, at) = tree.leaf_at(index)?;
                piece.get(at)
            }
        }
    }

    /// Replaces the element with this index; false if there is none. As [`Self::get`].
    pub fn set(&mut self, index: i64, value: &[u8], limits: &Limits) -> bool {
        let Some(index) = self.index(index) else {
            return false;
        };
        self.make_room(value.len(), 0, limits);
        match &mut self.repr {
            Repr::Packed(pack) => match pack.seek(index as i64) {
                Some(at) => pack.replace(at, value.into()),
                None => false,
            },
            Repr::Tree(tree) => tree.grow(index, limits.list_piece(), |piece, at| {
                piece.replace(at, value.into())
            }),
        }
    }

    /// Adds `value` so that it has this index; behind the tail if the list is shorter.
    pub fn insert(&mut self, index: usize, value: &[u8], limits: &Limits) {
        self.insert_item(index.min(self.len()), value.into(), limits);
    }

    fn insert_item(&mut self, index: usize, item: ItemRef<'_>, limits: &Limits) {
        self.make_room(item.len(), 1, limits);
        match &mut self.repr {
            Repr::Packed(pack) => {
                let at = pack.seek(index as i64).unwrap_or(pack.end());
                pack.insert(at, item);
            }
            Repr::Tree(tree) => {
                tree.grow(index, limits.list_piece(), |piece, at| {
                    piece.insert(at, item);
                });
            }
        }
    }

    /// Leaves the packed encoding if it may not hold so much more.
    fn make_room(&mut self, bytes: usize, count: usize, limits: &Limits) {
        let limit = limits.list_piece();
        if let Repr::Packed(pack) = &mut self.repr
            && !limit.allows(pack.byte_len() + bytes, pack.len() + count)
        {
            let mut tree = Tree::new(Piece::default());
            tree.push_leaf(Piece::new(std::mem::take(pack)), limit);
            self.repr = Repr::Tree(tree);
        }
    }

    /// Returns to the packed encoding when a single piece is left that fills at most half of
    /// what it may, as Redis does.
    fn make_small(&mut self, limits: &Limits) {
        let limit = limits.list_piece();
        if let Repr::Tree(tree) = &self.repr
            && let Some(piece) = tree.single_leaf()
            && piece.pack().byte_len() <= limit.bytes / 2
            && piece.count() <= limit.count / 2
        {
            self.repr = Repr::Packed(piece.pack().clone());
        }
    }

    /// Leaves the packed encoding if there is more than it may hold; for lists that were
    /// loaded.
    pub fn fit(&mut self, limits: &Limits) {
        self.make_room(0, 0, limits);
    }

    /// LINSERT: adds `value` beside the first element equal to `pivot`; false if there is
    /// none. O(n).
    pub fn insert_beside(
        &mut self,
        side: Side,
        pivot: &[u8],
        value: &[u8],
        limits: &Limits,
    ) -> bool {
        let Some(index) = self.position(pivot) else {
            return false;
        };
        self.insert(index + usize::from(side == Side::After), value, limits);
        true
    }

    /// Index of the first element equal to `value`. O(n). LPOS's other forms: walk
    /// [`Self::iter`], reversed for a negative rank.
    pub fn position(&self, value: &[u8]) -> Option<usize> {
        let needle = Needle::new(value);
        self.iter().position(|item| needle.is(item))
    }

    /// LREM: removes up to `count` elements equal to `value`, from the head for a positive,
    /// from the tail for a negative count, all for 0. Returns how many. O(n).
    pub fn remove(&mut self, count: i64, value: &[u8], limits: &Limits) -> usize {
        let needle = Needle::new(value);
        let most = match count {
            0 => usize::MAX,
            count => usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
        };
        let removed = match &mut self.repr {
            Repr::Packed(pack) if count >= 0 => piece::remove_equal(pack, needle, 0, most),
            Repr::Packed(pack) => piece::remove_equal_back(pack, needle, usize::MAX, most),
            Repr::Tree(tree) if count >= 0 => {
                piece::remove_front(tree, needle, most, limits.list_piece())
            }
            Repr::Tree(tree) => piece::remove_back(tree, needle, most, limits.list_piece()),
        };
        self.make_small(limits);
        removed
    }

    /// LTRIM with bounds already made absolute: keeps only the elements in `keep`.
    pub fn trim(&mut self, keep: Range<usize>, limits: &Limits) {
        let len = self.len();
        let (start, end) = (keep.start.min(len), keep.end.min(len));
        if start >= end {
            self.remove_range(0..len, limits);
            return;
        }
        self.remove_range(end..len, limits);
        self.remove_range(0..start, limits);
    }

    /// Removes the elements with these indices. O(log n + elements removed).
    pub fn remove_range(&mut self, range: Range<usize>, limits: &Limits) {
        let end = range.end.min(self.len());
        let mut left = end.saturating_sub(range.start);
        match &mut self.repr {
            Repr::Packed(pack) => {
                if let Some(at) = pack.seek(range.start as i64) {
                    pack.remove(at, left);
                }
            }
            Repr::Tree(tree) => {
                while left > 0 {
                    let removed = tree.shrink(range.start, limits.list_piece(), |piece, at| {
                        piece.remove(at, left)
                    });
                    if removed == 0 {
                        break;
                    }
                    left -= removed;
                }
                self.make_small(limits);
            }
        }
    }

    /// All elements, head to tail; reversible.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// The elements with these indices; reversible. O(log n) to begin, then O(1) each.
    pub fn range(&self, range: Range<usize>) -> Iter<'_> {
        let len = self.len();
        let (start, end) = (range.start.min(len), range.end.min(len));
        let repr = match &self.repr {
            Repr::Packed(pack) => {
                let offset = |index: usize| pack.seek(index as i64).unwrap_or(pack.end());
                IterRepr::Packed(pack.iter_from(offset(start)).take_until(offset(end)))
            }
            Repr::Tree(tree) => IterRepr::Tree(TreeIter::new(tree, start, end)),
        };
        Iter {
            repr,
            left: end.saturating_sub(start),
        }
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.byte_capacity(),
            Repr::Tree(tree) => tree.memory_bytes(),
        }
    }

    /// How much work freeing it is: its pieces, 1 while small, as in Redis.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Packed(_) => 1,
            Repr::Tree(tree) => match tree.leaf_at(tree.len() / 2) {
                Some((piece, _)) => tree.len() / piece.count().max(1),
                None => 1,
            },
        }
    }

    /// A possibly negative index made absolute, if it is inside.
    fn index(&self, index: i64) -> Option<usize> {
        let len = self.len();
        let index = if index < 0 {
            len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
        } else {
            usize::try_from(index).ok()?
        };
        (index < len).then_some(index)
    }
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Elements of a list, from either end.
#[derive(Clone)]
pub struct Iter<'a> {
    repr: IterRepr<'a>,
    left: usize,
}

#[derive(Clone)]
enum IterRepr<'a> {
    Packed(listpack::Iter<'a>),
    Tree(TreeIter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = ItemRef<'a>;

    fn next(&mut self) -> Option<ItemRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.repr {
            IterRepr::Packed(iter) => iter.next(),
            IterRepr::Tree(iter) => iter.next(),
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
            IterRepr::Tree(iter) => iter.next_back(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The listpacks a list is made of.
pub struct Pieces<'a>(PiecesRepr<'a>);

enum PiecesRepr<'a> {
    Packed(Option<&'a Listpack>),
    Tree(Leaves<'a, Piece>),
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a Listpack;

    fn next(&mut self) -> Option<&'a Listpack> {
        match &mut self.0 {
            PiecesRepr::Packed(pack) => pack.take(),
            PiecesRepr::Tree(leaves) => leaves.next().map(Piece::pack),
        }
    }
}

#[cfg(test)]
mod tests;
