//! A leaf of a stream's tree: entries packed into one listpack, laid out as Redis lays out its
//! stream nodes, so that RDB files and `DUMP` hold them as they are.
//!
//! ```text
//! node    live  deleted  fields  name*  0  entry*
//! entry   flags  ms  seq  value*                        count      (flag 2: the node's names)
//! entry   flags  ms  seq  fields  (name  value)*        count      (names of its own)
//! ```
//!
//! Everything is an element of the listpack. `ms` and `seq` are differences to the node's ID,
//! which is that of its first entry; `count` is how many elements the entry has before it, by
//! which a node is walked backwards. A deleted entry stays with flag 1 set until its node goes.

use super::id::StreamId;
use crate::item::{Corrupt, ItemRef};
use crate::listpack::{self, Listpack};
use crate::tree::Leaf;

const DELETED: i64 = 1;
const SAME_FIELDS: i64 = 2;
/// Elements of every entry before its values: flags, ms, seq.
const FIXED: i64 = 3;

/// See the module's page.
#[derive(Clone, Default)]
pub(super) struct Node {
    id: StreamId,
    pack: Listpack,
}

/// The elements before a node's entries.
#[derive(Clone, Copy)]
pub(super) struct Head {
    live: i64,
    deleted: i64,
    /// Number of field names that entries may share.
    names: usize,
    /// Offset of the first name.
    names_at: usize,
    /// Offset of the first entry.
    entries_at: usize,
}

/// An entry found in a node.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) id: StreamId,
    flags: i64,
    flags_at: usize,
    fields: usize,
    /// Offset of the first value, or of the first name if the entry has names of its own.
    body_at: usize,
}

impl Found {
    pub(super) fn is_deleted(&self) -> bool {
        self.flags & DELETED != 0
    }

    fn body_len(&self) -> usize {
        match self.flags & SAME_FIELDS {
            0 => self.fields * 2,
            _ => self.fields,
        }
    }
}

impl Node {
    /// A node of one entry.
    pub(super) fn begin(id: StreamId, fields: &[&[u8]]) -> Node {
        let mut pack = Listpack::new();
        for int in [0, 0, (fields.len() / 2) as i64] {
            pack.push_back(ItemRef::Int(int));
        }
        for name in fields.iter().step_by(2) {
            pack.push_back(ItemRef::Bytes(name));
        }
        pack.push_back(ItemRef::Int(0));
        let mut node = Node { id, pack };
        node.append(id, fields);
        node
    }

    /// Takes a node from outside after checking all of it; `None` if no entry in it is left.
    pub(super) fn from_outside(id: StreamId, pack: Listpack) -> Result<Option<Node>, Corrupt> {
        let node = Node { id, pack };
        let head = node.head().ok_or(Corrupt)?;
        let (mut live, mut deleted, mut before) = (0, 0, None);
        let mut at = head.entries_at;
        while at < node.pack.end() {
            let found = node.entry_at(&head, at).ok_or(Corrupt)?;
            let count_at = node.skip(found.body_at, found.body_len()).ok_or(Corrupt)?;
            let own_names = i64::from(found.flags & SAME_FIELDS == 0);
            let expected = FIXED + own_names + found.body_len() as i64;
            if node.int(count_at) != Some(expected) {
                return Err(Corrupt);
            }
            if found.is_deleted() {
                deleted += 1;
            } else {
                if found.id < id || before >= Some(found.id) {
                    return Err(Corrupt);
                }
                before = Some(found.id);
                live += 1;
            }
            at = node.behind(count_at).ok_or(Corrupt)?;
        }
        if (head.live, head.deleted) != (live, deleted) {
            return Err(Corrupt);
        }
        Ok((live > 0).then_some(node))
    }

    pub(super) fn id(&self) -> StreamId {
        self.id
    }

    pub(super) fn pack(&self) -> &Listpack {
        &self.pack
    }

    /// Whether another entry of so many bytes may be added: Redis's rule.
    pub(super) fn has_room(&self, bytes: usize, bytes_max: usize, entries_max: usize) -> bool {
        let Some(head) = self.head() else {
            return false;
        };
        let entries = (head.live.saturating_add(head.deleted)).max(0) as usize;
        self.pack.byte_len() + bytes < bytes_max && (entries_max == 0 || entries < entries_max)
    }

