//! The keys that a unit has locked, as handlers see them, and the one function that every change passes.
//!
//! Order of a change: pre-image (in `SlotData`), the change itself, watch flags, tracking, ready keys, keyspace event;
//! the effect follows when the command has ended (`execute.rs`).

mod change;
mod fields;
mod notify;
mod whole;

pub use change::{Change, Class, Event};

use crate::access::Access;
use crate::error::Error;
use crate::pubsub::{Publisher, Pushes};
use crate::script::Effects;
use crate::server::Server;
use crate::tracking::Served;
use crate::worker::{Worker, WorkerStats, count};
use change::Reach;
use engine_keyspace::slot::{TRACKED, WAITED, WAITED_REMOVAL, WAITED_WIDE, WATCHED};
use engine_keyspace::{Busy, Entry, EntryRef, NewValue, SlotData, SlotId, Unit, Value, slot_of};
use engine_persist::journal::{EffectBuf, EffectClass};
use engine_types::{Hash, List, Object, Set, StrObj, Stream, ZSet};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// A key that blocked clients wait for has got something.
pub type ReadyKey = (SlotId, Box<[u8]>);

/// How long a value that is put lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Without end.
    Never,
    /// As long as the value it replaces.
    Keep,
    /// Until then, milliseconds of Unix time.
    At(i64),
}

/// A string value.
#[derive(Debug, Clone, Copy)]
pub enum StringRef<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

impl<'a> StringRef<'a> {
    /// The bytes; a number is written into `buffer`.
    pub fn as_bytes<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Self::Bytes(bytes) => bytes,
            Self::Int(n) => {
                buffer.clear();
                proto_resp::num::write_i64(buffer, n);
                buffer
            }
        }
    }

    /// The bytes in a vector of their own.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match *self {
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::Int(n) => proto_resp::num::write_i64(&mut out, n),
        }
        out
    }

    /// Length of the text, bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match *self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Int(n) => proto_resp::num::len_i64(n),
        }
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A type of value that commands edit in place.
pub trait Typed: Sized {
    /// The value, if the object is of this type.
    fn of(object: &Object) -> Option<&Self>;
    /// The value for changing.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
    /// An empty value as an object.
    fn empty() -> Object;
}

macro_rules! typed {
    ($($type:ident = $new:expr;)*) => {$(
        impl Typed for $type {
            fn of(object: &Object) -> Option<&Self> {
                if let Object::$type(value) = object { Some(value) } else { None }
            }
            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                if let Object::$type(value) = object { Some(value) } else { None }
            }
            fn empty() -> Object {
                Object::$type($new)
            }
        }
    )*};
}

typed! {
    List = List::new();
    Hash = Hash::new();
    Set = Set::new();
    ZSet = ZSet::new();
    Stream = Stream::new();
}

/// What becomes of keys whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// They are removed (a primary).
    Remove,
    /// They are hidden; the primary's DEL will come (a replica's clients), or they go later (CLIENT PAUSE).
    Hide,
    /// They are there until the primary's DEL comes (a replica applying the stream).
    Show,
}

#[derive(Debug)]
struct Planned {
    key: *const u8,
    len: usize,
    id: SlotId,
    hash: u64,
}

/// The keys of one unit.
pub struct Keys {
    pub unit: Unit<'static>,
    pub(crate) server: &'static Server,
    pub(crate) stats: &'static WorkerStats,
    /// The database that key names refer to.
    pub db: u32,
    /// The unit's time, milliseconds of Unix time; it stands still while the unit runs.
    pub now_ms: i64,
    /// Notes accesses.
    access: Access,
    /// When the unit was judged no memory was left that could be freed (`evict`).
    out_of_memory: bool,
    /// Whether reads note the access and count hits.
    pub touch: bool,
    expired: Expired,
    planned: SmallVec<[Planned; 2]>,
    /// Changes so far; a command that made none has no effect to be journalled.
    pub dirty: u64,
    /// Effects are collected: somebody reads the journal.
    pub(crate) journalled: bool,
    pub(crate) effects: EffectBuf,
    /// The running command has said itself what its effect is.
    pub(crate) rewritten: bool,
    /// The running script has read something, see `dialect::tracks_declared_keys`.
    pub(crate) script_has_read: bool,
    /// Who reads the effects of the running command, which a script runs.
    pub(crate) script_effects: Effects,
    pub(crate) ready: Vec<ReadyKey>,
    /// The client that runs the unit, if one does, and messages to it: they wait for its reply.
    pub(crate) publisher: Option<Publisher>,
    pub(crate) pushes: RefCell<Pushes>,
    pub(crate) served: Option<Served>,
}

