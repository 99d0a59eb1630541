//! What streams keep in order besides their entries: groups, consumers, pending entries. A run
//! of items a leaf, in the counted tree, so that a clone is O(1) and a change copies little.

use crate::tree::{Leaf, Tree};
use std::borrow::Borrow;

/// Items of a run; few in tests, so that small trees have many.
const RUN_MAX: usize = if cfg!(test) { 8 } else { 64 };

/// An item with what it is found by.
pub(super) trait Keyed: Clone {
    type Key: Clone + Ord;

    fn key(&self) -> &Self::Key;
}

/// Items in the order of their keys. Clones in O(1).
#[derive(Clone)]
pub(super) struct Sorted<T: Keyed> {
    tree: Tree<Run<T>>,
}

#[derive(Clone)]
struct Run<T> {
    items: Vec<T>,
}

impl<T: Keyed> Default for Sorted<T> {
    fn default() -> Self {
        Sorted {
            tree: Tree::new(Run { items: Vec::new() }),
        }
    }
}

impl<T: Keyed> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.tree.len()
    }

    /// O(log n), as everything here that is not said to be otherwise.
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&T>
    where
        T::Key: Borrow<Q>,
    {
        let (run, at) = self.tree.leaf_at(self.position(key))?;
        let item = run.items.get(at)?;
        (item.key().borrow() == key).then_some(item)
    }

    pub(super) fn first(&self) -> Option<&T> {
        self.from(0).next()
    }

    pub(super) fn last(&self) -> Option<&T> {
        self.from(self.len().saturating_sub(1)).next()
    }

    /// Changes an item, whose key must stay; `None` if there is none.
    pub(super) fn update<Q: Ord + ?Sized, R>(
        &mut self,
        key: &Q,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R>
    where
        T::Key: Borrow<Q>,
    {
        self.get(key)?;
        let position = self.position(key);
        self.tree
            .grow(position, (), |run, at| Some(change(run.items.get_mut(at)?)))
    }

    /// False, and nothing done, if there is an item with this key.
    pub(super) fn insert(&mut self, item: T) -> bool {
        if self.get(item.key()).is_some() {
            return false;
        }
        let position = self.position(item.key());
        self.tree.grow(position, (), |run, at| {
            run.items.insert(at.min(run.items.len()), item);
        });
        true
    }

    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<T>
    where
        T::Key: Borrow<Q>,
    {
        self.get(key)?;
        let position = self.position(key);
        Some(
            self.tree
                .shrink(position, (), |run, at| run.items.remove(at)),
        )
    }

    /// All items in order.
    pub(super) fn iter(&self) -> Iter<'_, T> {
        self.from(0)
    }

    /// The items from a key on.
    pub(super) fn iter_from<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, T>
    where
        T::Key: Borrow<Q>,
    {
        self.from(self.position(key))
    }

    fn from(&self, position: usize) -> Iter<'_, T> {
        Iter {
            tree: &self.tree,
            run: [].iter(),
            next: position,
        }
    }

    /// How many items come before a key.
    fn position<Q: Ord + ?Sized>(&self, key: &Q) -> usize
    where
        T::Key: Borrow<Q>,
    {
        self.tree.partition(
            |first| first.borrow() < key,
            |run| run.items.partition_point(|item| item.key().borrow() < key),
        )
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }
}

impl<T: Keyed> Leaf for Run<T> {
    type Key = T::Key;
    type Limit = ();

    fn count(&self) -> usize {
        self.items.len()
    }

    fn key(&self) -> Option<T::Key> {
        self.items.first().map(|item| item.key().clone())
    }

    fn begins_with(&self, key: &T::Key) -> bool {
        self.items.first().is_some_and(|item| item.key() == key)
    }

    fn same_key(left: &T::Key, right: &T::Key) -> bool {
        left == right
    }

    fn split(&mut self, changed: Option<usize>, (): ()) -> Option<Self> {
        let len = self.items.len();
        if len <= RUN_MAX {
            return None;
        }
        let at = match changed {
            Some(0) => 1,
            Some(index) if index + 1 == len => len - 1,
            _ => len / 2,
        };
        let items = self.items.split_off(at);
        self.items.shrink_to_fit();
        Some(Run { items })
    }

    fn is_small(&self, (): ()) -> bool {
        self.items.len() <= RUN_MAX / 4
    }

    fn fits_with(&self, next: &Self, (): ()) -> bool {
        self.items.len() + next.items.len() <= RUN_MAX / 2
    }

    fn absorb(&mut self, next: &Self) {
        self.items.extend(next.items.iter().cloned());
    }

    fn bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }
}

/// Items in order. O(1) each, O(log n) a run.
pub(super) struct Iter<'a, T: Keyed> {
    tree: &'a Tree<Run<T>>,
    run: std::slice::Iter<'a, T>,
    /// Position of the first item behind those in `run`.
    next: usize,
}

impl<'a, T: Keyed> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        loop {
            if let Some(item) = self.run.next() {
                return Some(item);
            }
            let (run, at) = self.tree.leaf_at(self.next)?;
            self.next += run.items.len() - at;
            self.run = run.items.get(at..)?.iter();
        }
    }
}