    /// Adds an entry whose ID is greater than all others'.
    pub(super) fn append(&mut self, id: StreamId, fields: &[&[u8]]) {
        let Some(head) = self.head() else {
            return;
        };
        let count = fields.len() / 2;
        let shared = self.pack.iter_from(head.names_at).take(head.names);
        let same = count == head.names
            && shared
                .zip(fields.iter().step_by(2))
                .all(|(name, own)| name == **own);
        let ints = [
            if same { SAME_FIELDS } else { 0 },
            id.ms.wrapping_sub(self.id.ms) as i64,
            id.seq.wrapping_sub(self.id.seq) as i64,
        ];
        for int in ints {
            self.pack.push_back(ItemRef::Int(int));
        }
        if same {
            for value in fields.iter().skip(1).step_by(2) {
                self.pack.push_back(ItemRef::Bytes(value));
            }
        } else {
            self.pack.push_back(ItemRef::Int(count as i64));
            for part in fields {
                self.pack.push_back(ItemRef::Bytes(part));
            }
        }
        let elements = if same { count } else { count * 2 + 1 };
        self.pack.push_back(ItemRef::Int(FIXED + elements as i64));
        self.set_counts(head.live + 1, head.deleted);
    }

    /// Gives back memory beyond the bytes in use: nothing will be added any more.
    pub(super) fn close(&mut self) {
        self.pack.shrink_to_fit();
    }

    /// Takes all entries away.
    pub(super) fn clear(&mut self) {
        self.pack = Listpack::new();
    }

    /// Marks entries as deleted, from the first one on, while `wanted` says so of those that are
    /// not yet; how many.
    pub(super) fn delete_while(&mut self, mut wanted: impl FnMut(StreamId) -> bool) -> usize {
        let Some(head) = self.head() else {
            return 0;
        };
        let (mut walk, mut deleted) = (head.entries_at, 0);
        while let Some((found, next)) = self.step(&head, walk) {
            if !found.is_deleted() {
                if !wanted(found.id) {
                    break;
                }
                // Flags are small integers, which all take the same room.
                let flags = ItemRef::Int(found.flags | DELETED);
                self.pack.replace(found.flags_at, flags);
                deleted += 1;
            }
            walk = next;
        }
        self.counts_changed(&head, deleted);
        deleted as usize
    }

    /// Marks the entry with this ID as deleted; false if there is none.
    pub(super) fn delete(&mut self, id: StreamId) -> bool {
        let Some(head) = self.head() else {
            return false;
        };
        let mut walk = head.entries_at;
        while let Some((found, next)) = self.step(&head, walk) {
            if found.id == id && !found.is_deleted() {
                let flags = ItemRef::Int(found.flags | DELETED);
                self.pack.replace(found.flags_at, flags);
                self.counts_changed(&head, 1);
                return true;
            }
            walk = next;
        }
        false
    }

    fn counts_changed(&mut self, head: &Head, deleted: i64) {
        if head.live == deleted {
            self.clear();
        } else if deleted > 0 {
            self.set_counts(head.live - deleted, head.deleted + deleted);
        }
    }

    fn set_counts(&mut self, live: i64, deleted: i64) {
        let Some(at) = self.pack.first() else {
            return;
        };
        self.pack.replace(at, ItemRef::Int(live));
        if let Some(at) = self.pack.next(at) {
            self.pack.replace(at, ItemRef::Int(deleted));
        }
    }

    /// The ID of the last entry, deleted or not.
    pub(super) fn last_id(&self) -> Option<StreamId> {
        let head = self.head()?;
        Some(self.step_back(&head, self.pack.end())?.id)
    }

    pub(super) fn head(&self) -> Option<Head> {
        let live_at = self.pack.first()?;
        let deleted_at = self.behind(live_at)?;
        let names_count_at = self.behind(deleted_at)?;
        let names = usize::try_from(self.int(names_count_at)?).ok()?;
        let names_at = self.behind(names_count_at)?;
        let end_at = self.skip(names_at, names)?;
        (self.int(end_at)? == 0).then_some(Head {
            live: self.int(live_at)?,
            deleted: self.int(deleted_at)?,
            names,
            names_at,
            entries_at: self.behind(end_at)?,
        })
    }

