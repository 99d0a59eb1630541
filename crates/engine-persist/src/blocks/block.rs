//! One refcounted block of a byte log: bytes are written once, front to back, and never change.
//!
//! ```text
//! block k                          block k+1
//! start ───────────────► start+CAP = start ──────────► …
//! [ published │ unwritten ]  next ─► [ … ]
//! ```
//!
//! A block does not know how much of it is published. That is one number for the whole history
//! ([`Tail::end`]), stored after all bytes of a unit are in place, so a reader sees a unit whole
//! or not at all, also where it spans blocks.
#![allow(
    unsafe_code,
    reason = "one writer appends behind the published end while readers read before it"
)]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes in a block. Large enough that a busy stream allocates rarely, small enough that the
/// default backlog of 1 MB is 16 blocks and a lagging reader pins little beyond what it needs.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// The published end of one chain of blocks, and whether the chain has ended.
#[derive(Debug)]
pub(crate) struct Tail {
    end: AtomicU64,
    state: AtomicU8,
}

/// Why nothing follows the published end any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All that was to be written is there.
    Complete,
    /// The writer gave up; what is there is a part.
    Broken,
}

impl Tail {
    pub(crate) fn new(end: u64) -> Self {
        Self {
            end: AtomicU64::new(end),
            state: AtomicU8::new(0),
        }
    }

    /// Everything before this offset has been written and may be read.
    pub(crate) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    /// To be called after the last publication.
    pub(crate) fn close(&self, end: End) {
        let state = match end {
            End::Complete => 1,
            End::Broken => 2,
        };
        self.state.store(state, Ordering::Release);
    }

    pub(crate) fn closed(&self) -> Option<End> {
        match self.state.load(Ordering::Acquire) {
            0 => None,
            1 => Some(End::Complete),
            _ => Some(End::Broken),
        }
    }
}

/// A span of a log at fixed offsets. See the module's picture.
pub(crate) struct Block {
    start: u64,
    bytes: Box<[UnsafeCell<MaybeUninit<u8>>]>,
    next: OnceLock<Arc<Block>>,
}

// SAFETY: `bytes` is written only through `BlockWriter`, of which one exists per history, and only
// at offsets at or beyond `Tail::end`; it is read only below `Tail::end`. The release store and the
// acquire load of `end` order the two. `start` and `next` are `Sync` of themselves.
unsafe impl Sync for Block {}
// SAFETY: a block owns plain bytes and an `Arc` of another block; nothing is tied to a thread.
unsafe impl Send for Block {}

impl Block {
    fn new(start: u64) -> Arc<Self> {
        let bytes: Box<[MaybeUninit<u8>]> = Box::new_uninit_slice(BLOCK_BYTES);
        let raw = Box::into_raw(bytes) as *mut [UnsafeCell<MaybeUninit<u8>>];
        // SAFETY: UnsafeCell<T> has T's layout, and the pointer comes from a Box of the same length.
        let bytes = unsafe { Box::from_raw(raw) };
        Arc::new(Self {
            start,
            bytes,
            next: OnceLock::new(),
        })
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + BLOCK_BYTES as u64
    }

    pub(crate) fn next(&self) -> Option<&Arc<Block>> {
        self.next.get()
    }

    /// The published bytes from offset `from` to the end of the block. The tail must belong to
    /// this block's history and `from` must lie inside the block.
    pub(crate) fn published(&self, from: u64, tail: &Tail) -> &[u8] {
        let end = tail.end().min(self.end());
        assert!(self.start <= from, "offset {from} lies before the block");
        if end <= from {
            return &[];
        }
        let span = &self.bytes[(from - self.start) as usize..(end - self.start) as usize];
        // SAFETY: every byte below `tail.end()` was initialised before the release store that
        // `end()` acquired, and is never written again; UnsafeCell<MaybeUninit<u8>> has u8's layout.
        unsafe { std::slice::from_raw_parts(span.as_ptr().cast::<u8>(), span.len()) }
    }
}

