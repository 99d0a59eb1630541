//! ACL LOG: what was refused, like entries counted together.

use super::selector::Denied;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Entries of one kind that are further apart than this stand by themselves, milliseconds.
const TOGETHER_MS: i64 = 60_000;
/// Newest entries among which a like one is looked for.
const LOOKED_AT: usize = 10;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Command,
    Key,
    Channel,
    Auth,
}

impl Reason {
    /// As ACL LOG prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Key => "key",
            Self::Channel => "channel",
            Self::Auth => "auth",
        }
    }
}

impl From<Denied> for Reason {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Command => Self::Command,
            Denied::Key(_) => Self::Key,
            Denied::Channel(_) => Self::Channel,
        }
    }
}

/// Where it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    TopLevel,
    Multi,
    Lua,
}

impl Context {
    /// As ACL LOG prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TopLevel => "toplevel",
            Self::Multi => "multi",
            Self::Lua => "lua",
        }
    }
}

/// An entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: u64,
    pub count: u64,
    pub reason: Reason,
    pub context: Context,
    /// The command, key or channel.
    pub object: Vec<u8>,
    pub username: Vec<u8>,
    /// The client's line in CLIENT LIST, of the last of those counted.
    pub client: Vec<u8>,
    /// Milliseconds of Unix time.
    pub created_ms: i64,
    pub updated_ms: i64,
}

impl Entry {
    fn is_like(&self, other: &Self) -> bool {
        self.reason == other.reason
            && self.context == other.context
            && (self.updated_ms - other.updated_ms).abs() <= TOGETHER_MS
            && self.object == other.object
            && self.username == other.username
    }
}

/// The log, newest first. A leaf lock.
#[derive(Debug, Default)]
pub struct Log(Mutex<(u64, VecDeque<Entry>)>);

impl Log {
    /// Adds an entry, or counts it with a like one; keeps the newest `max`.
    pub(super) fn add(&self, mut entry: Entry, max: usize) {
        let mut log = self.0.lock();
        let (next, entries) = &mut *log;
        let like = entries
            .iter()
            .take(LOOKED_AT)
            .position(|known| known.is_like(&entry));
        if let Some(mut known) = like.and_then(|at| entries.remove(at)) {
            known.count += 1;
            known.client = entry.client;
            known.updated_ms = entry.updated_ms;
            entries.push_front(known);
        } else {
            entry.id = *next;
            *next += 1;
            entries.push_front(entry);
        }
        entries.truncate(max);
    }

    /// The newest entries.
    #[must_use]
    pub fn newest(&self, count: usize) -> Vec<Entry> {
        self.0.lock().1.iter().take(count).cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.lock().1.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(object: &str, at_ms: i64) -> Entry {
        Entry {
            id: 0,
            count: 1,
            reason: Reason::Key,
            context: Context::TopLevel,
            object: object.into(),
            username: b"u".to_vec(),
            client: Vec::new(),
            created_ms: at_ms,
            updated_ms: at_ms,
        }
    }

    #[test]
    fn like_entries_are_counted_together_for_a_minute() {
        let log = Log::default();
        for (object, at) in [("a", 0), ("b", 1), ("a", 2), ("a", 60_003)] {
            log.add(entry(object, at), 10);
        }
        let shown: Vec<_> = log
            .newest(10)
            .iter()
            .map(|e| (e.id, e.object.clone(), e.count))
            .collect();
        let want = [
            (2, b"a".to_vec(), 1),
            (0, b"a".to_vec(), 2),
            (1, b"b".to_vec(), 1),
        ];
        assert_eq!(shown, want);
        log.add(entry("c", 60_004), 2);
        assert_eq!(log.newest(10).len(), 2);
    }
}