impl Keys {
    /// A unit's keys, before any is locked.
    pub(crate) fn new(
        server: &'static Server,
        worker: &mut Worker,
        db: u32,
        applying: bool,
    ) -> Self {
        let mut keys = Self {
            unit: Unit::new(&server.keyspace),
            server,
            db,
            now_ms: worker.now_ms,
            access: Access::new(server, worker.now_ms, &mut worker.dice),
            out_of_memory: worker.out_of_memory,
            touch: true,
            expired: Expired::Show,
            planned: SmallVec::new(),
            dirty: 0,
            journalled: false,
            effects: std::mem::take(&mut worker.effects),
            rewritten: false,
            script_has_read: false,
            script_effects: Effects::All,
            ready: std::mem::take(&mut worker.ready),
            stats: worker.stats,
            publisher: None,
            pushes: RefCell::default(),
            served: None,
        };
        keys.take_role(applying);
        keys
    }

    /// Reads what changes only while all slots are locked: the node's role, and whether the journal is on. To be
    /// called once the unit holds its slots, because it may have waited for the one who changed them: a write that
    /// then went by what was true before would be in no stream.
    pub(crate) fn take_role(&mut self, applying: bool) {
        let replica = self.server.is_replica();
        let hide = replica || self.server.pause.is_on(self.now_ms);
        self.expired = match (applying, hide) {
            (true, _) => Expired::Show,
            (false, true) => Expired::Hide,
            (false, false) => Expired::Remove,
        };
        self.journalled = !applying && !replica && self.server.journal.is_on();
    }

    /// Remembers where a key of the running command lies, so that it is hashed once.
    pub(crate) fn plan(&mut self, key: &[u8], id: SlotId, hash: u64) {
        self.planned.push(Planned {
            key: key.as_ptr(),
            len: key.len(),
            id,
            hash,
        });
    }

    pub(crate) fn forget_plan(&mut self) {
        self.planned.clear();
    }

    pub(crate) fn locate_in(&self, db: u32, key: &[u8]) -> (SlotId, u64) {
        (
            SlotId::new(db, slot_of(key)),
            self.server.keyspace.hasher.hash(key),
        )
    }

    #[inline]
    fn locate(&self, key: &[u8]) -> (SlotId, u64) {
        for p in &self.planned {
            if p.key == key.as_ptr() && p.len == key.len() && p.id.db() == self.db {
                return (p.id, p.hash);
            }
        }
        self.locate_in(self.db, key)
    }

