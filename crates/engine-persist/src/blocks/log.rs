//! A byte log with one owner, for a stream that begins, ends, and is read from its start.

use super::block::{Block, BlockWriter, End};
use super::reader::Reader;
use super::wake::{LogWaker, WakeHandle, Wakers};
use std::io;
use std::sync::Arc;

/// A stream on its way to several readers. It keeps no more than its readers have yet to read.
/// Dropping it unfinished closes it as [`End::Broken`].
pub struct ByteLog {
    writer: BlockWriter,
    wakers: Arc<Wakers>,
    finished: bool,
}

/// Makes readers of one [`ByteLog`], from its start. Holds the first block, hence all that follow:
/// to be dropped when the last reader was made.
pub struct ByteLogStart {
    reader: Reader,
    wakers: Arc<Wakers>,
}

impl ByteLog {
    /// An empty log and the place where its readers begin.
    pub fn new() -> (Self, ByteLogStart) {
        let writer = BlockWriter::new(0);
        let first: Arc<Block> = Arc::clone(writer.last());
        let wakers = Arc::new(Wakers::default());
        let start = ByteLogStart {
            reader: Reader::new(Arc::clone(writer.tail()), first, 0),
            wakers: Arc::clone(&wakers),
        };
        let log = Self {
            writer,
            wakers,
            finished: false,
        };
        (log, start)
    }

    /// Adds bytes, visible at once.
    pub fn append(&mut self, bytes: &[u8]) {
        self.writer.write(bytes, |_| ());
        self.writer.publish();
        self.wakers.wake_armed();
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.writer.tail().end()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All is written: readers that reach the end know so.
    pub fn finish(mut self) {
        self.finished = true;
        self.close(End::Complete);
    }

    fn close(&self, end: End) {
        self.writer.tail().close(end);
        self.wakers.wake_armed();
    }
}

impl Drop for ByteLog {
    fn drop(&mut self) {
        if !self.finished {
            self.close(End::Broken);
        }
    }
}

impl io::Write for ByteLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ByteLogStart {
    /// A reader at the start.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Adds someone to be told of growth and of the end; see [`WakeHandle::arm`].
    pub fn register_waker(&self, waker: impl LogWaker + 'static) -> Arc<WakeHandle> {
        self.wakers.register(Box::new(waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn readers_see_all_and_how_it_ended() {
        let (mut log, start) = ByteLog::new();
        let (mut a, b) = (start.reader(), start.reader());
        drop(start);
        log.write_all(b"abc").expect("memory");
        assert_eq!((a.chunk(), a.closed()), (&b"abc"[..], None));
        a.advance(3);
        log.append(b"d");
        log.finish();
        assert_eq!((a.chunk(), a.closed()), (&b"d"[..], Some(End::Complete)));
        assert_eq!(b.chunk(), b"abcd");
    }

    #[test]
    fn an_unfinished_log_is_broken() {
        let (mut log, start) = ByteLog::new();
        log.append(b"part");
        drop(log);
        assert_eq!(start.reader().closed(), Some(End::Broken));
        assert_eq!(start.reader().lag(), 4);
    }
}
