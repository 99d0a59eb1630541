//! Elements of large collections: one thin allocation each, counted references.
//!
//! ```text
//! member   refs:u32  len:u32                              bytes      (set)
//! field    refs:u32  field len:u32  value len:u32         bytes      (hash)
//! scored   refs:u32  len:u32        score:f64 as 2 × u32  bytes      (sorted set)
//! ```
//!
//! The header says how long the bytes are, so a pointer is 8 bytes and not 16, and it leaves
//! the upper 16 bits of a 64-bit word for a piece of the element's hash ([`Tagged`]).
//!
//! Invariants, on which every `unsafe` block here rests:
//! 1. A pointer in a [`Thin`] or [`Tagged`] comes from [`Thin::new`] and owns one of the `refs`.
//! 2. The header's lengths never change, and exactly that many initialised bytes follow it.
//! 3. Bytes are written only before the pointer is shared, or through `&mut` while `refs` is 1
//!    (then no other handle exists, and borrows of this one are excluded by the `&mut`).

#![allow(
    unsafe_code,
    reason = "thin, counted, tagged pointers to unsized elements; std has none"
)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering, fence};

/// Longest key or value of an element; callers refuse longer ones (what is beyond is cut).
pub const ELEMENT_LEN_MAX: usize = u32::MAX as usize - 64;

/// References beyond which a leak is certain and wrapping round would be unsound.
const REFS_MAX: u32 = u32::MAX / 2;

/// The part of the header that differs between kinds of elements. Private fields and this
/// module's three implementations keep invariant 2.
pub(crate) trait Meta: Copy + Send + Sync + 'static {
    /// Length of the part that identifies the element.
    fn key_len(self) -> usize;
    /// Length of what follows the key.
    fn value_len(self) -> usize;
}

/// A set's member.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Member {
    len: u32,
}

/// A hash's field with its value.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Field {
    len: u32,
    value_len: u32,
}

/// A sorted set's member with its score, split so that the header needs no padding.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Scored {
    len: u32,
    score_bits: [u32; 2],
}

impl Meta for Member {
    fn key_len(self) -> usize {
        self.len as usize
    }

    fn value_len(self) -> usize {
        0
    }
}

impl Meta for Field {
    fn key_len(self) -> usize {
        self.len as usize
    }

    fn value_len(self) -> usize {
        self.value_len as usize
    }
}

impl Meta for Scored {
    fn key_len(self) -> usize {
        self.len as usize
    }

    fn value_len(self) -> usize {
        0
    }
}

impl Scored {
    pub(crate) fn score(self) -> f64 {
        let [low, high] = self.score_bits.map(u64::from);
        f64::from_bits(high << 32 | low)
    }
}

#[repr(C)]
struct Head<M> {
    refs: AtomicU32,
    meta: M,
}

impl<M: Meta> Head<M> {
    fn layout(meta: M) -> Layout {
        let body = meta.key_len() + meta.value_len();
        let head = Layout::new::<Head<M>>();
        // Two lengths below 2^32 and a small header cannot overflow; if they did, the zero
        // sized answer would be caught by `alloc`'s caller below.
        Layout::from_size_align(head.size() + body, head.align()).unwrap_or(head)
    }
}

/// An owned reference to an element. Cloning counts up; 8 bytes.
pub(crate) struct Thin<M: Meta> {
    ptr: NonNull<Head<M>>,
}

// SAFETY: the count is atomic, the meta is `Send + Sync`, and the bytes are only written
// under invariant 3.
unsafe impl<M: Meta> Send for Thin<M> {}
// SAFETY: as above.
unsafe impl<M: Meta> Sync for Thin<M> {}

impl Thin<Member> {
    pub(crate) fn member(bytes: &[u8]) -> Self {
        let bytes = cut(bytes);
        let len = bytes.len() as u32;
        Thin::new(Member { len }, bytes, &[])
    }
}

impl Thin<Field> {
    pub(crate) fn field(field: &[u8], value: &[u8]) -> Self {
        let (field, value) = (cut(field), cut(value));
        let (len, value_len) = (field.len() as u32, value.len() as u32);
        Thin::new(Field { len, value_len }, field, value)
    }
}

impl Thin<Scored> {
    pub(crate) fn scored(member: &[u8], score: f64) -> Self {
        let member = cut(member);
        let len = member.len() as u32;
        let bits = score.to_bits();
        let score_bits = [bits as u32, (bits >> 32) as u32];
        Thin::new(Scored { len, score_bits }, member, &[])
    }
}

fn cut(bytes: &[u8]) -> &[u8] {
    debug_assert!(bytes.len() <= ELEMENT_LEN_MAX, "callers refuse longer ones");
    bytes.get(..ELEMENT_LEN_MAX).unwrap_or(bytes)
}