impl Drop for Block {
    /// Unlinks the chain in a loop: a reader far behind may hold thousands of blocks, too many for
    /// the recursion that dropping `next` would be.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut block) = next.and_then(Arc::into_inner) {
            next = block.next.take();
        }
    }
}

/// The one writer of a history: the current last block and how far it is written.
pub(crate) struct BlockWriter {
    tail: Arc<Tail>,
    last: Arc<Block>,
    /// Written so far, at least `tail.end()`; the difference is not yet published.
    written: u64,
}

impl BlockWriter {
    /// Begins a history whose first byte has offset `start`.
    pub(crate) fn new(start: u64) -> Self {
        Self {
            tail: Arc::new(Tail::new(start)),
            last: Block::new(start),
            written: start,
        }
    }

    pub(crate) fn tail(&self) -> &Arc<Tail> {
        &self.tail
    }

    pub(crate) fn last(&self) -> &Arc<Block> {
        &self.last
    }

    /// Offset of the next byte to be written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Copies bytes behind the written end, unpublished. Calls `on_block` with each block begun.
    pub(crate) fn write(&mut self, mut bytes: &[u8], mut on_block: impl FnMut(&Arc<Block>)) {
        while !bytes.is_empty() {
            let at = (self.written - self.last.start) as usize;
            if at == BLOCK_BYTES {
                let block = Block::new(self.written);
                let linked = self.last.next.set(Arc::clone(&block));
                debug_assert!(linked.is_ok(), "a block has one successor");
                on_block(&block);
                self.last = block;
                continue;
            }
            let n = bytes.len().min(BLOCK_BYTES - at);
            let target = &self.last.bytes[at..at + n];
            // SAFETY: offsets at and beyond `written` are unpublished, so no reader looks at them,
            // and `&mut self` makes this the only writer; `target` bounds the copy, and a fresh
            // heap block cannot overlap the caller's slice.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    UnsafeCell::raw_get(target.as_ptr()).cast::<u8>(),
                    n,
                );
            }
            self.written += n as u64;
            bytes = &bytes[n..];
        }
    }

    /// Makes all written bytes visible to readers at once; returns the new end.
    pub(crate) fn publish(&mut self) -> u64 {
        self.tail.end.store(self.written, Ordering::Release);
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpublished_bytes_are_not_seen() {
        let mut w = BlockWriter::new(7);
        let first = Arc::clone(w.last());
        w.write(b"abc", |_| ());
        assert_eq!(first.published(7, w.tail()), b"");
        assert_eq!(w.publish(), 10);
        assert_eq!(first.published(8, w.tail()), b"bc");
    }

    #[test]
    fn a_write_spans_blocks_and_links_them() {
        let mut w = BlockWriter::new(0);
        let first = Arc::clone(w.last());
        let mut begun = 0;
        let big = vec![9u8; BLOCK_BYTES * 2 + 1];
        w.write(&big, |_| begun += 1);
        w.publish();
        assert_eq!(begun, 2);
        let second = first.next().expect("linked");
        assert_eq!(second.start(), BLOCK_BYTES as u64);
        assert_eq!(
            second.published(second.start(), w.tail()).len(),
            BLOCK_BYTES
        );
        assert_eq!(w.last().published(w.last().start(), w.tail()), &[9]);
    }

    #[test]
    fn a_long_chain_is_dropped_without_recursion() {
        let mut w = BlockWriter::new(0);
        let first = Arc::clone(w.last());
        let bytes = vec![0u8; BLOCK_BYTES];
        for _ in 0..2_000 {
            w.write(&bytes, |_| ());
            w.publish();
        }
        drop(w);
        std::thread::Builder::new()
            .stack_size(64 * 1024)
            .spawn(move || drop(first))
            .expect("thread starts")
            .join()
            .expect("no stack overflow");
    }
}
