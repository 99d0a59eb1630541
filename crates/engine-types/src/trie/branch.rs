//! An inner node of the trie: 64 slots, each leading to one of its children.

use super::segment::Segment;
use super::{BRANCH_BITS, DEPTH_MAX, MERGE_MAX, Node, SEGMENT_MAX};
use crate::elem::Meta;
use rapidhash::v3::RapidSecrets;
use std::sync::Arc;

const SLOTS: usize = 1 << BRANCH_BITS;

#[derive(Clone)]
pub(super) struct Branch<M: Meta> {
    /// Slot to index in `children`; a child's slots are adjacent.
    slots: [u8; SLOTS],
    /// In no particular order.
    children: Vec<Child<M>>,
}

pub(super) struct Child<M: Meta> {
    pub(super) node: Node<M>,
    /// Elements below.
    pub(super) count: usize,
    /// How many of the branch's bits lead here: it has `2^(6 - bits)` slots. A branch as
    /// child has all 6.
    pub(super) bits: u8,
}

impl<M: Meta> Clone for Child<M> {
    fn clone(&self) -> Self {
        Child {
            node: self.node.clone(),
            count: self.count,
            bits: self.bits,
        }
    }
}

impl<M: Meta> Branch<M> {
    /// A branch in place of a segment with a prefix of `depth` bits.
    pub(super) fn of(segment: Segment<M>, depth: u32, secrets: &RapidSecrets) -> Branch<M> {
        let count = segment.words().len();
        let mut branch = Branch {
            slots: [0; SLOTS],
            children: vec![Child {
                node: segment.into_node(),
                count,
                bits: 0,
            }],
        };
        branch.split_if_full(0, depth, secrets);
        branch
    }

    fn index(&self, slot: usize) -> usize {
        self.slots.get(slot).map_or(0, |&index| usize::from(index))
    }

    /// The child of a slot and how many bits lead to it.
    #[inline]
    pub(super) fn child(&self, slot: usize) -> (&Node<M>, u32) {
        // Every slot's index is inside: `attach` and `detach` keep it so.
        let child = &self.children[self.index(slot)];
        (&child.node, u32::from(child.bits))
    }

    pub(super) fn child_mut(&mut self, slot: usize) -> Option<&mut Node<M>> {
        self.entry_mut(slot).map(|child| &mut child.node)
    }

    pub(super) fn entry_mut(&mut self, slot: usize) -> Option<&mut Child<M>> {
        let index = self.index(slot);
        self.children.get_mut(index)
    }

    /// The child that holds the element with this index in hash order, and its index there.
    pub(super) fn child_with(&self, mut index: usize) -> Option<(&Node<M>, usize)> {
        let mut slot = 0;
        while slot < SLOTS {
            let child = self.children.get(self.index(slot))?;
            if index < child.count {
                return Some((&child.node, index));
            }
            index -= child.count;
            slot += SLOTS >> child.bits;
        }
        None
    }

    /// Splits the child of a slot until no part has too many words. `depth` is the branch's.
    pub(super) fn split_if_full(&mut self, slot: usize, depth: u32, secrets: &RapidSecrets) {
        let index = self.index(slot);
        let Some(child) = self.children.get_mut(index) else {
            return;
        };
        let (bits, below) = (child.bits, depth + u32::from(child.bits));
        if child.count <= SEGMENT_MAX || below >= DEPTH_MAX {
            return;
        }
        let Node::Segment(segment) = &mut child.node else {
            return;
        };
        let segment = std::mem::take(Arc::make_mut(segment));
        if u32::from(bits) == BRANCH_BITS {
            child.node = Node::Branch(Arc::new(Branch::of(segment, below, secrets)));
            return;
        }
        let [low, high] = segment.halves(below, secrets);
        child.count = low.words().len();
        child.node = low.into_node();
        child.bits = bits + 1;
        let width = SLOTS >> (bits + 1);
        let first = slot & !(2 * width - 1);
        let count = high.words().len();
        let high = Child {
            node: high.into_node(),
            count,
            bits: bits + 1,
        };
        self.attach(high, first + width);
        self.split_if_full(first, depth, secrets);
        self.split_if_full(first + width, depth, secrets);
    }