impl<M: Meta> Thin<M> {
    fn new(meta: M, key: &[u8], value: &[u8]) -> Self {
        assert!(meta.key_len() == key.len() && meta.value_len() == value.len());
        let layout = Head::layout(meta);
        assert!(layout.size() == size_of::<Head<M>>() + key.len() + value.len());
        // SAFETY: the layout has the header's size at least, so it is not zero.
        let raw = unsafe { alloc(layout) };
        let Some(ptr) = NonNull::new(raw.cast::<Head<M>>()) else {
            handle_alloc_error(layout);
        };
        let refs = AtomicU32::new(1);
        // SAFETY: freshly allocated, aligned and large enough for the header and, behind it,
        // for both parts, as asserted above; nothing else points there yet.
        unsafe {
            ptr.write(Head { refs, meta });
            let body = ptr.add(1).cast::<u8>();
            body.copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            body.add(key.len())
                .copy_from_nonoverlapping(NonNull::from(value).cast(), value.len());
        }
        Thin { ptr }
    }

    pub(crate) fn get(&self) -> Elem<'_, M> {
        Elem {
            ptr: self.ptr,
            borrow: PhantomData,
        }
    }

    /// Whether both are the same allocation.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.ptr == other.ptr
    }
}

impl<M: Meta> Clone for Thin<M> {
    fn clone(&self) -> Self {
        // SAFETY: invariant 1: the allocation lives while `self` does.
        let refs = unsafe { &self.ptr.as_ref().refs };
        // Relaxed: whoever clones already has a reference, as in std's `Arc`.
        let before = refs.fetch_add(1, Ordering::Relaxed);
        if before > REFS_MAX {
            std::process::abort();
        }
        Thin { ptr: self.ptr }
    }
}

impl<M: Meta> Drop for Thin<M> {
    fn drop(&mut self) {
        // SAFETY: invariant 1; the reference is given up only by this very decrement.
        let head = unsafe { self.ptr.as_ref() };
        if head.refs.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // Pairs with the releases of the other owners: all their reads come before the free.
        fence(Ordering::Acquire);
        let layout = Head::layout(head.meta);
        // SAFETY: this was the last reference, and the layout is the one of `new`, because
        // the lengths do not change (invariant 2). Header and bytes need no destructor.
        unsafe { dealloc(self.ptr.as_ptr().cast(), layout) };
    }
}

/// A borrowed element.
pub(crate) struct Elem<'a, M: Meta> {
    ptr: NonNull<Head<M>>,
    borrow: PhantomData<&'a Thin<M>>,
}

impl<M: Meta> Clone for Elem<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Meta> Copy for Elem<'_, M> {}

impl<'a, M: Meta> Elem<'a, M> {
    #[inline]
    pub(crate) fn meta(self) -> M {
        // SAFETY: the handle borrowed from lives for 'a, hence the allocation too.
        unsafe { self.ptr.as_ref().meta }
    }

    /// The member or field.
    #[inline]
    pub(crate) fn key(self) -> &'a [u8] {
        self.bytes(0, self.meta().key_len())
    }

    /// What follows the key: a field's value.
    #[inline]
    pub(crate) fn value(self) -> &'a [u8] {
        let meta = self.meta();
        self.bytes(meta.key_len(), meta.value_len())
    }

    /// `start + len` must not exceed the lengths in the header.
    fn bytes(self, start: usize, len: usize) -> &'a [u8] {
        let meta = self.meta();
        debug_assert!(start + len <= meta.key_len() + meta.value_len());
        // SAFETY: invariant 2: the bytes are there and initialised; they live for 'a and are
        // not written while a handle is borrowed (invariant 3).
        unsafe {
            let body = self.ptr.add(1).cast::<u8>().add(start);
            NonNull::slice_from_raw_parts(body, len).as_ref()
        }
    }

    /// Another owned reference.
    pub(crate) fn to_thin(self) -> Thin<M> {
        let owner = std::mem::ManuallyDrop::new(Thin { ptr: self.ptr });
        // A clone of what is borrowed; `owner` itself owns nothing and is not dropped.
        Thin::clone(&owner)
    }

    /// What the allocation takes, before the allocator rounds it up.
    pub(crate) fn allocated(self) -> usize {
        Head::layout(self.meta()).size()
    }
}

/// An owned reference with 16 bits of the element's hash, in one 64-bit word.
pub(crate) struct Tagged<M: Meta> {
    /// Tag in the upper 16 bits, address in the lower 48.
    word: u64,
    owns: PhantomData<Thin<M>>,
}

const TAG_SHIFT: u32 = 48;
const ADDRESS: u64 = (1 << TAG_SHIFT) - 1;

