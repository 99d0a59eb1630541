//! A cursor over a byte log that takes no lock.

use super::block::{Block, End, Tail};
use std::fmt;
use std::sync::Arc;

/// Reads one log from an offset onward. While it exists, all blocks from its
/// position on stay alive, whatever the backlog size: a full sync pins the bytes since its cut by
/// holding a reader there. Its owner bounds that by [`Reader::lag`].
#[derive(Clone)]
pub struct Reader {
    tail: Arc<Tail>,
    block: Arc<Block>,
    position: u64,
}

impl Reader {
    pub(crate) fn new(tail: Arc<Tail>, block: Arc<Block>, position: u64) -> Self {
        debug_assert!(block.start() <= position && position <= block.end());
        Self {
            tail,
            block,
            position,
        }
    }

    /// Offset of the next byte: the number of bytes of the history before it.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Published bytes not yet consumed.
    pub fn lag(&self) -> u64 {
        self.tail.end() - self.position
    }

    /// Whether and why no byte will follow what is published. To know that all was read, ask this
    /// first and [`Reader::lag`] after it. The journal ends a history with [`End::Complete`] (full
    /// resync of this node, journal off): its links must be closed.
    pub fn closed(&self) -> Option<End> {
        self.tail.closed()
    }

    /// The next run of published bytes; empty if the reader is at the end.
    pub fn chunk(&self) -> &[u8] {
        self.chunks().next().unwrap_or(&[])
    }

    /// All published bytes from the position on, a slice a block, as writev takes them.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = Some((&self.block, self.position));
        std::iter::from_fn(move || {
            loop {
                let (block, from) = at?;
                at = block.next().map(|next| (next, next.start()));
                let bytes = block.published(from, &self.tail);
                if !bytes.is_empty() {
                    return Some(bytes);
                }
            }
        })
    }

    /// Consumes `n` bytes. They must have been published.
    pub fn advance(&mut self, n: usize) {
        assert!(n as u64 <= self.lag(), "advance beyond the published end");
        self.position += n as u64;
        while self.position >= self.block.end() {
            let Some(next) = self.block.next().map(Arc::clone) else {
                break;
            };
            self.block = next;
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("position", &self.position)
            .field("lag", &self.lag())
            .finish()
    }
}
