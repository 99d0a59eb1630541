//! The counted tree: a B+-tree whose inner nodes know how many elements lie below each child,
//! so that positions are found, and found out, in O(log n).
//!
//! It holds anything that comes in *leaves* ([`Leaf`]): packed pieces of a list, runs of a
//! sorted set's elements. Leaves are changed by position; a tree in some order finds positions
//! with [`Tree::partition`]. Each child carries the key of its first element for that.
//!
//! Nodes are shared: a clone is one count at the root, and a change copies the nodes on its
//! path that something else holds.

use std::sync::Arc;

/// Children of an inner node before it splits; few in tests, so that small trees are deep.
const FANOUT: usize = if cfg!(test) { 5 } else { 32 };

/// What a tree is made of.
pub(crate) trait Leaf: Clone {
    /// Stands for an element in inner nodes.
    type Key: Clone;
    /// What a leaf may hold.
    type Limit: Copy;

    /// Elements in the leaf.
    fn count(&self) -> usize;

    /// The key of the first element; `None` for an empty leaf.
    fn key(&self) -> Option<Self::Key>;

    /// Whether `key` is the first element's, so that it need not be made again.
    fn begins_with(&self, key: &Self::Key) -> bool;

    /// Whether both stand for the very same element.
    fn same_key(left: &Self::Key, right: &Self::Key) -> bool;

    /// When there is more in the leaf than `limit` allows, moves the rest from some place on
    /// into a new leaf, both parts having elements. `changed` is the index last inserted at:
    /// at either end, all the rest had better stay together, because whatever grows at its
    /// end should leave full leaves behind.
    fn split(&mut self, changed: Option<usize>, limit: Self::Limit) -> Option<Self>;

    /// Whether the leaf holds so little that it should join a neighbour.
    fn is_small(&self, limit: Self::Limit) -> bool;

    /// Whether this leaf and the next may become one: together well below the limit, so that
    /// the next insertion does not part them again.
    fn fits_with(&self, next: &Self, limit: Self::Limit) -> bool;

    /// Takes the next leaf's elements in.
    fn absorb(&mut self, next: &Self);

    /// Bytes allocated, without what elements are shared with other structures.
    fn bytes(&self) -> usize;
}

/// See the module's page.
#[derive(Clone)]
pub(crate) struct Tree<L: Leaf> {
    root: Arc<Node<L>>,
    count: usize,
}

#[derive(Clone)]
enum Node<L: Leaf> {
    Leaf(L),
    Inner(Vec<Child<L>>),
}

struct Child<L: Leaf> {
    node: Arc<Node<L>>,
    /// Elements below.
    count: usize,
    /// The first element's.
    key: L::Key,
}

impl<L: Leaf> Clone for Child<L> {
    fn clone(&self) -> Self {
        Child {
            node: Arc::clone(&self.node),
            count: self.count,
            key: self.key.clone(),
        }
    }
}