impl<M: Meta> Tagged<M> {
    pub(crate) fn new(tag: u16, elem: Thin<M>) -> Self {
        let elem = std::mem::ManuallyDrop::new(elem);
        let address = elem.ptr.as_ptr().expose_provenance() as u64;
        // User space ends below 2^48 on x86-64 and aarch64 unless a process maps above it on
        // request, which allocators do not.
        assert!(address & !ADDRESS == 0, "an address of more than 48 bits");
        Tagged {
            word: u64::from(tag) << TAG_SHIFT | address,
            owns: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn tag(&self) -> u16 {
        (self.word >> TAG_SHIFT) as u16
    }

    pub(crate) fn set_tag(&mut self, tag: u16) {
        self.word = u64::from(tag) << TAG_SHIFT | (self.word & ADDRESS);
    }

    #[inline]
    fn ptr(&self) -> NonNull<Head<M>> {
        let address = (self.word & ADDRESS) as usize;
        let raw = std::ptr::with_exposed_provenance_mut(address);
        debug_assert!(!std::ptr::eq(raw, std::ptr::null_mut()));
        // SAFETY: the address of a `Thin`'s `NonNull`, exposed in `new`.
        unsafe { NonNull::new_unchecked(raw) }
    }

    #[inline]
    pub(crate) fn get(&self) -> Elem<'_, M> {
        Elem {
            ptr: self.ptr(),
            borrow: PhantomData,
        }
    }

    pub(crate) fn into_thin(self) -> Thin<M> {
        let owner = std::mem::ManuallyDrop::new(self);
        Thin { ptr: owner.ptr() }
    }

    /// Puts another element in place of this one, which is returned. The tag stays.
    pub(crate) fn replace(&mut self, elem: Thin<M>) -> Thin<M> {
        let new = Tagged::new(self.tag(), elem);
        std::mem::replace(self, new).into_thin()
    }

    /// The value's bytes to overwrite, if nobody else holds the element.
    pub(crate) fn value_mut(&mut self) -> Option<&mut [u8]> {
        let ptr = self.ptr();
        // SAFETY: invariant 1.
        let head = unsafe { ptr.as_ref() };
        // Acquire: pairs with the release of whoever dropped the second last reference.
        if head.refs.load(Ordering::Acquire) != 1 {
            return None;
        }
        let meta = head.meta;
        // SAFETY: invariants 2 and 3: the bytes are there, ours is the only handle, and it is
        // borrowed mutably for as long as the slice lives.
        unsafe {
            let body = ptr.add(1).cast::<u8>().add(meta.key_len());
            Some(NonNull::slice_from_raw_parts(body, meta.value_len()).as_mut())
        }
    }
}

impl<M: Meta> Clone for Tagged<M> {
    fn clone(&self) -> Self {
        Tagged::new(self.tag(), self.get().to_thin())
    }
}

impl<M: Meta> Drop for Tagged<M> {
    fn drop(&mut self) {
        drop(Thin { ptr: self.ptr() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let field = Thin::field(b"name", b"value");
        assert_eq!(
            (field.get().key(), field.get().value()),
            (&b"name"[..], &b"value"[..])
        );
        let empty = Thin::field(b"", b"");
        assert_eq!(
            (empty.get().key(), empty.get().value()),
            (&b""[..], &b""[..])
        );
        let scored = Thin::scored(b"m", -1.5);
        assert_eq!(scored.get().meta().score(), -1.5);
        assert_eq!(scored.get().key(), b"m");
    }

    #[test]
    fn headers_are_as_small_as_documented() {
        assert_eq!(size_of::<Head<Member>>(), 8);
        assert_eq!(size_of::<Head<Field>>(), 12);
        assert_eq!(size_of::<Head<Scored>>(), 16);
        assert_eq!(size_of::<Option<Thin<Member>>>(), 8);
        assert_eq!(size_of::<Tagged<Member>>(), 8);
    }

    #[test]
    fn tags_and_values_change_in_place_only_when_alone() {
        let mut word = Tagged::new(0xBEEF, Thin::field(b"f", b"old"));
        assert_eq!(word.tag(), 0xBEEF);
        word.set_tag(0xFFFF);
        assert_eq!((word.tag(), word.get().key()), (0xFFFF, &b"f"[..]));
        let clone = word.clone();
        assert!(word.value_mut().is_none());
        drop(clone);
        word.value_mut().expect("alone").copy_from_slice(b"new");
        assert_eq!(word.get().value(), b"new");
        let old = word.replace(Thin::field(b"f", b"third"));
        assert_eq!(
            (old.get().value(), word.get().value()),
            (&b"new"[..], &b"third"[..])
        );
    }

    #[test]
    fn counted_across_threads() {
        let elem = Thin::member(b"shared");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let mine = elem.clone();
                scope.spawn(move || {
                    for _ in 0..1000 {
                        let word = Tagged::new(1, mine.clone());
                        assert_eq!(word.clone().into_thin().get().key(), b"shared");
                    }
                });
            }
        });
        let mut word = Tagged::new(0, elem);
        assert!(word.value_mut().is_some());
    }
}
