//! The entries of a stream, apart from its groups.

use super::id::StreamId;
use super::node::{Fields, Found, Head, Node};
use crate::item::Corrupt;
use crate::limits::Limits;
use crate::listpack::{Listpack, SAFE_LEN_MAX};
use crate::tree::Tree;

/// Entries in the order of their IDs. Clones in O(1).
#[derive(Clone)]
pub struct Entries {
    tree: Tree<Node>,
    nodes: usize,
    last_id: StreamId,
    first_id: StreamId,
    max_deleted_id: StreamId,
    added: u64,
}

/// Which entries XTRIM takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    /// The oldest, so that this many are left.
    ToLen(usize),
    /// Those with smaller IDs.
    Below(StreamId),
}

/// An entry where it lies.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    node: &'a Node,
    head: Head,
    found: Found,
}

impl<'a> Entry<'a> {
    pub fn id(&self) -> StreamId {
        self.found.id
    }

    /// Names and values, as they were given.
    pub fn fields(&self) -> Fields<'a> {
        self.node.fields(&self.head, &self.found)
    }
}

impl Default for Entries {
    fn default() -> Self {
        Entries {
            tree: Tree::new(Node::default()),
            nodes: 0,
            last_id: StreamId::MIN,
            first_id: StreamId::MIN,
            max_deleted_id: StreamId::MIN,
            added: 0,
        }
    }
}

impl Entries {
    /// Number of entries. O(1).
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last ID that was given to an entry, which may be gone.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// The ID of the first entry; 0-0 without one.
    pub fn first_id(&self) -> StreamId {
        self.first_id
    }

    /// The greatest ID that was taken away by XDEL.
    pub fn max_deleted_id(&self) -> StreamId {
        self.max_deleted_id
    }

    /// How many entries have ever been added.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// The ID of the last entry that is there.
    pub fn last_present_id(&self) -> Option<StreamId> {
        let entry = self.range_back(StreamId::MIN, StreamId::MAX).next()?;
        Some(entry.id())
    }

    /// The ID that an entry added now would get; `None` when there are no more.
    pub fn next_id(&self, now_ms: i64) -> Option<StreamId> {
        let now = StreamId::new(now_ms.max(0) as u64, 0);
        if now.ms > self.last_id.ms {
            Some(now)
        } else {
            self.last_id.next()
        }
    }

    /// Adds an entry with a greater ID than any before; false, and nothing done, for others.
    /// `fields` are names and values in turn. O(log n).
    pub(super) fn append(&mut self, id: StreamId, fields: &[&[u8]], limits: &Limits) -> bool {
        if id <= self.last_id {
            return false;
        }
        let bytes: usize = fields.iter().map(|part| part.len()).sum();
        let bytes_max = match limits.stream_node_max_bytes {
            0 => SAFE_LEN_MAX,
            most => most.min(SAFE_LEN_MAX),
        };
        let entries_max = limits.stream_node_max_entries;
        let last = self.len().saturating_sub(1);
        let has_room = self
            .tree
            .leaf_at(last)
            .map(|(node, _)| node.has_room(bytes, bytes_max, entries_max));
        if has_room == Some(true) {
            self.tree.grow(last, (), |node, _| node.append(id, fields));
        } else {
            if has_room.is_some() {
                self.tree.grow(last, (), |node, _| node.close());
            }
            self.tree.push_leaf(Node::begin(id, fields), ());
            self.nodes += 1;
        }
        if self.len() == 1 {
            self.first_id = id;
        }
        self.last_id = id;
        self.added = self.added.wrapping_add(1);
        true
    }

    /// Takes an entry away; false if there is none with this ID. O(log n + entries of a node).
    pub(super) fn delete(&mut self, id: StreamId) -> bool {
        if self.get(id).is_none() {
            return false;
        }
        let position = self.node_of(id);
        let gone = self.tree.shrink(position, (), |node, _| {
            node.delete(id);
            node.pack().is_empty()
        });
        self.nodes -= usize::from(gone);
        self.max_deleted_id = self.max_deleted_id.max(id);
        if id == self.first_id {
            self.find_first();
        }
        true
    }

    /// Takes entries away from the front, whole nodes only if `roughly`, at most `limit` if that
    /// is not 0; how many. O(log n) a node.
    pub(super) fn trim(&mut self, how: Trim, roughly: bool, limit: usize) -> usize {
        let before = self.len();
        while let Some((node, _)) = self.tree.leaf_at(0) {
            let live = crate::tree::Leaf::count(node);
            if matches!(how, Trim::ToLen(len) if self.len() <= len)
                || limit != 0 && before - self.len() + live > limit
            {
                break;
            }
            let whole = match how {
                Trim::ToLen(len) => self.len() - live >= len,
                Trim::Below(id) => node.last_id().is_some_and(|last| last < id),
            };
            if whole {
                self.tree.shrink(0, (), |node, _| node.clear());
                self.nodes -= 1;
                continue;
            }
            if !roughly {
                self.trim_first_node(how);
            }
            break;
        }
        let gone = before - self.len();
        if gone > 0 {
            self.find_first();
        }
        gone
    }

    fn trim_first_node(&mut self, how: Trim) {
        let mut left = match how {
            Trim::ToLen(len) => self.len().saturating_sub(len),
            Trim::Below(_) => usize::MAX,
        };
        let emptied = self.tree.shrink(0, (), |node, _| {
            node.delete_while(|id| {
                let goes = match how {
                    Trim::ToLen(_) => left > 0,
                    Trim::Below(least) => id < least,
                };
                left -= usize::from(goes);
                goes
            });
            node.pack().is_empty()
        });
        self.nodes -= usize::from(emptied);
    }

