//! The large sorted set. Each member is one element, held by a run of the tree, which is in
//! order of (score, member), and by the table, which finds it by its bytes. A changed score
//! is a new element in both, because a clone may hold the old one.

use super::bounds::order;
use crate::elem::{Scored, Thin};
use crate::item::ItemRef;
use crate::tree::{Leaf, Tree};
use crate::trie::Trie;
use std::ops::Range;

/// Elements of a run; few in tests, so that small sets have many runs.
const RUN_MAX: usize = if cfg!(test) { 16 } else { 128 };
/// Elements a growing run makes room for at once: 256 bytes.
const GROWTH: usize = 32;

/// A leaf of the tree.
pub(super) struct Run {
    elems: Vec<Thin<Scored>>,
}

impl Clone for Run {
    fn clone(&self) -> Self {
        // A copy is made in order to be changed: leave room for one more.
        let mut elems = Vec::with_capacity((self.elems.len() + 1).next_multiple_of(GROWTH));
        elems.extend(self.elems.iter().cloned());
        Run { elems }
    }
}

impl Run {
    fn insert(&mut self, index: usize, elem: Thin<Scored>) {
        if self.elems.len() == self.elems.capacity() {
            self.elems.reserve_exact(GROWTH);
        }
        self.elems.insert(index.min(self.elems.len()), elem);
    }

    /// How many at the front fulfil `before`.
    fn partition(&self, before: impl Fn(&[u8], f64) -> bool) -> usize {
        self.elems.partition_point(|elem| {
            let elem = elem.get();
            before(elem.key(), elem.meta().score())
        })
    }
}

/// The first element of a run, with its score at hand.
#[derive(Clone)]
pub(super) struct First {
    score: f64,
    elem: Thin<Scored>,
}

impl Leaf for Run {
    type Key = First;
    type Limit = ();

    fn count(&self) -> usize {
        self.elems.len()
    }

    fn key(&self) -> Option<First> {
        self.elems.first().map(|elem| First {
            score: elem.get().meta().score(),
            elem: elem.clone(),
        })
    }

    fn begins_with(&self, key: &First) -> bool {
        self.elems.first().is_some_and(|elem| elem.is(&key.elem))
    }

    fn same_key(left: &First, right: &First) -> bool {
        left.elem.is(&right.elem)
    }

    fn split(&mut self, changed: Option<usize>, (): ()) -> Option<Self> {
        let len = self.elems.len();
        if len <= RUN_MAX {
            return None;
        }
        let at = match changed {
            Some(0) => 1,
            Some(index) if index + 1 == len => len - 1,
            _ => len / 2,
        };
        let tail = self.elems.split_off(at);
        self.elems.shrink_to((at + 1).next_multiple_of(GROWTH));
        Some(Run { elems: tail })
    }

    fn is_small(&self, (): ()) -> bool {
        self.elems.len() <= RUN_MAX / 4
    }

    fn fits_with(&self, next: &Self, (): ()) -> bool {
        self.elems.len() + next.elems.len() <= RUN_MAX / 2
    }

    fn absorb(&mut self, next: &Self) {
        self.elems.extend(next.elems.iter().cloned());
    }

    fn bytes(&self) -> usize {
        self.elems.capacity() * size_of::<Thin<Scored>>()
    }
}

/// See the module's page. Clones in O(1).
#[derive(Clone)]
pub(super) struct Large {
    tree: Tree<Run>,
    table: Trie<Scored>,
}

impl Large {
    pub(super) fn new(seed: u64) -> Large {
        Large {
            tree: Tree::new(Run { elems: Vec::new() }),
            table: Trie::new(seed),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tree.len()
    }

    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        Some(self.table.get(member)?.meta().score())
    }

