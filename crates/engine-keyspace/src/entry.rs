//! An entry: one key with its value, expiry and access clock, in one allocation where it can be.
//!
//! ```text
//! 0        8          (8)          (8)              (8)
//! ┌────────┬──────────┬────────────┬────────────────┬─────────┬───────────────┐
//! │ header │ expiry   │ key length │ number, or     │ key     │ inline value  │
//! │        │ (EXPIRY) │ (LONG_KEY) │ Box<Object>    │         │ (INLINE)      │
//! └────────┴──────────┴────────────┴────────────────┴─────────┴───────────────┘
//! header: type 4 bits │ encoding 4 │ flags 8 │ clock 24 │ key length 8 │ value length 16
//! ```
//! Fields in brackets exist only where the header says so; each is 8 bytes. The allocation is aligned to 8,
//! which leaves the three lowest bits of its address to the table word (`table.rs`).
#![allow(
    unsafe_code,
    reason = "variable layout in one allocation: 16 bytes a key less than separate boxes"
)]

use engine_types::{Kind, Object, StrObj};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest string kept inside the entry, bytes; longer ones stand behind a pointer, where a reply, the
/// journal and a snapshot can share them.
pub const INLINE_MAX: usize = 4096;

const ENC_INLINE: u64 = 0;
const ENC_INT: u64 = 1;
const ENC_OBJECT: u64 = 2;

const FLAG_EXPIRY: u64 = 1;
const FLAG_LONG_KEY: u64 = 2;
/// The string was made by a partial write (APPEND, SETRANGE …), so OBJECT ENCODING says `raw`.
const FLAG_RAW: u64 = 4;

const SHIFT_ENC: u32 = 4;
const SHIFT_FLAGS: u32 = 8;
const SHIFT_CLOCK: u32 = 16;
const SHIFT_KLEN: u32 = 40;
const SHIFT_VLEN: u32 = 48;
const CLOCK_MASK: u64 = 0xff_ffff;

/// Expiry that stands for "none" in an entry that has room for one.
const NO_EXPIRY: i64 = -1;

