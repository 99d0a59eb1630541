//! Purpose: the small key-value store that all control-plane coordination goes through: compare-and-swap, watch, leases.
//! Layer: mechanisms.
//! Must not know: what the records mean.
//! Design: docs/design/control-store.md

mod embedded;
mod json;
mod leases;
mod store;
mod watch;

pub use embedded::EmbeddedStore;
pub use json::{StoreExt, TxnExt};
pub use store::{
    Compare, Entry, LeaseId, Listing, Op, Revision, Store, StoreError, Txn, TxnOutcome,
};
pub use watch::{Change, ChangeBatch, Watch};
