//! All databases of a node.

use crate::hash::{KeyHasher, SLOTS};
use crate::lock::FutexLock;
use crate::slot::{Context, SlotData};
use crate::snapshot::Snapshots;
use parking_lot::Mutex;
use std::cell::UnsafeCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

/// Slots whose headers are allocated together, when one of them is first used.
const PAGE: usize = 128;

/// A slot of a database: `database · 16384 + slot`. Locks are taken in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u32);

impl SlotId {
    /// The slot `slot` of database `db`.
    #[inline]
    #[must_use]
    pub fn new(db: u32, slot: u16) -> Self {
        Self(db * SLOTS as u32 + u32::from(slot))
    }

    /// The database.
    #[must_use]
    pub fn db(self) -> u32 {
        self.0 / SLOTS as u32
    }

    /// The slot, 0–16383.
    #[must_use]
    pub fn slot(self) -> u16 {
        (self.0 % SLOTS as u32) as u16
    }
}

/// A lock and what it protects; one cache line and a little.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Slot {
    pub(crate) lock: FutexLock,
    pub(crate) data: SlotCell,
}

/// The data behind a slot's lock.
#[derive(Debug, Default)]
pub(crate) struct SlotCell(pub(crate) UnsafeCell<SlotData>);

#[allow(unsafe_code, reason = "the slot's lock makes it so")]
// SAFETY: `unit.rs` hands out references only to the holder of the slot's lock.
unsafe impl Sync for SlotCell {}

/// A count that several threads change often: each on a cache line of its own.
#[derive(Debug, Default)]
pub struct Counter([Stripe; 8]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe(AtomicI64);

thread_local! {
    static STRIPE: usize = {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) as usize % 8
    };
}

impl Counter {
    /// Adds `n`, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        STRIPE.with(|s| self.0[*s].0.fetch_add(n, Ordering::Relaxed));
    }

    /// The sum; exact when nobody adds meanwhile.
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.iter().map(|s| s.0.load(Ordering::Relaxed)).sum()
    }
}

/// One numbered database.
#[derive(Debug, Default)]
pub struct Db {
    pages: Vec<OnceLock<Box<[Slot]>>>,
    /// Keys.
    pub keys: Counter,
    /// Keys with an expiry.
    pub expires: Counter,
    /// Hashes with fields that expire.
    pub fields_expire: Counter,
    /// The database's number at the cut of the running snapshot, whatever SWAPDB has done since.
    identity: AtomicU32,
}

impl Db {
    /// The number under which the running snapshot writes this database.
    #[must_use]
    pub fn identity(&self) -> u32 {
        self.identity.load(Ordering::Relaxed)
    }

    /// Sets it: at a cut and by SWAPDB, with all slots locked.
    pub fn set_identity(&self, db: u32) {
        self.identity.store(db, Ordering::Relaxed);
    }
}

/// All databases, their locks, and the running snapshot.
#[derive(Debug)]
pub struct Keyspace {
    dbs: Box<[Db]>,
    /// Held by the one unit that may lock any slot in any order.
    pub(crate) token: FutexLock,
    /// Held while a page is made, and by whoever has all slots: no slot comes into being meanwhile.
    pub(crate) making: Mutex<()>,
    /// Bytes of slot headers.
    header_bytes: AtomicU64,
    /// Hashes keys.
    pub hasher: KeyHasher,
    /// The running snapshot.
    pub snapshots: Snapshots,
}

impl Keyspace {
    /// `databases` empty ones; `seed` protects the tables from prepared keys.
    #[must_use]
    pub fn new(databases: u32, seed: u64) -> Self {
        let db = |n| Db {
            pages: (0..SLOTS / PAGE).map(|_| OnceLock::new()).collect(),
            identity: AtomicU32::new(n),
            ..Db::default()
        };
        Self {
            dbs: (0..databases).map(db).collect(),
            token: FutexLock::new(),
            making: Mutex::new(()),
            header_bytes: AtomicU64::new(0),
            hasher: KeyHasher::new(seed),
            snapshots: Snapshots::default(),
        }
    }

    /// How many databases there are.
    #[must_use]
    pub fn databases(&self) -> u32 {
        self.dbs.len() as u32
    }

    /// A database; `db` is below [`Self::databases`].
    #[must_use]
    pub fn db(&self, db: u32) -> &Db {
        &self.dbs[db as usize]
    }

    /// The slot, its page made if need be. Call it before taking locks.
    #[inline]
    #[must_use]
    pub fn slot(&self, id: SlotId) -> &Slot {
        let pages = &self.dbs[id.db() as usize].pages;
        let page = &pages[id.slot() as usize / PAGE];
        let page = match page.get() {
            Some(page) => page,
            None => self.make(page),
        };
        &page[id.slot() as usize % PAGE]
    }

    #[cold]
    fn make<'p>(&self, page: &'p OnceLock<Box<[Slot]>>) -> &'p [Slot] {
        let _making = self.making.lock();
        page.get_or_init(|| self.page(Slot::default))
    }

    fn page(&self, slot: impl Fn() -> Slot) -> Box<[Slot]> {
        let bytes = (PAGE * size_of::<Slot>()) as u64;
        self.header_bytes.fetch_add(bytes, Ordering::Relaxed);
        (0..PAGE).map(|_| slot()).collect()
    }

    /// Bytes that the headers of all slots take that have been used. They are never given back: at most 1 MB a
    /// database, whatever is in it.
    #[must_use]
    pub fn header_bytes(&self) -> u64 {
        self.header_bytes.load(Ordering::Relaxed)
    }

    /// The slot for a unit that holds all slots: if its page must be made, the unit holds the new slots too.
    pub(crate) fn slot_held(&self, id: SlotId) -> &Slot {
        let page = &self.dbs[id.db() as usize].pages[id.slot() as usize / PAGE];
        // Nobody else makes a page meanwhile: the unit holds `making`.
        let page = page.get_or_init(|| {
            let held = || {
                let slot = Slot::default();
                slot.lock.try_lock();
                slot
            };
            self.page(held)
        });
        &page[id.slot() as usize % PAGE]
    }

    /// The slot, unless it has never been used.
    #[inline]
    #[must_use]
    pub fn existing(&self, id: SlotId) -> Option<&Slot> {
        let page = self.dbs[id.db() as usize].pages[id.slot() as usize / PAGE].get()?;
        Some(&page[id.slot() as usize % PAGE])
    }

    /// All slots that have been used, in the order of locking.
    pub fn slots(&self) -> impl Iterator<Item = (SlotId, &Slot)> {
        (0..self.databases()).flat_map(|db| self.slots_of(db))
    }

    /// All slots of one database that have been used.
    pub fn slots_of(&self, db: u32) -> impl Iterator<Item = (SlotId, &Slot)> {
        let pages = self.dbs[db as usize].pages.iter().enumerate();
        pages
            .filter_map(|(n, page)| Some((n, page.get()?)))
            .flat_map(move |(n, page)| {
                page.iter()
                    .enumerate()
                    .map(move |(i, slot)| (SlotId::new(db, (n * PAGE + i) as u16), slot))
            })
    }

    /// What a change in database `db` must know.
    #[inline]
    #[must_use]
    pub fn context(&self, db: u32) -> Context<'_> {
        Context {
            snapshots: &self.snapshots,
            hasher: &self.hasher,
            db: self.db(db).identity(),
        }
    }
}