/// A value to be put into an entry.
#[derive(Debug)]
pub enum NewValue<'a> {
    /// A string; kept as a number where it is one in canonical form.
    Bytes(&'a [u8]),
    /// A string that a partial write has made: never kept as a number.
    Raw(&'a [u8]),
    /// A number.
    Int(i64),
    /// Anything else; also a long string that is already in an object.
    Object(Object),
}

/// A value as it stands in an entry.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A string.
    Bytes(&'a [u8]),
    /// A string that is a number in canonical form.
    Int(i64),
    /// A list, set, hash, sorted set; never a string.
    Object(&'a Object),
}

/// One key and all that belongs to it.
pub struct Entry(NonNull<u8>);

// SAFETY: an entry owns its allocation; the objects in it are Send and Sync themselves.
unsafe impl Send for Entry {}
// SAFETY: shared access only reads.
unsafe impl Sync for Entry {}

struct Fields {
    expiry: bool,
    long_key: bool,
    payload: bool,
}

impl Fields {
    fn key_at(&self) -> usize {
        8 * (1 + usize::from(self.expiry) + usize::from(self.long_key) + usize::from(self.payload))
    }
}

impl Entry {
    /// A new entry. `expire_at` in milliseconds of Unix time.
    #[must_use]
    pub fn new(key: &[u8], value: NewValue<'_>, expire_at: Option<i64>, clock: u32) -> Self {
        let (enc, kind, raw, payload, inline): (u64, u64, bool, u64, &[u8]) = match value {
            NewValue::Bytes(bytes) => match canonical_int(bytes) {
                Some(number) => (ENC_INT, 0, false, number as u64, &[]),
                None if bytes.len() <= INLINE_MAX => (ENC_INLINE, 0, false, 0, bytes),
                None => (
                    ENC_OBJECT,
                    0,
                    true,
                    boxed(Object::Str(StrObj::from(bytes))),
                    &[],
                ),
            },
            NewValue::Raw(bytes) if bytes.len() <= INLINE_MAX => (ENC_INLINE, 0, true, 0, bytes),
            NewValue::Raw(bytes) => (
                ENC_OBJECT,
                0,
                true,
                boxed(Object::Str(StrObj::from(bytes))),
                &[],
            ),
            NewValue::Int(number) => (ENC_INT, 0, false, number as u64, &[]),
            NewValue::Object(object) => {
                (ENC_OBJECT, object.kind() as u64, true, boxed(object), &[])
            }
        };
        let fields = Fields {
            expiry: expire_at.is_some(),
            long_key: key.len() >= 255,
            payload: enc != ENC_INLINE,
        };
        let mut flags = 0;
        if fields.expiry {
            flags |= FLAG_EXPIRY;
        }
        if fields.long_key {
            flags |= FLAG_LONG_KEY;
        }
        if raw {
            flags |= FLAG_RAW;
        }
        let header = kind
            | enc << SHIFT_ENC
            | flags << SHIFT_FLAGS
            | (u64::from(clock) & CLOCK_MASK) << SHIFT_CLOCK
            | (key.len().min(255) as u64) << SHIFT_KLEN
            | (inline.len() as u64) << SHIFT_VLEN;
        let key_at = fields.key_at();
        let layout = layout(key_at + key.len() + inline.len());
        // SAFETY: the layout is not empty; every write below lies within it, at the offsets that
        // `key_at` derives from the same fields.
        unsafe {
            let Some(start) = NonNull::new(alloc(layout)) else {
                handle_alloc_error(layout)
            };
            let mut words = start.cast::<u64>();
            words.write(header);
            if fields.expiry {
                words = words.add(1);
                words.write(expire_at.unwrap_or(NO_EXPIRY) as u64);
            }
            if fields.long_key {
                words = words.add(1);
                words.write(key.len() as u64);
            }
            if fields.payload {
                words = words.add(1);
                words.write(payload);
            }
            let tail = start.add(key_at);
            tail.copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            tail.add(key.len())
                .copy_from_nonoverlapping(NonNull::from(inline).cast(), inline.len());
            Self(start)
        }
    }

    /// What can be read of the entry.
    #[inline]
    #[must_use]
    pub fn view(&self) -> EntryRef<'_> {
        EntryRef(self.0, PhantomData)
    }

    #[inline]
    fn set_header(&mut self, header: u64) {
        self.view().header_cell().store(header, Ordering::Relaxed);
    }

    /// The object behind the entry for changing; `None` for inline strings and numbers.
    pub fn object_mut(&mut self) -> Option<&mut Object> {
        (self.view().enc() == ENC_OBJECT).then(|| {
            // SAFETY: as above, and `&mut self` is the only access.
            unsafe { &mut *(self.view().payload_at().read() as *mut Object) }
        })
    }

    /// Takes the value out as something [`Entry::new`] can put into another entry; the entry is gone.
    #[must_use]
    pub fn into_object(self) -> Option<Object> {
        if self.view().enc() != ENC_OBJECT {
            return None;
        }
        // SAFETY: ownership of the box moves to the caller; the allocation is freed without dropping it again.
        unsafe {
            let object = *Box::from_raw(self.view().payload_at().read() as *mut Object);
            self.free();
            std::mem::forget(self);
            Some(object)
        }
    }

    /// Sets or removes the expiry in place; false if the entry has no room for one and must be made anew.
    pub fn set_expire_at(&mut self, at: Option<i64>) -> bool {
        if !self.view().has(FLAG_EXPIRY) {
            return at.is_none();
        }
        // SAFETY: the flag says that the field exists; `&mut self` is the only access.
        unsafe { self.view().field(1).write(at.unwrap_or(NO_EXPIRY) as u64) };
        true
    }

    /// The same key and value with an expiry.
    #[must_use]
    pub fn with_expiry(self, at: Option<i64>) -> Self {
        let key = self.view().key().to_vec();
        self.renamed(&key, at)
    }

    /// The same value under another key and with another expiry (RENAME, COPY).
    #[must_use]
    pub fn renamed(self, key: &[u8], at: Option<i64>) -> Self {
        let clock = self.view().clock();
        let raw = self.view().has(FLAG_RAW);
        match self.view().value() {
            Value::Int(n) => Self::new(key, NewValue::Int(n), at, clock),
            Value::Bytes(bytes) if self.view().enc() == ENC_INLINE => {
                let value = if raw {
                    NewValue::Raw(bytes)
                } else {
                    NewValue::Bytes(bytes)
                };
                Self::new(key, value, at, clock)
            }
            _ => match self.into_object() {
                Some(object) => Self::new(key, NewValue::Object(object), at, clock),
                None => Self::new(key, NewValue::Bytes(&[]), at, clock),
            },
        }
    }

    /// Sets the access clock; writes only when it differs, so that reads keep the line shared.
    #[inline]
    pub fn set_clock(&mut self, clock: u32) {
        let header = self.view().header();
        let new = (header & !(CLOCK_MASK << SHIFT_CLOCK))
            | (u64::from(clock) & CLOCK_MASK) << SHIFT_CLOCK;
        if new != header {
            self.set_header(new);
        }
    }

    /// Writes a new string over the old one where it fits the allocation; false if it doesn't.
    #[inline]
    pub fn overwrite(&mut self, bytes: &[u8]) -> bool {
        if self.view().enc() != ENC_INLINE
            || bytes.len() > INLINE_MAX
            || canonical_int(bytes).is_some()
        {
            return false;
        }
        let fixed = self.view().fields().key_at() + self.view().key_len();
        if rounded(fixed + bytes.len()) != rounded(fixed + self.view().inline_len()) {
            return false;
        }
        let flags = (FLAG_RAW << SHIFT_FLAGS) | (0xffff << SHIFT_VLEN);
        self.set_header((self.view().header() & !flags) | (bytes.len() as u64) << SHIFT_VLEN);
        // SAFETY: the rounded size is the allocation's, so the bytes fit behind the key.
        unsafe {
            self.0
                .add(fixed)
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len())
        };
        true
    }

    /// Writes a new number over the old one; false if the value isn't one.
    pub fn overwrite_int(&mut self, number: i64) -> bool {
        if self.view().enc() != ENC_INT {
            return false;
        }
        // SAFETY: the encoding says that the payload field exists.
        unsafe { self.view().payload_at().write(number as u64) };
        true
    }

    /// Frees the entry's own allocation, not what it points to.
    ///
    /// # Safety
    /// The entry must not be used afterwards, not even dropped.
    unsafe fn free(&self) {
        let layout = layout(self.view().size());
        // SAFETY: allocated with the layout of the same size; the caller gives up the entry.
        unsafe { dealloc(self.0.as_ptr(), layout) };
    }

    /// The entry as an address, owned by the caller. Multiple of 8, below 2^48.
    pub(crate) fn into_addr(self) -> u64 {
        let addr = self.0.as_ptr() as u64;
        std::mem::forget(self);
        addr
    }

    /// The entry of an address.
    ///
    /// # Safety
    /// `addr` came from [`Self::into_addr`], and the caller sees to it that only one owner is dropped.
    pub(crate) unsafe fn from_addr(addr: u64) -> Self {
        // SAFETY: addresses of entries are never null.
        Self(unsafe { NonNull::new_unchecked(addr as *mut u8) })
    }
}