    pub(super) fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let old = self.score(member);
        if let Some(old) = old {
            if old == score {
                return Some(old);
            }
            self.remove_from_tree(member, old);
        }
        let elem = Thin::scored(member, score);
        let rank = self.rank_of(member, score);
        let shared = elem.clone();
        self.tree
            .grow(rank, (), |run, index| run.insert(index, shared));
        self.table.insert(elem);
        old
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let score = self.table.remove(member)?.get().meta().score();
        self.remove_from_tree(member, score);
        Some(score)
    }

    fn remove_from_tree(&mut self, member: &[u8], score: f64) {
        let rank = self.rank_of(member, score);
        self.tree.shrink(rank, (), |run, index| {
            if index < run.elems.len() {
                run.elems.remove(index);
            }
        });
    }

    /// How many elements come before this one, whether it is there or not.
    fn rank_of(&self, member: &[u8], score: f64) -> usize {
        self.partition(|its, its_score| order((its_score, its), (score, member)).is_lt())
    }

    pub(super) fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        Some((self.rank_of(member, score), score))
    }

    /// How many members at the front fulfil `before`.
    pub(super) fn partition(&self, before: impl Fn(&[u8], f64) -> bool) -> usize {
        self.tree.partition(
            |first| before(first.elem.get().key(), first.score),
            |run| run.partition(&before),
        )
    }

    pub(super) fn remove_range(
        &mut self,
        ranks: Range<usize>,
        mut removed: impl FnMut(ItemRef<'_>, f64),
    ) {
        let mut left = ranks.len();
        while left > 0 && ranks.start < self.tree.len() {
            let gone: Vec<Thin<Scored>> = self.tree.shrink(ranks.start, (), |run, index| {
                let end = (index + left).min(run.elems.len());
                run.elems.drain(index.min(end)..end).collect()
            });
            for elem in &gone {
                let elem = elem.get();
                removed(ItemRef::Bytes(elem.key()), elem.meta().score());
                self.table.remove(elem.key());
            }
            left = left.saturating_sub(gone.len().max(1));
        }
    }

    pub(super) fn range(&self, start: usize, end: usize) -> Iter<'_> {
        Iter {
            tree: &self.tree,
            front: [].iter(),
            front_next: start,
            back: [].iter(),
            back_next: end,
        }
    }

    pub(super) fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut emit: impl FnMut(ItemRef<'_>, f64),
    ) -> u64 {
        self.table.scan(cursor, count, |elem| {
            emit(ItemRef::Bytes(elem.key()), elem.meta().score());
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        // Elements are counted with the table.
        self.tree.memory_bytes() + self.table.memory_bytes()
    }
}

/// Members from either end. Whoever walks them counts, so that the ends do not cross.
#[derive(Clone)]
pub(super) struct Iter<'a> {
    tree: &'a Tree<Run>,
    front: std::slice::Iter<'a, Thin<Scored>>,
    /// Rank of the first element behind those in `front`.
    front_next: usize,
    back: std::slice::Iter<'a, Thin<Scored>>,
    /// Rank of the first of those in `back`.
    back_next: usize,
}

fn pair(elem: &Thin<Scored>) -> (ItemRef<'_>, f64) {
    let elem = elem.get();
    (ItemRef::Bytes(elem.key()), elem.meta().score())
}

impl<'a> Iter<'a> {
    pub(super) fn next(&mut self) -> Option<(ItemRef<'a>, f64)> {
        loop {
            if let Some(elem) = self.front.next() {
                return Some(pair(elem));
            }
            let (run, index) = self.tree.leaf_at(self.front_next)?;
            self.front = run.elems.get(index..)?.iter();
            self.front_next += self.front.len();
        }
    }

    pub(super) fn next_back(&mut self) -> Option<(ItemRef<'a>, f64)> {
        loop {
            if let Some(elem) = self.back.next_back() {
                return Some(pair(elem));
            }
            let last = self.back_next.checked_sub(1)?;
            let (run, index) = self.tree.leaf_at(last)?;
            self.back = run.elems.get(..=index)?.iter();
            self.back_next = last - index;
        }
    }
}