impl<L: Leaf> Tree<L> {
    /// A tree of one leaf.
    pub(crate) fn new(leaf: L) -> Self {
        Tree {
            count: leaf.count(),
            root: Arc::new(Node::Leaf(leaf)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The leaf that holds this position and the position's index in it. O(log n).
    pub(crate) fn leaf_at(&self, position: usize) -> Option<(&L, usize)> {
        if position >= self.count {
            return None;
        }
        let (mut node, mut index) = (&*self.root, position);
        loop {
            match node {
                Node::Leaf(leaf) => return Some((leaf, index)),
                Node::Inner(children) => {
                    let (at, within) = child_at(children, index);
                    node = &children.get(at)?.node;
                    index = within;
                }
            }
        }
    }

    /// The only leaf, if there is just one.
    pub(crate) fn single_leaf(&self) -> Option<&L> {
        match &*self.root {
            Node::Leaf(leaf) => Some(leaf),
            Node::Inner(_) => None,
        }
    }

    /// How many elements at the front lie before a place in order. `before` tells it of the
    /// elements keys stand for, `in_leaf` of how many at the front of a leaf. O(log n).
    pub(crate) fn partition(
        &self,
        before: impl Fn(&L::Key) -> bool,
        in_leaf: impl FnOnce(&L) -> usize,
    ) -> usize {
        let (mut node, mut passed) = (&*self.root, 0);
        loop {
            match node {
                Node::Leaf(leaf) => return passed + in_leaf(leaf),
                Node::Inner(children) => {
                    // The first child's elements may be before it even if its key is not.
                    let at = children
                        .partition_point(|child| before(&child.key))
                        .saturating_sub(1);
                    let (skipped, rest) = children.split_at(at);
                    passed += skipped.iter().map(|child| child.count).sum::<usize>();
                    let Some(child) = rest.first() else {
                        return passed;
                    };
                    node = &child.node;
                }
            }
        }
    }

    /// Changes the leaf that holds this position; the end belongs to the last leaf. `change`
    /// is given the leaf and the index in it, and may add elements at that index or replace
    /// the one there. O(log n) besides.
    pub(crate) fn grow<R>(
        &mut self,
        position: usize,
        limit: L::Limit,
        change: impl FnOnce(&mut L, usize) -> R,
    ) -> R {
        let (result, added) = grow(Arc::make_mut(&mut self.root), position, limit, change);
        self.widen(added);
        result
    }

    /// Changes the leaf that holds this position by removing elements from that index on.
    /// O(log n) besides.
    pub(crate) fn shrink<R>(
        &mut self,
        position: usize,
        limit: L::Limit,
        change: impl FnOnce(&mut L, usize) -> R,
    ) -> R {
        let result = shrink(Arc::make_mut(&mut self.root), position, limit, change);
        while let Node::Inner(children) = &*self.root
            && let [only] = &children[..]
        {
            self.root = Arc::clone(&only.node);
        }
        self.count = self.root.count();
        result
    }

    /// Adds a whole leaf at the end, split if it is beyond the limit. O(log n) each part.
    pub(crate) fn push_leaf(&mut self, leaf: L, limit: L::Limit) {
        let mut leaf = leaf;
        let mut parts = Vec::new();
        split_leaf(&mut leaf, None, limit, &mut parts);
        parts.insert(0, leaf);
        for part in parts {
            if self.count == 0 {
                *self = Tree::new(part);
            } else if part.count() > 0 {
                let added = push_leaf(Arc::make_mut(&mut self.root), part);
                self.widen(added);
            }
        }
    }

    /// Puts the root and its new siblings under a new root.
    fn widen(&mut self, added: Vec<Child<L>>) {
        if !added.is_empty() {
            let mut children = Vec::with_capacity(FANOUT);
            children.extend(child_of(Arc::clone(&self.root)));
            children.extend(added);
            self.root = Arc::new(Node::Inner(children));
        }
        self.count = self.root.count();
    }

    /// All leaves in order.
    pub(crate) fn leaves(&self) -> Leaves<'_, L> {
        Leaves {
            tree: self,
            position: 0,
        }
    }

    /// Nodes that are not leaves. O(their number).
    pub(crate) fn inner_nodes(&self) -> usize {
        self.root.inner_nodes()
    }

    /// Bytes of nodes and leaves, estimated from a sample when there are many.
    pub(crate) fn memory_bytes(&self) -> usize {
        const SAMPLES: usize = 16;
        let header = 2 * size_of::<usize>() + size_of::<Node<L>>();
        if let Node::Leaf(leaf) = &*self.root {
            return header + leaf.bytes();
        }
        let (mut bytes, mut elements) = (0, 0);
        for sample in 0..SAMPLES {
            let Some((leaf, _)) = self.leaf_at(self.count * sample / SAMPLES) else {
                continue;
            };
            // Inner nodes are about two thirds full.
            bytes += header + leaf.bytes() + size_of::<Child<L>>() * 3 / 2;
            elements += leaf.count();
        }
        (self.count as u128 * bytes as u128 / elements.max(1) as u128) as usize
    }
}

impl<L: Leaf> Node<L> {
    fn count(&self) -> usize {
        match self {
            Node::Leaf(leaf) => leaf.count(),
            Node::Inner(children) => children.iter().map(|child| child.count).sum(),
        }
    }

    fn inner_nodes(&self) -> usize {
        match self {
            Node::Leaf(_) => 0,
            // All leaves are equally far from the root.
            Node::Inner(children) => match children.first().map(|child| &*child.node) {
                Some(Node::Inner(_)) => {
                    1 + children.iter().map(|c| c.node.inner_nodes()).sum::<usize>()
                }
                _ => 1,
            },
        }
    }

    fn key(&self) -> Option<L::Key> {
        match self {
            Node::Leaf(leaf) => leaf.key(),
            Node::Inner(children) => children.first().map(|child| child.key.clone()),
        }
    }

    fn is_small(&self, limit: L::Limit) -> bool {
        match self {
            Node::Leaf(leaf) => leaf.is_small(limit),
            Node::Inner(children) => children.len() <= FANOUT / 4,
        }
    }
}

/// A node as a child; `None` when there is nothing in it.
fn child_of<L: Leaf>(node: Arc<Node<L>>) -> Option<Child<L>> {
    Some(Child {
        count: node.count(),
        key: node.key()?,
        node,
    })
}

/// Index of the child that holds a position, and the position in it; the end is the last's.
fn child_at<L: Leaf>(children: &[Child<L>], position: usize) -> (usize, usize) {
    let mut left = position;
    for (at, child) in children.iter().enumerate() {
        if left < child.count || at + 1 == children.len() {
            return (at, left);
        }
        left -= child.count;
    }
    (0, left)
}

/// The change's result, and the new siblings that follow the node.
fn grow<L: Leaf, R>(
    node: &mut Node<L>,
    position: usize,
    limit: L::Limit,
    change: impl FnOnce(&mut L, usize) -> R,
) -> (R, Vec<Child<L>>) {
    match node {
        Node::Leaf(leaf) => {
            let result = change(leaf, position);
            let mut added = Vec::new();
            split_leaf(leaf, Some(position), limit, &mut added);
            let children = added
                .into_iter()
                .filter_map(|leaf| child_of(Arc::new(Node::Leaf(leaf))));
            (result, children.collect())
        }
        Node::Inner(children) => {
            let (at, within) = child_at(children, position);
            // An inner node has children as long as the tree lives.
            let child = &mut children[at];
            let node = Arc::make_mut(&mut child.node);
            let (result, added) = grow(node, within, limit, change);
            refresh(child);
            if added.is_empty() {
                return (result, added);
            }
            let next = at + 1;
            children.splice(next..next, added);
            (result, split_inner(children, at))
        }
    }
}

/// Adds a leaf behind the last; the node's new siblings.
fn push_leaf<L: Leaf>(node: &mut Node<L>, leaf: L) -> Vec<Child<L>> {
    let Node::Inner(children) = node else {
        return child_of(Arc::new(Node::Leaf(leaf))).into_iter().collect();
    };
    let at = children.len() - 1;
    let last = &mut children[at];
    let added = push_leaf(Arc::make_mut(&mut last.node), leaf);
    refresh(last);
    children.extend(added);
    split_inner(children, at)
}

/// Splits a leaf until every part is within the limit; the parts behind the first, in order.
fn split_leaf<L: Leaf>(leaf: &mut L, changed: Option<usize>, limit: L::Limit, parts: &mut Vec<L>) {
    let Some(mut next) = leaf.split(changed, limit) else {
        return;
    };
    split_leaf(leaf, None, limit, parts);
    let mut behind = Vec::new();
    split_leaf(&mut next, None, limit, &mut behind);
    parts.push(next);
    parts.append(&mut behind);
}

/// Splits an inner node that has become too wide; the new siblings behind it.
fn split_inner<L: Leaf>(children: &mut Vec<Child<L>>, grown_at: usize) -> Vec<Child<L>> {
    let mut siblings = Vec::new();
    while children.len() > FANOUT {
        // What grows at its end leaves full nodes behind.
        let keep = if grown_at + 2 >= children.len() && siblings.is_empty() {
            FANOUT - 1
        } else {
            FANOUT / 2
        };
        let keep = keep.max(children.len().saturating_sub(FANOUT));
        let tail = children.split_off(keep);
        siblings.extend(child_of(Arc::new(Node::Inner(tail))));
        // More than one split is needed only after an enormous insertion; then parts are cut
        // from the back.
    }
    siblings.reverse();
    siblings
}

/// Makes a child's count and key those of its node again.
fn refresh<L: Leaf>(child: &mut Child<L>) {
    child.count = child.node.count();
    let same = match &*child.node {
        Node::Leaf(leaf) => leaf.begins_with(&child.key),
        Node::Inner(children) => children
            .first()
            .is_some_and(|first| L::same_key(&first.key, &child.key)),
    };
    if !same && let Some(key) = child.node.key() {
        child.key = key;
    }
}

fn shrink<L: Leaf, R>(
    node: &mut Node<L>,
    position: usize,
    limit: L::Limit,
    change: impl FnOnce(&mut L, usize) -> R,
) -> R {
    match node {
        Node::Leaf(leaf) => change(leaf, position),
        Node::Inner(children) => {
            let (at, within) = child_at(children, position);
            let child = &mut children[at];
            let node = Arc::make_mut(&mut child.node);
            let result = shrink(node, within, limit, change);
            refresh(child);
            if child.count == 0 {
                children.remove(at);
            } else if child.node.is_small(limit) && !join(children, at, limit) && at > 0 {
                join(children, at - 1, limit);
            }
            result
        }
    }
}

/// Joins a child with the next one if both together are small.
fn join<L: Leaf>(children: &mut Vec<Child<L>>, at: usize, limit: L::Limit) -> bool {
    let (front, back) = children.split_at_mut(at + 1);
    let (Some(left), Some(right)) = (front.last_mut(), back.first()) else {
        return false;
    };
    let joined = match (&*left.node, &*right.node) {
        (Node::Leaf(one), Node::Leaf(next)) if one.fits_with(next, limit) => {
            let mut one = one.clone();
            one.absorb(next);
            Some(Node::Leaf(one))
        }
        (Node::Inner(one), Node::Inner(next)) if one.len() + next.len() <= FANOUT / 2 => {
            let mut all = Vec::with_capacity(FANOUT);
            all.extend(one.iter().cloned());
            all.extend(next.iter().cloned());
            Some(Node::Inner(all))
        }
        _ => None,
    };
    let Some(node) = joined else {
        return false;
    };
    left.node = Arc::new(node);
    refresh(left);
    children.remove(at + 1);
    true
}

/// The leaves of a tree in order.
#[derive(Clone)]
pub(crate) struct Leaves<'a, L: Leaf> {
    tree: &'a Tree<L>,
    position: usize,
}

impl<'a, L: Leaf> Iterator for Leaves<'a, L> {
    type Item = &'a L;

    fn next(&mut self) -> Option<&'a L> {
        let (leaf, _) = self.tree.leaf_at(self.position)?;
        self.position += leaf.count();
        Some(leaf)
    }
}

#[cfg(test)]
mod tests;
