//! The trait. Its shape is etcd's, so that an etcd implementation is a thin one:
//! one revision for the whole store, transactions of compares and writes,
//! watches of a prefix, leases that take their keys along when they end.

use std::time::Duration;

use async_trait::async_trait;

use crate::watch::Watch;

/// Number of a committed transaction; rises by one with each, from 1.
pub type Revision = u64;

/// Names a lease; never 0.
pub type LeaseId = u64;

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub value: Vec<u8>,
    /// The transaction that made the key, and the one that last wrote it.
    pub create_revision: Revision,
    pub mod_revision: Revision,
    pub lease: Option<LeaseId>,
}

/// All keys of a prefix as of one revision, sorted by key.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub entries: Vec<Entry>,
    pub revision: Revision,
}

impl Listing {
    /// (key, value, revision), as `ScopeView::from_records` takes them.
    pub fn records(&self) -> impl Iterator<Item = (&str, &[u8], Revision)> {
        self.entries
            .iter()
            .map(|e| (e.key.as_str(), e.value.as_slice(), e.mod_revision))
    }
}

/// A condition on one key; a transaction happens only if all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compare {
    pub key: String,
    /// The revision the key must have been last written at; 0 = must not exist.
    pub mod_revision: Revision,
}

/// One write of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    Put {
        key: String,
        value: Vec<u8>,
        /// The key goes when this lease ends.
        lease: Option<LeaseId>,
    },
    Delete {
        key: String,
    },
}

impl Op {
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}

/// Compares and writes that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txn {
    pub compares: Vec<Compare>,
    pub ops: Vec<Op>,
}

impl Txn {
    pub fn new() -> Self {
        Self::default()
    }

    /// Only if `key` was last written at `revision` (0 = does not exist).
    #[must_use]
    pub fn when(mut self, key: impl Into<String>, revision: Revision) -> Self {
        self.compares.push(Compare {
            key: key.into(),
            mod_revision: revision,
        });
        self
    }

    /// Only if `key` does not exist.
    #[must_use]
    pub fn when_absent(self, key: impl Into<String>) -> Self {
        self.when(key, 0)
    }

    #[must_use]
    pub fn put(mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.ops.push(Op::Put {
            key: key.into(),
            value: value.into(),
            lease: None,
        });
        self
    }

    #[must_use]
    pub fn put_leased(
        mut self,
        key: impl Into<String>,
        value: impl Into<Vec<u8>>,
        lease: LeaseId,
    ) -> Self {
        self.ops.push(Op::Put {
            key: key.into(),
            value: value.into(),
            lease: Some(lease),
        });
        self
    }

    #[must_use]
    pub fn delete(mut self, key: impl Into<String>) -> Self {
        self.ops.push(Op::Delete { key: key.into() });
        self
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxnOutcome {
    /// Durable: it survives the loss of the process.
    Committed(Revision),
    /// A compare did not hold; nothing was written. Read again and decide anew.
    Conflict,
}

impl TxnOutcome {
    pub fn committed(self) -> bool {
        matches!(self, Self::Committed(_))
    }
}

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file.
    #[error(
        "the store {path} is in use by another process; stop that `elastane serve` or choose another --data-dir"
    )]
    InUse { path: String },
    /// Disk full, permissions, damage: the operator's to mend; a retry may help.
    #[error("the store failed ({0}); check the disk of the data directory")]
    Io(String),
    /// The lease has ended; the holder must take a new one.
    #[error("lease {0} has ended; register again")]
    LeaseEnded(LeaseId),
    /// A value is not the JSON that was expected: a newer version's, or damage.
    #[error(
        "the stored record {key} cannot be read ({reason}); the data directory was written by another version or is damaged"
    )]
    BadRecord { key: String, reason: String },
}

/// The store.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// All keys that begin with `prefix`, as of one revision.
    async fn list(&self, prefix: &str) -> Result<Listing, StoreError>;

    /// All keys from `from` (inclusive) to `to` (exclusive), as of one revision.
    async fn range(&self, from: &str, to: &str) -> Result<Listing, StoreError>;

    /// Compares, then writes; durable when it returns `Committed`.
    async fn txn(&self, txn: Txn) -> Result<TxnOutcome, StoreError>;

    /// Every change of keys with this prefix, of transactions that commit after
    /// this call returned. Watch first, then list, and no change is missed.
    async fn watch(&self, prefix: &str) -> Result<Watch, StoreError>;

    /// A lease that ends, with its keys, when not renewed for `ttl`.
    async fn grant_lease(&self, ttl: Duration) -> Result<LeaseId, StoreError>;

    async fn keep_alive(&self, lease: LeaseId) -> Result<(), StoreError>;

    /// Ends the lease now and deletes its keys.
    async fn revoke_lease(&self, lease: LeaseId) -> Result<(), StoreError>;
}