    /// Removes those of the planned keys whose time has come, before the command looks at them.
    #[inline]
    pub(crate) fn purge_planned(&mut self) {
        if self.expired != Expired::Remove {
            return;
        }
        for n in 0..self.planned.len() {
            let Planned { key, len, id, hash } = self.planned[n];
            let data = self.unit.data(id);
            if !data.may_be_due(self.now_ms) {
                continue;
            }
            #[allow(
                unsafe_code,
                reason = "the plan names arguments of the running command"
            )]
            // SAFETY: planned keys are slices of the arguments, which outlive the command.
            let key = unsafe { std::slice::from_raw_parts(key, len) };
            self.purge(id, hash, key);
        }
    }

    /// Removes a key if its time has come; whether it did. For keys that a command finds by itself.
    pub(crate) fn purge(&mut self, id: SlotId, hash: u64, key: &[u8]) -> bool {
        let entry = self.unit.data(id).get(hash, key);
        let (now, due) = (self.now_ms, entry.and_then(EntryRef::expire_at));
        if due.is_none_or(|at| at > now) || self.expired != Expired::Remove {
            let field = entry.and_then(EntryRef::field_expiry);
            return field.is_some_and(|at| at <= now)
                && self.expired == Expired::Remove
                && self.purge_due_fields(id, hash, key);
        }
        self.remove_at(id, hash, key, Some(Event::EXPIRED));
        // Nothing but the removal happened so far for the command, which did not ask for it.
        self.dirty -= 1;
        count(&self.stats.expired, 1);
        if self.journalled {
            let verb = self.expire_verb();
            self.effects.push(id.db(), &[verb, key]);
        }
        true
    }

    fn expire_verb(&self) -> &'static [u8] {
        if self.server.config.flag(params::LAZYFREE_LAZY_EXPIRE) {
            b"UNLINK"
        } else {
            b"DEL"
        }
    }

    /// Removes a key to make room, if it is still there and, with `expiring`, still expires; the bytes it took.
    pub(crate) fn evict(
        &mut self,
        id: SlotId,
        hash: u64,
        key: &[u8],
        expiring: bool,
    ) -> Option<u64> {
        /// Of the slot's table.
        const WORD_BYTES: usize = 8;
        let entry = self.unit.data(id).get(hash, key)?;
        if expiring && entry.expire_at().is_none() {
            return None;
        }
        let entry = self.take_at(id, hash, key, Some(Event::EVICTED))?;
        let bytes = entry.view().memory_bytes() + WORD_BYTES;
        self.server.discard(entry);
        // No command asked for it.
        self.dirty -= 1;
        count(&self.stats.evicted, 1);
        let lazily = self.server.config.flag(params::LAZYFREE_LAZY_EVICTION);
        let verb: &[u8] = if lazily { b"UNLINK" } else { b"DEL" };
        self.effect_in(id.db(), &[verb, key]);
        Some(bytes as u64)
    }

    /// Whether no memory was left that could be freed when the unit was judged, before it began: what a script may
    /// do is decided by this, not by what is in use while it runs.
    #[must_use]
    pub fn out_of_memory(&self) -> bool {
        self.out_of_memory && self.server.config.memory(params::MAXMEMORY) > 0
    }

    fn visible<'e>(&self, entry: EntryRef<'e>) -> Option<EntryRef<'e>> {
        match entry.expire_at() {
            Some(at) if at <= self.now_ms && self.expired != Expired::Show => None,
            _ => Some(entry),
        }
    }

    /// The entry of a key, without noting the access (OBJECT, TTL …).
    #[inline]
    #[must_use]
    pub fn peek(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let (id, hash) = self.locate(key);
        self.visible(self.unit.data(id).get(hash, key)?)
    }

    /// The entry of a key in another database than the client's (COPY, MOVE).
    #[must_use]
    pub fn peek_in(&self, db: u32, key: &[u8]) -> Option<EntryRef<'_>> {
        let (id, hash) = self.locate_in(db, key);
        self.visible(self.unit.data(id).get(hash, key)?)
    }

    /// The entry of a key, for reading: notes the access and counts a hit or a miss.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let found = self.peek(key);
        match found {
            Some(entry) => {
                if self.touch {
                    self.access.note(self.server, entry);
                }
                count(&self.stats.hits, 1);
            }
            None => self.missed(key),
        }
        found
    }

    /// As [`Self::get`], but the access is not noted (TTL, TYPE, EXISTS).
    #[must_use]
    pub fn inspect(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let found = self.peek(key);
        match found {
            Some(_) => count(&self.stats.hits, 1),
            None => self.missed(key),
        }
        found
    }

    /// As [`Self::inspect`], and a miss is counted but not told (OBJECT).
    #[must_use]
    pub fn inspect_untold(&self, key: &[u8]) -> Option<EntryRef<'_>> {
        let found = self.peek(key);
        match found {
            Some(_) => count(&self.stats.hits, 1),
            None => count(&self.stats.misses, 1),
        }
        found
    }

    fn missed(&self, key: &[u8]) {
        count(&self.stats.misses, 1);
        self.notify(self.db, key, Event::MISS);
    }

    /// Whether a key whose time has come is removed at once: not on a replica, nor for its primary's stream.
    #[must_use]
    pub fn removes_expired(&self) -> bool {
        self.expired == Expired::Remove
    }

    /// Whether a key exists.
    #[must_use]
    pub fn exists(&self, key: &[u8]) -> bool {
        self.peek(key).is_some()
    }

    /// A string, for reading.
    ///
    /// # Errors
    /// WRONGTYPE.
    #[inline]
    pub fn string(&self, key: &[u8]) -> Result<Option<StringRef<'_>>, Error> {
        match self.get(key).map(EntryRef::value) {
            None => Ok(None),
            Some(Value::Bytes(bytes)) => Ok(Some(StringRef::Bytes(bytes))),
            Some(Value::Int(n)) => Ok(Some(StringRef::Int(n))),
            Some(Value::Object(_)) => Err(Error::WRONG_TYPE),
        }
    }

    /// A value of type `T`, for reading.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn read<T: Typed>(&self, key: &[u8]) -> Result<Option<&T>, Error> {
        match self.get(key).map(EntryRef::value) {
            None => Ok(None),
            Some(Value::Object(object)) => T::of(object).map(Some).ok_or(Error::WRONG_TYPE),
            Some(_) => Err(Error::WRONG_TYPE),
        }
    }

    /// A value of type `T`, without noting the access: for commands that are about to change it.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn look<T: Typed>(&self, key: &[u8]) -> Result<Option<&T>, Error> {
        match self.peek(key).map(EntryRef::value) {
            None => Ok(None),
            Some(Value::Object(object)) => T::of(object).map(Some).ok_or(Error::WRONG_TYPE),
            Some(_) => Err(Error::WRONG_TYPE),
        }
    }

    /// Edits a value of type `T` in place. An absent one is made if `create`, else the result is `None`. A value
    /// left empty is removed, with its event.
    ///
    /// # Errors
    /// WRONGTYPE, before `f` is called.
    pub fn edit<T: Typed, R>(
        &mut self,
        key: &[u8],
        create: bool,
        f: impl FnOnce(&mut T, &mut Change) -> R,
    ) -> Result<Option<R>, Error> {
        match self.peek(key).map(EntryRef::value) {
            Some(Value::Object(object)) if T::of(object).is_some() => {}
            Some(_) => return Err(Error::WRONG_TYPE),
            None if !create => return Ok(None),
            None => return Ok(self.make::<T, R>(key, f)),
        }
        let (id, hash) = self.locate(key);
        let cx = self.server.keyspace.context(id.db());
        let (server, access, touch) = (self.server, &self.access, self.touch);
        let mut change = Change::default();
        let edited = self
            .unit
            .data_mut(id)
            .get_mut(hash, key, cx)
            .and_then(|mut entry| {
                if touch {
                    access.note(server, entry.view());
                }
                let object = entry.object_mut()?;
                let before = fields::earliest(object);
                let result = f(T::of_mut(object)?, &mut change);
                Some((result, object.is_empty(), before, fields::earliest(object)))
            });
        let Some((result, emptied, before, after)) = edited else {
            return Ok(None);
        };
        self.note_fields(id, before, after);
        self.noted(id, key, &change);
        if emptied {
            self.remove_at(id, hash, key, Some(Event::DEL));
            self.dirty -= 1;
        }
        Ok(Some(result))
    }

    fn make<T: Typed, R>(
        &mut self,
        key: &[u8],
        f: impl FnOnce(&mut T, &mut Change) -> R,
    ) -> Option<R> {
        let mut object = T::empty();
        let mut change = Change::default();
        let result = f(T::of_mut(&mut object)?, &mut change);
        if !object.is_empty() {
            let (id, hash) = self.locate(key);
            self.insert(
                id,
                hash,
                Entry::new(key, NewValue::Object(object), None, self.access.fresh),
            );
            // A key that comes into being concerns everybody, however little of it was noted.
            change.dirty = change.dirty.max(1);
            change.reach = Reach::All;
            self.noted(id, key, &change);
        }
        Some(result)
    }

    /// Tells what an edit has noted.
    #[inline]
    fn noted(&mut self, id: SlotId, key: &[u8], change: &Change) {
        if change.dirty > 0 || change.touched {
            self.changed_within(id, key, change);
            if change.also.is_some() {
                self.changed(id, key, 0, change.also);
            }
        }
    }

    /// Edits a string as growing bytes (APPEND, SETRANGE, SETBIT); an absent one begins empty. What `f` leaves
    /// empty stays absent if it was. Keeps the expiry.
    ///
    /// # Errors
    /// WRONGTYPE, before `f` is called.
    pub fn edit_string<R>(
        &mut self,
        key: &[u8],
        f: impl FnOnce(&mut Vec<u8>, &mut Change) -> R,
    ) -> Result<R, Error> {
        let (id, hash) = self.locate(key);
        let cx = self.server.keyspace.context(id.db());
        let mut change = Change::default();
        let (mut bytes, at) = match self.peek(key) {
            None => (Vec::new(), None),
            Some(entry) => match (entry.value(), entry.object()) {
                (Value::Object(_), _) => return Err(Error::WRONG_TYPE),
                (_, Some(_)) => {
                    // A long string grows where it stands.
                    let mut f = Some(f);
                    let result =
                        self.unit
                            .data_mut(id)
                            .get_mut(hash, key, cx)
                            .and_then(|mut entry| match entry.object_mut() {
                                Some(Object::Str(string)) => {
                                    f.take().map(|f| f(string.make_mut(), &mut change))
                                }
                                _ => None,
                            });
                    let Some(result) = result else {
                        return Err(Error::WRONG_TYPE);
                    };
                    if change.dirty > 0 {
                        self.changed(id, key, change.dirty, change.event);
                    }
                    return Ok(result);
                }
                (Value::Bytes(bytes), None) => (bytes.to_vec(), entry.expire_at()),
                (Value::Int(n), None) => {
                    let mut text = Vec::new();
                    proto_resp::num::write_i64(&mut text, n);
                    (text, entry.expire_at())
                }
            },
        };
        let result = f(&mut bytes, &mut change);
        if change.dirty > 0 {
            let value = if bytes.len() > engine_keyspace::entry::INLINE_MAX {
                NewValue::Object(Object::Str(StrObj::from(&bytes[..])))
            } else {
                NewValue::Raw(&bytes)
            };
            let entry = Entry::new(key, value, at, self.clock_over(id, hash, key));
            self.insert(id, hash, entry);
            self.changed(id, key, change.dirty, change.event);
        }
        Ok(result)
    }

    /// Puts a value in the place of whatever the key held.
    #[inline]
    pub fn put(&mut self, key: &[u8], value: NewValue<'_>, expiry: Expiry, event: Event) {
        let (id, hash) = self.locate(key);
        if !self.put_over(id, hash, key, &value, expiry) {
            let at = match expiry {
                Expiry::Never => None,
                Expiry::At(at) => Some(at),
                Expiry::Keep => self.peek(key).and_then(EntryRef::expire_at),
            };
            let clock = self.clock_over(id, hash, key);
            self.insert(id, hash, Entry::new(key, value, at, clock));
        }
        self.changed(id, key, 1, Some(event));
    }

    /// The clock of a value that comes in the place of the key's present one: how often a key is used outlives its
    /// values.
    fn clock_over(&self, id: SlotId, hash: u64, key: &[u8]) -> u32 {
        let old = || self.unit.data(id).get(hash, key).map(EntryRef::clock);
        self.access.over(self.server, old)
    }

    /// Writes a string over one of the same size class, where neither has an expiry: the usual SET.
    #[inline]
    fn put_over(
        &mut self,
        id: SlotId,
        hash: u64,
        key: &[u8],
        value: &NewValue<'_>,
        expiry: Expiry,
    ) -> bool {
        if matches!(expiry, Expiry::At(_)) {
            return false;
        }
        let cx = self.server.keyspace.context(id.db());
        let (server, access) = (self.server, &self.access);
        let Some(mut entry) = self.unit.data_mut(id).get_mut(hash, key, cx) else {
            return false;
        };
        if entry.view().expire_at().is_some() {
            return false;
        }
        let done = match value {
            NewValue::Bytes(bytes) => entry.overwrite(bytes),
            NewValue::Int(n) => entry.overwrite_int(*n),
            _ => false,
        };
        if done {
            access.note(server, entry.view());
        }
        done
    }

    /// Puts an entry in, counting keys and expiries; the old one is freed.
    fn insert(&mut self, id: SlotId, hash: u64, entry: Entry) {
        self.announce(id, hash, entry.view().key());
        self.insert_untold(id, hash, entry);
    }

    fn insert_untold(&mut self, id: SlotId, hash: u64, entry: Entry) {
        let cx = self.server.keyspace.context(id.db());
        let db = self.server.keyspace.db(id.db());
        let expires = entry.view().expire_at().is_some();
        let fields = entry.view().field_expiry().is_some();
        let old = self.unit.data_mut(id).put(hash, entry, cx);
        let expired = old.as_ref().is_some_and(|e| e.view().expire_at().is_some());
        let had = old
            .as_ref()
            .is_some_and(|e| e.view().field_expiry().is_some());
        if fields != had {
            db.fields_expire.add(if fields { 1 } else { -1 });
        }
        match old {
            None => db.keys.add(1),
            Some(old) => self.server.discard(old),
        }
        if expires != expired {
            db.expires.add(if expires { 1 } else { -1 });
        }
    }

    /// Removes a key; whether it was there.
    pub fn remove(&mut self, key: &[u8], event: Event) -> bool {
        if !self.exists(key) {
            return false;
        }
        let (id, hash) = self.locate(key);
        self.remove_at(id, hash, key, Some(event))
    }

    fn remove_at(&mut self, id: SlotId, hash: u64, key: &[u8], event: Option<Event>) -> bool {
        match self.take_at(id, hash, key, event) {
            Some(entry) => {
                self.server.discard(entry);
                true
            }
            None => false,
        }
    }

    fn take_at(
        &mut self,
        id: SlotId,
        hash: u64,
        key: &[u8],
        event: Option<Event>,
    ) -> Option<Entry> {
        let cx = self.server.keyspace.context(id.db());
        let entry = self.unit.data_mut(id).remove(hash, key, cx)?;
        let db = self.server.keyspace.db(id.db());
        db.keys.add(-1);
        if entry.view().expire_at().is_some() {
            db.expires.add(-1);
        }
        if entry.view().field_expiry().is_some() {
            db.fields_expire.add(-1);
        }
        self.changed(id, key, 1, event);
        Some(entry)
    }

    /// Removes a key that a command has given a time already past; the effect is the removal.
    pub fn remove_overdue(&mut self, key: &[u8]) {
        if self.remove(key, Event::DEL) {
            self.rewrite(&[self.expire_verb(), key]);
        }
    }

    /// Takes a key out with its value and expiry (RENAME, MOVE).
    pub fn take(&mut self, key: &[u8], event: Event) -> Option<Entry> {
        self.peek(key)?;
        let (id, hash) = self.locate(key);
        self.take_at(id, hash, key, Some(event))
    }

    /// Puts a value under a name, in any database that the unit holds the slot of.
    pub fn put_in(
        &mut self,
        db: u32,
        key: &[u8],
        value: NewValue<'_>,
        at: Option<i64>,
        event: Event,
    ) {
        let (id, hash) = self.locate_in(db, key);
        let clock = self.access.fresh;
        self.insert(id, hash, Entry::new(key, value, at, clock));
        self.changed(id, key, 1, Some(event));
    }

    /// Puts an entry into a database that the unit holds the key's slot of. As in Redis it is a new key even if it
    /// takes the place of another, of which [`Self::announce_in`] tells.
    pub fn put_entry(&mut self, db: u32, entry: Entry, event: Event) {
        let key = entry.view().key().to_vec();
        let (id, hash) = self.locate_in(db, &key);
        self.insert_untold(id, hash, entry);
        self.changed(id, &key, 1, Some(event));
    }

    /// Removes a key of any database that the unit holds the slot of.
    pub fn remove_in(&mut self, db: u32, key: &[u8], event: Event) -> bool {
        let (id, hash) = self.locate_in(db, key);
        self.remove_at(id, hash, key, Some(event))
    }

    /// Sets or removes the expiry of a key that exists; false if it doesn't.
    pub fn set_expiry(&mut self, key: &[u8], at: Option<i64>, event: Event) -> bool {
        if !self.exists(key) {
            return false;
        }
        let (id, hash) = self.locate(key);
        let cx = self.server.keyspace.context(id.db());
        let data = self.unit.data_mut(id);
        data.note_expiry(at);
        let Some(mut entry) = data.get_mut(hash, key, cx) else {
            return false;
        };
        let before = entry.view().expire_at().is_some();
        let fits = entry.set_expire_at(at);
        drop(entry);
        if !fits && let Some(entry) = data.remove(hash, key, cx) {
            data.put(hash, entry.with_expiry(at), cx);
        }
        if before != at.is_some() {
            self.server
                .keyspace
                .db(id.db())
                .expires
                .add(if before { -1 } else { 1 });
        }
        self.changed(id, key, 1, Some(event));
        true
    }

    /// What follows every change: watch flags, tracking, ready keys, the event.
    #[inline]
    fn changed(&mut self, id: SlotId, key: &[u8], dirty: u64, event: Option<Event>) {
        self.dirty += dirty;
        let interest = self.unit.data(id).interest;
        if interest != 0 || self.server.tracking.has_prefixes() {
            self.tell(id, key, interest);
        }
        if let Some(event) = event {
            self.notify(id.db(), key, event);
        }
    }

    /// As [`Self::changed`], telling only those whom the change reaches.
    #[inline]
    fn changed_within(&mut self, id: SlotId, key: &[u8], change: &Change) {
        let hidden = match change.reach {
            Reach::All => 0,
            Reach::Watchers => WAITED,
            Reach::Waiters => WATCHED | TRACKED,
            Reach::Nobody => WAITED | WATCHED | TRACKED,
        };
        self.dirty += change.dirty;
        let interest = self.unit.data(id).interest & !hidden;
        if interest != 0 || (hidden & TRACKED == 0 && self.server.tracking.has_prefixes()) {
            self.tell(id, key, interest);
        }
        if let Some(event) = change.event {
            self.notify(id.db(), key, event);
        }
    }

    #[cold]
    fn tell(&mut self, id: SlotId, key: &[u8], interest: u8) {
        if interest & WATCHED != 0
            && let Some(extra) = self.unit.data(id).extra()
            && let Some(flags) = extra.watched.get(key)
        {
            flags
                .iter()
                .for_each(|flag| flag.store(true, Ordering::Relaxed));
        }
        if self.server.tracking.has_prefixes() {
            let by = self.publisher.map_or(0, |own| own.session);
            self.server.tracking.note_changed(key, by);
        }
        if interest & TRACKED != 0 {
            self.invalidate(id, key);
        }
        if interest & WAITED != 0
            && let Some(extra) = self.unit.data(id).extra()
            && extra.waiting.contains_key(key)
        {
            self.ready.push((id, key.into()));
        }
    }

    /// Flags the transactions that watch keys of this slot, for a change of all its keys at once.
    pub fn touch_watched(&self, data: &SlotData, changed: impl Fn(&[u8]) -> bool) {
        let Some(extra) = data.extra() else { return };
        for (key, flags) in &extra.watched {
            if changed(key) {
                flags
                    .iter()
                    .for_each(|flag| flag.store(true, Ordering::Relaxed));
            }
        }
    }

    /// The running command's effect is `argv`, not its own words; may be called several times.
    pub fn rewrite(&mut self, argv: &[&[u8]]) {
        self.rewritten = true;
        self.effect_in(self.db, argv);
    }

    /// Whether effects are collected at all.
    #[must_use]
    pub fn is_journalled(&self) -> bool {
        self.journalled
    }

    /// The running command's effect has been taken care of.
    pub fn rewritten(&mut self) {
        self.rewritten = true;
    }

    /// The running command goes to the replicas as it is, though it changes nothing (PUBLISH).
    pub fn replicate(&mut self, argv: &[&[u8]]) {
        if self.journalled {
            self.effects
                .push_class(Some(self.db), argv, EffectClass::ReplicaOnly);
        }
    }

    pub(crate) fn effect_in(&mut self, db: u32, argv: &[&[u8]]) {
        if !self.journalled {
            return;
        }
        match self.script_effects {
            Effects::All => self.effects.push(db, argv),
            Effects::Only(class) => self.effects.push_class(Some(db), argv, class),
            Effects::None => {}
        }
    }

    /// Makes sure that the slot of a key that the command has found by itself is held; only in wide units.
    pub fn ensure(&mut self, key: &[u8]) {
        self.ensure_in(self.db, key);
    }

    /// As [`Self::ensure`], in another database.
    pub fn ensure_in(&mut self, db: u32, key: &[u8]) {
        let (id, hash) = self.locate_in(db, key);
        self.unit.lock_more(id);
        self.purge(id, hash, key);
    }

    /// Runs `f` on a slot of the current database, locked for that long if it isn't already.
    ///
    /// # Errors
    /// [`Busy`], see [`Unit::visit`].
    pub fn visit<R>(&mut self, slot: u16, f: impl FnOnce(&mut SlotData) -> R) -> Result<R, Busy> {
        self.unit.visit(SlotId::new(self.db, slot), f)
    }

    /// SCAN of the current database: entries that are visible, in `each`; the next cursor.
    ///
    /// # Errors
    /// [`Busy`]: ask again with the same cursor.
    pub fn scan(
        &mut self,
        cursor: u64,
        count: usize,
        each: impl FnMut(EntryRef<'_>),
    ) -> Result<u64, Busy> {
        self.scan_all(cursor, count, each, |_| {})
    }

    /// As [`Self::scan`]; those that are not visible, because their time has come, in `due`.
    ///
    /// # Errors
    /// [`Busy`]: ask again with the same cursor.
    pub fn scan_all(
        &mut self,
        cursor: u64,
        count: usize,
        mut each: impl FnMut(EntryRef<'_>),
        mut due: impl FnMut(EntryRef<'_>),
    ) -> Result<u64, Busy> {
        let (now, expired) = (self.now_ms, self.expired);
        engine_keyspace::scan::scan(
            &self.server.keyspace,
            &mut self.unit,
            self.db,
            cursor,
            count,
            |entry| {
                if expired == Expired::Show || entry.expire_at().is_none_or(|at| at > now) {
                    each(entry);
                } else {
                    due(entry);
                }
            },
        )
    }

    /// Whether a unit that holds these slots may come to serve waiters whose service needs other slots. One that only
    /// reads still removes keys whose time has come.
    pub(crate) fn has_wide_waiters(&self, ids: &[SlotId], writes: bool) -> bool {
        let wide = if writes {
            WAITED_WIDE
        } else {
            WAITED_WIDE | WAITED_REMOVAL
        };
        ids.iter()
            .any(|id| self.unit.data(*id).interest & wide == wide)
    }

    /// The clock of a key that is made now (`access`).
    #[must_use]
    pub fn clock(&self) -> u32 {
        self.access.fresh
    }

    /// Ends the unit: everything is released, the buffers go back to the worker.
    pub(crate) fn into_buffers(mut self) -> (EffectBuf, Vec<ReadyKey>) {
        self.unit.release();
        self.effects.clear();
        self.ready.clear();
        (
            std::mem::take(&mut self.effects),
            std::mem::take(&mut self.ready),
        )
    }
}
