//! Purpose: databases, slots, entries, locks: where keys live and who may touch them.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: commands, replies, sessions, files.
//! Design: docs/design/keyspace.md

pub mod entry;
pub mod hash;
pub mod keyspace;
pub mod lock;
pub mod scan;
pub mod slot;
pub mod snapshot;
pub mod table;
pub mod unit;
pub mod waiter;

pub use entry::{Entry, EntryRef, NewValue, Value};
pub use hash::{SLOTS, slot_of};
pub use keyspace::{Db, Keyspace, SlotId};
pub use slot::{Extra, SlotData};
pub use unit::{Busy, Unit};
pub use waiter::{Claim, Waiter};