    /// The entry at an offset, and the offset behind it; `None` at the end.
    pub(super) fn step(&self, head: &Head, at: usize) -> Option<(Found, usize)> {
        let found = self.entry_at(head, at)?;
        let count_at = self.skip(found.body_at, found.body_len())?;
        Some((found, self.behind(count_at)?))
    }

    /// The entry that ends at an offset; `None` at the first one's start.
    pub(super) fn step_back(&self, head: &Head, at: usize) -> Option<Found> {
        if at <= head.entries_at {
            return None;
        }
        let count_at = self.pack.prev(at)?;
        let mut start = count_at;
        for _ in 0..self.int(count_at)? {
            start = self.pack.prev(start)?;
        }
        self.entry_at(head, start)
    }

    /// The offsets between which entries stand.
    pub(super) fn bounds(&self, head: &Head) -> (usize, usize) {
        (head.entries_at, self.pack.end())
    }

    fn entry_at(&self, head: &Head, flags_at: usize) -> Option<Found> {
        let flags = self.int(flags_at)?;
        let ms_at = self.behind(flags_at)?;
        let seq_at = self.behind(ms_at)?;
        let mut body_at = self.behind(seq_at)?;
        let mut fields = head.names;
        if flags & SAME_FIELDS == 0 {
            fields = usize::try_from(self.int(body_at)?).ok()?;
            // Each takes bytes, so that more than there are bytes cannot be.
            if fields > self.pack.byte_len() {
                return None;
            }
            body_at = self.behind(body_at)?;
        }
        let id = StreamId::new(
            self.id.ms.wrapping_add(self.int(ms_at)? as u64),
            self.id.seq.wrapping_add(self.int(seq_at)? as u64),
        );
        Some(Found {
            id,
            flags,
            flags_at,
            fields,
            body_at,
        })
    }

    pub(super) fn fields(&self, head: &Head, found: &Found) -> Fields<'_> {
        let same = found.flags & SAME_FIELDS != 0;
        Fields {
            names: same.then(|| self.pack.iter_from(head.names_at)),
            body: self.pack.iter_from(found.body_at),
            left: found.fields,
        }
    }

    /// Where an entry's flags stand.
    pub(super) fn start(found: &Found) -> usize {
        found.flags_at
    }

    fn int(&self, at: usize) -> Option<i64> {
        self.pack.get(at)?.as_i64()
    }

    /// The offset behind an element, which may be the end.
    fn behind(&self, at: usize) -> Option<usize> {
        self.pack.get(at)?;
        Some(self.pack.next(at).unwrap_or(self.pack.end()))
    }

    fn skip(&self, at: usize, count: usize) -> Option<usize> {
        (0..count).try_fold(at, |at, _| self.behind(at))
    }
}

impl Leaf for Node {
    type Key = StreamId;
    type Limit = ();

    fn count(&self) -> usize {
        let live = self.pack.first().and_then(|at| self.int(at));
        live.unwrap_or(0).max(0) as usize
    }

    fn key(&self) -> Option<StreamId> {
        (self.count() > 0).then_some(self.id)
    }

    fn begins_with(&self, key: &StreamId) -> bool {
        self.id == *key
    }

    fn same_key(left: &StreamId, right: &StreamId) -> bool {
        left == right
    }

    /// Whoever adds an entry begins a new node when the last is full.
    fn split(&mut self, _: Option<usize>, (): ()) -> Option<Self> {
        None
    }

    /// As in Redis, nodes are never joined.
    fn is_small(&self, (): ()) -> bool {
        false
    }

    fn fits_with(&self, _: &Self, (): ()) -> bool {
        false
    }

    fn absorb(&mut self, _: &Self) {}

    fn bytes(&self) -> usize {
        self.pack.byte_capacity()
    }
}

/// The fields of an entry with their values, in the order they were given.
#[derive(Clone)]
pub struct Fields<'a> {
    /// The node's names, if the entry has none of its own.
    names: Option<listpack::Iter<'a>>,
    body: listpack::Iter<'a>,
    left: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (ItemRef<'a>, ItemRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let name = self.names.as_mut().unwrap_or(&mut self.body).next()?;
        Some((name, self.body.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Fields<'_> {}
