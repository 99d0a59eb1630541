//! Values between parsing and storing, and the structured ones callers read.

use std::sync::Arc;

/// Clients that have output limits of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientClass {
    /// Ordinary clients and MONITOR.
    Normal,
    /// Replication links.
    Replica,
    /// Clients with a subscription.
    Pubsub,
}

impl ClientClass {
    /// In the order CONFIG GET prints them.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Replica, Self::Pubsub];

    /// The class a configuration line names; `None` for `master`, which has no limit, too.
    pub(crate) fn parse(word: &[u8]) -> Option<Self> {
        match word.to_ascii_lowercase().as_slice() {
            b"normal" => Some(Self::Normal),
            b"slave" | b"replica" => Some(Self::Replica),
            b"pubsub" => Some(Self::Pubsub),
            _ => None,
        }
    }
}

/// When a client that doesn't read its replies is disconnected. Zero means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferLimit {
    /// At once above this many bytes.
    pub hard_bytes: u64,
    /// After `soft_seconds` in a row above this many bytes.
    pub soft_bytes: u64,
    /// See `soft_bytes`.
    pub soft_seconds: i64,
}

/// Save a snapshot after `seconds` if there were `changes` or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    /// At least 1.
    pub seconds: i64,
    /// At least 0.
    pub changes: i64,
}

/// A parsed value. Composite ones are kept as the canonical text CONFIG GET prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i64),
    Text(Arc<[u8]>),
    Limits([BufferLimit; 3]),
}

impl Value {
    pub(crate) fn text(bytes: &[u8]) -> Self {
        Self::Text(Arc::from(bytes))
    }
}