    /// Adds a child that has the slots from `first` on.
    fn attach(&mut self, child: Child<M>, first: usize) {
        let index = self.children.len() as u8;
        let width = SLOTS >> child.bits;
        if self.children.len() == self.children.capacity() {
            self.children.reserve_exact(4);
        }
        self.children.push(child);
        if let Some(slots) = self.slots.get_mut(first..first + width) {
            slots.fill(index);
        }
    }

    /// Joins the child of a slot with its neighbours while both are small. A branch that has
    /// come down to one segment becomes that segment first.
    pub(super) fn merge_if_small(&mut self, slot: usize) {
        if let Some(child) = self.entry_mut(slot)
            && let Node::Branch(branch) = &child.node
            && let Some(only) = branch.only_segment()
        {
            child.node = only;
        }
        while self.merge(slot).is_some() {}
    }

    fn merge(&mut self, slot: usize) -> Option<()> {
        let index = self.index(slot);
        let child = self.children.get(index)?;
        let bits = child.bits;
        if bits == 0 || child.count > MERGE_MAX {
            return None;
        }
        let width = SLOTS >> bits;
        let first = slot & !(2 * width - 1);
        let (low_index, high_index) = (self.index(first), self.index(first + width));
        let (low, high) = (
            self.children.get(low_index)?,
            self.children.get(high_index)?,
        );
        let count = low.count + high.count;
        if low.bits != bits || high.bits != bits || count > MERGE_MAX {
            return None;
        }
        let (Node::Segment(low), Node::Segment(high)) = (&low.node, &high.node) else {
            return None;
        };
        let node = Segment::join(low, high).into_node();
        let joined = self.children.get_mut(low_index)?;
        *joined = Child {
            node,
            count,
            bits: bits - 1,
        };
        self.slots
            .get_mut(first + width..first + 2 * width)?
            .fill(low_index as u8);
        self.detach(high_index);
        Some(())
    }

    /// Removes a child no slot leads to any more; the last one takes its place.
    fn detach(&mut self, index: usize) {
        let last = self.children.len() - 1;
        self.children.swap_remove(index);
        for slot in &mut self.slots {
            if usize::from(*slot) == last {
                *slot = index as u8;
            }
        }
    }

    /// The only child, if it is a segment.
    pub(super) fn only_segment(&self) -> Option<Node<M>> {
        match &self.children[..] {
            [only] if matches!(only.node, Node::Segment(_)) => Some(only.node.clone()),
            _ => None,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let own = size_of::<Self>() + self.children.capacity() * size_of::<Child<M>>();
        let below = self.children.iter().map(|child| child.node.bytes());
        own + below.sum::<usize>()
    }
}

#[cfg(test)]
impl<M: Meta> Branch<M> {
    /// Asserts that children cover whole, aligned, adjacent slots, and sums what `below` tells.
    pub(super) fn check(&self, mut below: impl FnMut(&Child<M>) -> usize) -> usize {
        let (mut slot, mut sum, mut seen) = (0, 0, 0);
        while slot < SLOTS {
            let index = self.index(slot);
            let child = &self.children[index];
            let width = SLOTS >> child.bits;
            assert_eq!(slot % width, 0);
            assert!(
                self.slots[slot..slot + width]
                    .iter()
                    .all(|&it| usize::from(it) == index)
            );
            assert!(matches!(child.node, Node::Segment(_)) || u32::from(child.bits) == BRANCH_BITS);
            sum += below(child);
            seen += 1;
            slot += width;
        }
        assert_eq!(seen, self.children.len());
        sum
    }
}
