//! Client tracking: clients that keep copies of values are told when these change (CLIENT TRACKING).
//!
//! In the default mode a key that a tracked client reads is noted in the extra of its slot, under the lock that the
//! read holds; its next change tells the client and forgets the note. In broadcast mode changed keys are gathered
//! and told to the clients of every prefix at the end of the batch. The locks here are leaves, taken in this order:
//! changed keys, prefixes, the registry of clients, an inbox.

mod broadcast;
mod invalidate;
mod mode;

pub(crate) use invalidate::remember;
pub use invalidate::{limit, write_invalidation};
pub use mode::{Options, disable, enable, prefix_collision};

use crate::client::ClientInfo;
use bitflags::bitflags;
use engine_keyspace::SlotId;
use parking_lot::Mutex;
use proto_resp::Version;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

bitflags! {
    /// How a client is tracked.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Mode: u8 {
        const ON = 1;
        const BCAST = 1 << 1;
        const OPTIN = 1 << 2;
        const OPTOUT = 1 << 3;
        const NOLOOP = 1 << 4;
        /// The client that messages were to go to is there no more.
        const BROKEN_REDIRECT = 1 << 5;
    }
}

/// What decides in which words a client is told something out of turn.
#[derive(Debug, Clone, Copy)]
pub struct Receiver {
    pub version: Version,
    /// It has a subscription.
    pub listens: bool,
}

/// The blocked client that a unit serves: what its own command makes out of date it is told after the reply.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) session: u64,
    pub(crate) told: RefCell<Vec<u8>>,
}

type Prefixes = BTreeMap<Box<[u8]>, Vec<Arc<ClientInfo>>>;

/// What the node knows of tracking beside the notes in the slots.
#[derive(Debug, Default)]
pub struct Tracking {
    prefixes: Mutex<Prefixes>,
    prefix_count: AtomicUsize,
    /// Keys changed since the last broadcast, with the session that changed them last (0: none).
    changed: Mutex<BTreeMap<Box<[u8]>, u64>>,
    any_changed: AtomicBool,
    /// Slots with notes, some of them perhaps forgotten meanwhile.
    slots: Mutex<Vec<SlotId>>,
    /// Noted keys, and clients noted for them.
    keys: AtomicUsize,
    items: AtomicUsize,
}

impl Tracking {
    /// Keys that are noted for some client.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.keys.load(Ordering::Relaxed)
    }

    /// Clients noted, summed over the keys.
    #[must_use]
    pub fn items(&self) -> usize {
        self.items.load(Ordering::Relaxed)
    }

    /// Prefixes that somebody is told of.
    #[must_use]
    pub fn prefixes(&self) -> usize {
        self.prefix_count.load(Ordering::Relaxed)
    }

    pub(crate) fn forget(&self, keys: usize, items: usize) {
        self.keys.fetch_sub(keys, Ordering::Relaxed);
        self.items.fetch_sub(items, Ordering::Relaxed);
    }
}