/// A borrowed entry: a thin pointer to its allocation, with all that can be read.
#[derive(Clone, Copy)]
pub struct EntryRef<'t>(NonNull<u8>, PhantomData<&'t Entry>);

impl<'t> EntryRef<'t> {
    /// The entry at an address, borrowed.
    ///
    /// # Safety
    /// `addr` came from [`Entry::into_addr`], and the entry lives unchanged for `'t`.
    pub(crate) unsafe fn from_addr(addr: u64) -> Self {
        // SAFETY: addresses of entries are never null.
        Self(
            unsafe { NonNull::new_unchecked(addr as *mut u8) },
            PhantomData,
        )
    }

    #[inline]
    fn header(self) -> u64 {
        self.header_cell().load(Ordering::Relaxed)
    }

    /// The header as an atomic word, because a read may write the access clock; a plain load and store on the
    /// machine.
    #[inline]
    fn header_cell(self) -> &'t AtomicU64 {
        // SAFETY: every entry begins with its header, which lives as long as the entry and is only ever
        // accessed as an atomic.
        unsafe { self.0.cast::<AtomicU64>().as_ref() }
    }

    /// Notes an access at `clock`; writes only when it differs, so that the line stays clean otherwise.
    #[inline]
    pub fn touch(self, clock: u32) {
        let header = self.header();
        let new = (header & !(CLOCK_MASK << SHIFT_CLOCK))
            | (u64::from(clock) & CLOCK_MASK) << SHIFT_CLOCK;
        if new != header {
            self.header_cell().store(new, Ordering::Relaxed);
        }
    }

    #[inline]
    fn enc(self) -> u64 {
        (self.header() >> SHIFT_ENC) & 15
    }

    #[inline]
    fn has(self, flag: u64) -> bool {
        (self.header() >> SHIFT_FLAGS) & flag != 0
    }

    fn fields(self) -> Fields {
        Fields {
            expiry: self.has(FLAG_EXPIRY),
            long_key: self.has(FLAG_LONG_KEY),
            payload: self.enc() != ENC_INLINE,
        }
    }

    /// Position of the optional 8-byte field number `n`, counted from 1.
    #[inline]
    fn field(self, n: usize) -> NonNull<u64> {
        // SAFETY: callers ask only for fields whose flag is set, so the position lies in the allocation.
        unsafe { self.0.cast::<u64>().add(n) }
    }

    fn payload_at(self) -> NonNull<u64> {
        debug_assert!(self.enc() != ENC_INLINE);
        self.field(1 + usize::from(self.has(FLAG_EXPIRY)) + usize::from(self.has(FLAG_LONG_KEY)))
    }

    #[inline]
    fn key_len(self) -> usize {
        let short = (self.header() >> SHIFT_KLEN) & 0xff;
        if short < 255 {
            return short as usize;
        }
        // SAFETY: a key length of 255 means LONG_KEY, whose field follows the expiry's.
        unsafe { self.field(1 + usize::from(self.has(FLAG_EXPIRY))).read() as usize }
    }

    #[inline]
    fn inline_len(self) -> usize {
        (self.header() >> SHIFT_VLEN) as usize
    }

    /// The key.
    #[inline]
    #[must_use]
    pub fn key(self) -> &'t [u8] {
        let at = self.fields().key_at();
        // SAFETY: the key's bytes lie there, written by `new`.
        unsafe { NonNull::slice_from_raw_parts(self.0.add(at), self.key_len()).as_ref() }
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn value(self) -> Value<'t> {
        match self.enc() {
            ENC_INLINE => {
                let at = self.fields().key_at() + self.key_len();
                // SAFETY: the value's bytes follow the key's.
                Value::Bytes(unsafe {
                    NonNull::slice_from_raw_parts(self.0.add(at), self.inline_len()).as_ref()
                })
            }
            // SAFETY: the encoding says that the payload field exists.
            ENC_INT => Value::Int(unsafe { self.payload_at().read() } as i64),
            _ => match self.object() {
                Some(Object::Str(string)) => Value::Bytes(string.as_bytes()),
                Some(other) => Value::Object(other),
                None => Value::Bytes(&[]),
            },
        }
    }

    /// The object behind the entry, if the value is not inline; a long string too.
    #[must_use]
    pub fn object(self) -> Option<&'t Object> {
        (self.enc() == ENC_OBJECT).then(|| {
            // SAFETY: the payload of this encoding is a pointer made by `boxed`, owned by this entry.
            unsafe { &*(self.payload_at().read() as *const Object) }
        })
    }

    /// The type of the value.
    #[inline]
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.header() & 15 {
            1 => Kind::List,
            2 => Kind::Set,
            3 => Kind::Hash,
            4 => Kind::ZSet,
            5 => Kind::Stream,
            _ => Kind::Str,
        }
    }

    /// What OBJECT ENCODING says.
    #[must_use]
    pub fn encoding(self) -> &'static str {
        match self.value() {
            Value::Int(_) => "int",
            Value::Bytes(bytes) if bytes.len() > 44 || self.has(FLAG_RAW) => "raw",
            Value::Bytes(_) => "embstr",
            Value::Object(object) => object.encoding(),
        }
    }

    /// When the key expires, milliseconds of Unix time.
    #[inline]
    #[must_use]
    pub fn expire_at(self) -> Option<i64> {
        if !self.has(FLAG_EXPIRY) {
            return None;
        }
        // SAFETY: the flag says that the field exists, right after the header.
        let at = unsafe { self.field(1).read() } as i64;
        (at != NO_EXPIRY).then_some(at)
    }

    /// When the first field of a hash expires, milliseconds of Unix time.
    #[inline]
    #[must_use]
    pub fn field_expiry(self) -> Option<i64> {
        if self.kind() != Kind::Hash {
            return None;
        }
        match self.object()? {
            Object::Hash(hash) => hash.earliest_field_expiry(),
            _ => None,
        }
    }

    /// When something of the key is next due: the key itself or a field of it.
    #[inline]
    #[must_use]
    pub fn next_due(self) -> Option<i64> {
        match (self.expire_at(), self.field_expiry()) {
            (Some(key), Some(field)) => Some(key.min(field)),
            (key, field) => key.or(field),
        }
    }

    /// Access clock: seconds (LRU) or Redis's LFU word, 24 bits.
    #[must_use]
    pub fn clock(self) -> u32 {
        ((self.header() >> SHIFT_CLOCK) & CLOCK_MASK) as u32
    }

    fn size(self) -> usize {
        self.fields().key_at() + self.key_len() + self.inline_len()
    }

    /// Bytes this entry takes from the allocator, with its value (an estimate for large collections).
    #[must_use]
    pub fn memory_bytes(self) -> usize {
        rounded(self.size())
            + self
                .object()
                .map_or(0, |o| std::mem::size_of::<Object>() + o.memory_bytes())
    }

    /// A copy that shares what a clone of the value shares: O(1) for large collections.
    #[must_use]
    pub fn duplicate(self) -> Entry {
        let value = match (self.value(), self.object()) {
            (_, Some(object)) => NewValue::Object(object.clone()),
            (Value::Int(n), _) => NewValue::Int(n),
            (Value::Bytes(bytes), _) if self.has(FLAG_RAW) => NewValue::Raw(bytes),
            (Value::Bytes(bytes), _) => NewValue::Bytes(bytes),
            (Value::Object(object), _) => NewValue::Object(object.clone()),
        };
        Entry::new(self.key(), value, self.expire_at(), self.clock())
    }
}

