//! Streams: entries packed into nodes of a counted tree, and consumer groups.

mod entries;
mod group;
mod id;
mod node;
mod sorted;

use crate::item::Corrupt;
use crate::limits::Limits;
use crate::listpack::Listpack;
use sorted::Sorted;
use std::sync::Arc;

pub use entries::{Entries, Entry, Range, RangeBack, Trim};
pub use group::{Consumer, ENTRIES_READ_UNKNOWN, Group, Pending};
pub use id::StreamId;
pub use node::Fields;

/// Bytes that the names and values of one entry may have together.
pub const ENTRY_LEN_MAX: usize = crate::listpack::SAFE_LEN_MAX;

/// See the module's page. Clones in O(1).
#[derive(Clone, Default)]
pub struct Stream {
    body: Arc<Body>,
}

#[derive(Clone, Default)]
struct Body {
    entries: Entries,
    groups: Sorted<Group>,
}

impl Stream {
    pub fn new() -> Stream {
        Stream::default()
    }

    /// The entries, for reading.
    pub fn entries(&self) -> &Entries {
        &self.body.entries
    }

    /// Number of entries. A stream without any is still a stream.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entries_mut(&mut self) -> &mut Entries {
        &mut Arc::make_mut(&mut self.body).entries
    }

    /// Adds an entry with a greater ID than any before; false, and nothing done, for others.
    /// `fields` are names and values in turn, at most [`ENTRY_LEN_MAX`] bytes. O(log n).
    pub fn append(&mut self, id: StreamId, fields: &[&[u8]], limits: &Limits) -> bool {
        self.entries_mut().append(id, fields, limits)
    }

    /// Takes an entry away; false if there is none with this ID. O(log n + entries of a node).
    pub fn delete(&mut self, id: StreamId) -> bool {
        self.entries_mut().delete(id)
    }

    /// Takes entries away from the front, whole nodes only if `roughly`, at most `limit` if that
    /// is not 0; how many. O(log n) a node.
    pub fn trim(&mut self, how: Trim, roughly: bool, limit: usize) -> usize {
        self.entries_mut().trim(how, roughly, limit)
    }

    /// XSETID; the caller has checked that the numbers fit the entries. What is `None` stays.
    pub fn set_counters(
        &mut self,
        last_id: StreamId,
        added: Option<u64>,
        max_deleted_id: Option<StreamId>,
    ) {
        self.entries_mut()
            .set_counters(last_id, added, max_deleted_id);
    }

    /// Adds a node of a saved stream behind the others. The counters are set at the end, by
    /// [`Self::set_counters`].
    ///
    /// # Errors
    /// It is not well-formed, or does not come behind them.
    pub fn push_node(&mut self, id: StreamId, pack: Listpack) -> Result<(), Corrupt> {
        self.entries_mut().push_node(id, pack)
    }

    /// All groups in order of their names.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.body.groups.iter()
    }

    pub fn groups_len(&self) -> usize {
        self.body.groups.len()
    }

    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.body.groups.get(name)
    }

    /// Adds a group; false, and nothing done, if there is one of that name.
    pub fn add_group(&mut self, group: Group) -> bool {
        self.group(group.name()).is_none() && Arc::make_mut(&mut self.body).groups.insert(group)
    }

    /// Removes a group with all that is pending in it; false if there is none of that name.
    pub fn remove_group(&mut self, name: &[u8]) -> bool {
        self.group(name).is_some() && {
            let groups = &mut Arc::make_mut(&mut self.body).groups;
            groups.remove(name).is_some()
        }
    }

    /// Changes a group, with the entries at hand; `None` if there is none of that name.
    pub fn edit_group<R>(
        &mut self,
        name: &[u8],
        change: impl FnOnce(&Entries, &mut Group) -> R,
    ) -> Option<R> {
        self.group(name)?;
        let body = Arc::make_mut(&mut self.body);
        body.groups
            .update(name, |group| change(&body.entries, group))
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        let groups: usize = self.groups().map(Group::memory_bytes).sum();
        let body = size_of::<Body>() + 2 * size_of::<usize>();
        body + self.entries().memory_bytes() + self.body.groups.memory_bytes() + groups
    }

    /// How much work freeing it is: its nodes, and for each group as much as for the first.
    pub fn free_effort(&self) -> usize {
        let pending = self.groups().next().map_or(0, Group::pending_len);
        self.entries().nodes_len() + self.groups_len() * (1 + pending)
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.entries().range(StreamId::MIN, StreamId::MAX);
        let entries = entries.map(|entry| (entry.id(), entry.fields().collect::<Vec<_>>()));
        f.debug_map().entries(entries).finish()
    }
}

#[cfg(test)]
mod tests;