    fn find_first(&mut self) {
        let first = self.range(StreamId::MIN, StreamId::MAX).next();
        self.first_id = first.map_or(StreamId::MIN, |entry| entry.id());
    }

    /// XSETID; the caller has checked that the numbers fit.
    pub(super) fn set_counters(
        &mut self,
        last_id: StreamId,
        added: Option<u64>,
        max_deleted_id: Option<StreamId>,
    ) {
        self.last_id = last_id;
        self.added = added.unwrap_or(self.added);
        self.max_deleted_id = max_deleted_id.unwrap_or(self.max_deleted_id);
    }

    /// Adds a node from outside behind the others.
    ///
    /// # Errors
    /// It is not well-formed, or does not come behind them.
    pub(super) fn push_node(&mut self, id: StreamId, pack: Listpack) -> Result<(), Corrupt> {
        if self.last_present_id() >= Some(id) {
            return Err(Corrupt);
        }
        if let Some(node) = Node::from_outside(id, pack)? {
            self.tree.push_leaf(node, ());
            self.nodes += 1;
            if self.nodes == 1 {
                self.find_first();
            }
        }
        Ok(())
    }

    /// The entry with this ID. O(log n + entries of a node).
    pub fn get(&self, id: StreamId) -> Option<Entry<'_>> {
        self.range(id, id).next()
    }

    /// The entries between two IDs, both included.
    pub fn range(&self, start: StreamId, end: StreamId) -> Range<'_> {
        Range {
            entries: self,
            start,
            end,
            next_node: self.node_of(start),
            node: None,
        }
    }

    /// As [`Self::range`], from the last to the first.
    pub fn range_back(&self, start: StreamId, end: StreamId) -> RangeBack<'_> {
        RangeBack {
            entries: self,
            start,
            end,
            // Any position within the node will do.
            next_node: (!self.is_empty()).then(|| self.node_of(end)),
            node: None,
        }
    }

    /// Position of the first entry of the node in which an ID is, if it is anywhere.
    fn node_of(&self, id: StreamId) -> usize {
        self.tree.partition(|first| *first <= id, |_| 0)
    }

    /// Whether an entry with this ID or a greater one has been taken away by XDEL, as far as
    /// that is remembered.
    pub fn has_deleted_from(&self, id: StreamId) -> bool {
        !self.is_empty()
            && self.max_deleted_id != StreamId::MIN
            && self.first_id <= self.max_deleted_id
            && id <= self.max_deleted_id
    }

    /// How many entries had ever been added when the one with this ID was; `None` if nobody can
    /// tell (`streamEstimateDistanceFromFirstEverEntry`).
    pub fn count_up_to(&self, id: StreamId) -> Option<i64> {
        let added = self.added as i64;
        let before = added.wrapping_sub(self.len() as i64);
        if self.added == 0 {
            return Some(0);
        }
        if id == self.last_id || (self.is_empty() && id < self.last_id) {
            return Some(added);
        }
        let whole = self.max_deleted_id == StreamId::MIN || self.max_deleted_id < self.first_id;
        if id > self.last_id || !whole {
            return None;
        }
        match id.cmp(&self.first_id) {
            std::cmp::Ordering::Less => Some(before),
            std::cmp::Ordering::Equal => Some(before.wrapping_add(1)),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// The nodes with their IDs, for saving.
    pub fn nodes(&self) -> impl Iterator<Item = (StreamId, &Listpack)> {
        self.tree.leaves().map(|node| (node.id(), node.pack()))
    }

    /// Number of nodes. O(1).
    pub fn nodes_len(&self) -> usize {
        self.nodes
    }

    /// Nodes with entries, those above them in the tree, and what holds it. O(nodes / 32).
    pub fn tree_nodes_len(&self) -> usize {
        self.nodes + self.tree.inner_nodes() + 1
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }
}

/// Entries in order.
#[derive(Clone)]
pub struct Range<'a> {
    entries: &'a Entries,
    start: StreamId,
    end: StreamId,
    /// Position of the first entry of the node to go on with.
    next_node: usize,
    node: Option<(&'a Node, Head, usize)>,
}

impl<'a> Iterator for Range<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            while let Some((node, head, at)) = self.node {
                let Some((found, next)) = node.step(&head, at) else {
                    self.node = None;
                    break;
                };
                self.node = Some((node, head, next));
                if found.is_deleted() || found.id < self.start {
                    continue;
                }
                return (found.id <= self.end).then_some(Entry { node, head, found });
            }
            let (node, _) = self.entries.tree.leaf_at(self.next_node)?;
            self.next_node += crate::tree::Leaf::count(node);
            let head = node.head()?;
            self.node = Some((node, head, node.bounds(&head).0));
        }
    }
}

/// Entries from the last to the first.
#[derive(Clone)]
pub struct RangeBack<'a> {
    entries: &'a Entries,
    start: StreamId,
    end: StreamId,
    /// Position of an entry of the node to go on with.
    next_node: Option<usize>,
    node: Option<(&'a Node, Head, usize)>,
}

impl<'a> Iterator for RangeBack<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            while let Some((node, head, end)) = self.node {
                let Some(found) = node.step_back(&head, end) else {
                    self.node = None;
                    break;
                };
                self.node = Some((node, head, Node::start(&found)));
                if found.is_deleted() || found.id > self.end {
                    continue;
                }
                return (found.id >= self.start).then_some(Entry { node, head, found });
            }
            let position = self.next_node?;
            let (node, within) = self.entries.tree.leaf_at(position)?;
            self.next_node = position.checked_sub(within + 1);
            let head = node.head()?;
            self.node = Some((node, head, node.bounds(&head).1));
        }
    }
}