impl std::fmt::Debug for EntryRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key())
            .field("value", &self.value())
            .finish()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: the entry owns its box and its allocation; both are given up here, once.
        unsafe {
            if self.view().enc() == ENC_OBJECT {
                drop(Box::from_raw(self.view().payload_at().read() as *mut Object));
            }
            self.free();
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.view().fmt(f)
    }
}

fn boxed(object: Object) -> u64 {
    Box::into_raw(Box::new(object)) as u64
}

#[inline]
fn rounded(size: usize) -> usize {
    size.next_multiple_of(8)
}

fn layout(size: usize) -> Layout {
    // Keys are at most 512 MB, so the size never comes near the limit.
    Layout::from_size_align(rounded(size), 8).unwrap_or(Layout::new::<u64>())
}

/// The number that these bytes are in Redis's canonical form (as they would be printed again).
#[inline]
#[must_use]
pub fn canonical_int(bytes: &[u8]) -> Option<i64> {
    if bytes.is_empty() || bytes.len() > 20 || !(bytes[0].is_ascii_digit() || bytes[0] == b'-') {
        return None;
    }
    proto_resp::num::parse_i64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(entry: &Entry) -> Vec<u8> {
        match entry.view().value() {
            Value::Bytes(b) => b.to_vec(),
            Value::Int(n) => n.to_string().into_bytes(),
            Value::Object(_) => panic!("not a string"),
        }
    }

    #[test]
    fn keys_and_strings_of_all_lengths_come_back() {
        for key_len in [0, 1, 7, 8, 254, 255, 256, 70_000] {
            for value_len in [0, 1, 44, 45, INLINE_MAX, INLINE_MAX + 1, 100_000] {
                for expiry in [None, Some(1_700_000_000_000)] {
                    let (key, value) = (vec![b'k'; key_len], vec![b'v'; value_len]);
                    let entry = Entry::new(&key, NewValue::Bytes(&value), expiry, 5);
                    assert_eq!(entry.view().key(), key);
                    assert_eq!(text(&entry), value);
                    assert_eq!(entry.view().expire_at(), expiry);
                    assert_eq!(entry.view().clock(), 5);
                    let again = entry.with_expiry(Some(7));
                    assert_eq!(
                        (again.view().key(), text(&again), again.view().expire_at()),
                        (&key[..], value, Some(7))
                    );
                }
            }
        }
    }

    #[test]
    fn numbers_are_kept_as_numbers() {
        let entry = |v: &[u8]| {
            Entry::new(b"k", NewValue::Bytes(v), None, 0)
                .view()
                .encoding()
        };
        assert_eq!(entry(b"123"), "int");
        assert_eq!(entry(b"-9223372036854775808"), "int");
        assert_eq!(entry(b"0123"), "embstr");
        assert_eq!(entry(b"9223372036854775808"), "embstr");
        assert_eq!(
            Entry::new(b"k", NewValue::Raw(b"12"), None, 0)
                .view()
                .encoding(),
            "raw"
        );
    }

    #[test]
    fn overwriting_stays_in_the_allocation() {
        let mut entry = Entry::new(b"key", NewValue::Bytes(b"abcdef"), Some(9), 1);
        assert!(entry.overwrite(b"ABCDEFG"));
        assert_eq!(
            (text(&entry), entry.view().key()),
            (b"ABCDEFG".to_vec(), &b"key"[..])
        );
        assert!(!entry.overwrite(&[b'x'; 100]));
        assert!(!entry.overwrite(b"12"));
        assert!(entry.set_expire_at(None));
        assert_eq!(entry.view().expire_at(), None);
        assert!(!Entry::new(b"k", NewValue::Int(1), None, 0).set_expire_at(Some(1)));
    }

    #[test]
    fn a_small_entry_is_as_small_as_promised() {
        // 8 bytes of header, 16 of key, 32 of value (docs/design/memory.md).
        assert_eq!(
            Entry::new(&[b'k'; 16], NewValue::Bytes(&[b'v'; 32]), None, 0)
                .view()
                .memory_bytes(),
            56
        );
    }
}
