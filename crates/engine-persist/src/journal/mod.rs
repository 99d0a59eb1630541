//! The one ordered log of a node's writes (docs/design/journal.md).
//!
//! Every unit appends its effects once, while it still holds its slot locks; everything that needs
//! the write stream holds a [`Reader`]. The byte stream is exactly Redis's replication stream.
//!
//! Offsets count bytes from the start of the history, as Redis's `master_repl_offset` does:
//! [`Journal::offset`] is the number of bytes so far. What Redis calls "the offset of a byte" in
//! PSYNC and in `repl_backlog_first_byte_offset` is one more than our position of that byte.

mod effects;
mod exceptions;
mod ids;
mod stream;

pub use crate::blocks::{BLOCK_BYTES, End, LogWaker, Reader, WakeHandle};
pub use effects::{EffectBuf, EffectClass, encode_command};
pub use exceptions::Exceptions;
pub use ids::{FORMER_IDS_MAX, FormerId, ReplId, ReplIdError, ReplIds};
pub use stream::{StreamCommand, StreamDecoder, StreamError, StreamUnit};

use crate::blocks::{Block, BlockWriter, Wakers};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Redis's default `repl-backlog-size`.
pub const BACKLOG_BYTES_DEFAULT: u64 = 1024 * 1024;

const MULTI: &[u8] = b"*1\r\n$5\r\nMULTI\r\n";
const EXEC: &[u8] = b"*1\r\n$4\r\nEXEC\r\n";

/// The journal of a node. See the module.
#[derive(Debug)]
pub struct Journal {
    on: AtomicBool,
    /// Mirror of the end of the current history; also kept while off.
    offset: AtomicU64,
    /// The append-only file has exceptions to take.
    has_exceptions: AtomicBool,
    wakers: Wakers,
    state: Mutex<State>,
}

/// Where the journal stood at a cut.
#[derive(Debug)]
pub struct JournalCut {
    /// The names of the history.
    pub ids: ReplIds,
    /// The database the stream goes on in (`repl-stream-db`).
    pub stream_db: u32,
    /// At the first byte after the cut.
    pub reader: Reader,
}

struct State {
    ids: ReplIds,
    backlog_bytes: u64,
    /// The database the stream's reader is in; `None` forces a SELECT before the next effect.
    last_db: Option<u32>,
    /// The stream is a primary's: nothing of our own may stand in it.
    verbatim: bool,
    /// Present while the journal is on.
    log: Option<Log>,
    /// Present while an append-only file reads the journal.
    exceptions: Option<Exceptions>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("ids", &self.ids)
            .field("last_db", &self.last_db)
            .field("blocks", &self.log.as_ref().map(|log| log.blocks.len()))
            .finish()
    }
}

struct Log {
    writer: BlockWriter,
    /// The retained blocks, oldest first; the last is the writer's.
    blocks: VecDeque<Arc<Block>>,
}

impl Log {
    fn new(start: u64) -> Self {
        let writer = BlockWriter::new(start);
        let blocks = VecDeque::from([Arc::clone(writer.last())]);
        Self { writer, blocks }
    }

    fn write(&mut self, bytes: &[u8]) {
        let blocks = &mut self.blocks;
        self.writer
            .write(bytes, |block| blocks.push_back(Arc::clone(block)));
    }

    fn publish(&mut self, backlog_bytes: u64) -> u64 {
        let end = self.writer.publish();
        while self.blocks.len() > 1 && end - self.blocks[0].end().min(end) >= backlog_bytes {
            self.blocks.pop_front();
        }
        end
    }

    fn first(&self) -> u64 {
        self.blocks[0].start()
    }

    fn reader_at_end(&self) -> Reader {
        let tail = self.writer.tail();
        let last = Arc::clone(self.writer.last());
        Reader::new(Arc::clone(tail), last, tail.end())
    }

    fn reader_at(&self, position: u64) -> Option<Reader> {
        let tail = self.writer.tail();
        if position < self.first() || position > tail.end() {
            return None;
        }
        let index = (position - self.first()) / BLOCK_BYTES as u64;
        // A position at the end of a full last block belongs to a block not yet begun.
        let index = (index as usize).min(self.blocks.len() - 1);
        let block = Arc::clone(&self.blocks[index]);
        Some(Reader::new(Arc::clone(tail), block, position))
    }
}

impl Journal {
    /// A journal that is off, at offset 0, with an id nobody else has.
    pub fn new(id: ReplId) -> Self {
        Self {
            on: AtomicBool::new(false),
            offset: AtomicU64::new(0),
            has_exceptions: AtomicBool::new(false),
            wakers: Wakers::default(),
            state: Mutex::new(State {
                ids: ReplIds::new(id),
                backlog_bytes: BACKLOG_BYTES_DEFAULT,
                last_db: None,
                verbatim: false,
                log: None,
                exceptions: None,
            }),
        }
    }

    /// Whether anybody reads: while not, units need not collect effects. It changes only while all
    /// slots are locked, so a unit that read it under a slot lock may rely on it to its end.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// `master_repl_offset`: bytes so far. Exact under any slot lock for that slot's own writes.
    pub fn offset(&self) -> u64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Appends a unit's effects as one record and clears the buffer; returns the offset after it.
    /// The caller holds the slot locks of everything the unit touched. Never blocks on a reader
    /// and never fails: back-pressure acts before a unit takes its locks.
    pub fn append(&self, effects: &mut EffectBuf) -> u64 {
        if effects.is_empty() {
            return self.offset();
        }
        let end = self.append_effects(effects);
        effects.clear();
        end
    }

    fn append_effects(&self, effects: &EffectBuf) -> u64 {
        let mut state = self.state.lock();
        let State {
            log,
            last_db,
            backlog_bytes,
            exceptions,
            ..
        } = &mut *state;
        let Some(log) = log else {
            return self.offset();
        };
        let frame = Frame::of(effects, exceptions.is_some());
        for (n, (effect, bytes)) in effects.iter().enumerate() {
            let aof_only = effect.class == EffectClass::AofOnly;
            if n == 0 && frame == Frame::File {
                extra(log, exceptions, MULTI);
            }
            if let Some(db) = effect.db
                && *last_db != Some(db)
                && !(aof_only && exceptions.is_none())
            {
                if aof_only {
                    extra(log, exceptions, &select(db));
                    // The file is in another database than the replicas.
                    *last_db = None;
                } else {
                    log.write(&select(db));
                    *last_db = Some(db);
                }
            }
            if n == 0 && frame == Frame::All {
                log.write(MULTI);
            }
            let from = log.writer.written();
            match effect.class {
                EffectClass::AofOnly => extra(log, exceptions, bytes),
                EffectClass::All => log.write(bytes),
                EffectClass::ReplicaOnly => {
                    log.write(bytes);
                    if let Some(exceptions) = exceptions {
                        exceptions.skip(from..log.writer.written());
                    }
                }
            }
        }
        match frame {
            Frame::All => log.write(EXEC),
            Frame::File => extra(log, exceptions, EXEC),
            Frame::None => {}
        }
        let end = log.publish(*backlog_bytes);
        self.offset.store(end, Ordering::Relaxed);
        if exceptions.as_ref().is_some_and(|e| !e.is_empty()) {
            self.has_exceptions.store(true, Ordering::Relaxed);
        }
        drop(state);
        self.wakers.wake_armed();
        end
    }

    /// Appends a primary's bytes verbatim, after which the stream is in database `db`: a replica's
    /// journal is its primary's. Nobody may cut between the change and the append: the caller holds
    /// the slot locks of what the bytes change, or whatever else keeps a cut away. While the
    /// journal is off only the offset moves.
    pub fn append_raw(&self, bytes: &[u8], db: u32) -> u64 {
        let mut state = self.state.lock();
        let State {
            log,
            last_db,
            backlog_bytes,
            ..
        } = &mut *state;
        *last_db = Some(db);
        let end = match log {
            Some(log) => {
                log.write(bytes);
                log.publish(*backlog_bytes)
            }
            None => self.offset() + bytes.len() as u64,
        };
        self.offset.store(end, Ordering::Relaxed);
        drop(state);
        self.wakers.wake_armed();
        end
    }

    /// Turns the journal on for its first reader. All slots must be locked: the first byte then
    /// has an exact state below it. What happened while it was off is in no stream, so the history
    /// gets a new name; nobody can resync partially across the gap. No effect if it is on.
    pub fn turn_on(&self, id: ReplId) {
        self.turn_on_locked(&mut self.state.lock(), id);
    }

    fn turn_on_locked(&self, state: &mut State, id: ReplId) {
        if state.log.is_none() {
            state.ids = ReplIds::new(id);
            state.restart(self.offset());
            self.on.store(true, Ordering::Relaxed);
        }
    }

    /// Turns the journal off (nobody reads, `repl-backlog-ttl` is over). All slots must be locked.
    pub fn turn_off(&self, id: ReplId) {
        let mut state = self.state.lock();
        if state.exceptions.is_some() {
            // An append-only file still reads it.
            return;
        }
        if let Some(log) = state.log.take() {
            log.writer.tail().close(End::Complete);
            state.ids = ReplIds::new(id);
            self.on.store(false, Ordering::Relaxed);
        }
        drop(state);
        self.wakers.wake_armed();
    }

    /// Takes on a primary's history after a full sync loaded its data: the journal is then on and
    /// its next byte is the one at `offset`, in database `db`. Readers of the former history are
    /// closed. All slots must be locked (the load swap holds them).
    pub fn adopt(&self, id: ReplId, offset: u64, db: u32) {
        let mut state = self.state.lock();
        state.ids = ReplIds::new(id);
        state.restart(offset);
        state.last_db = Some(db);
        state.verbatim = true;
        self.offset.store(offset, Ordering::Relaxed);
        self.on.store(true, Ordering::Relaxed);
        drop(state);
        self.wakers.wake_armed();
    }

    /// From here on the history has the name `id`; what came before keeps its old name for those
    /// who resync: a replica was told `+CONTINUE <id>`. Called while nothing is applied.
    pub fn rename(&self, id: ReplId) {
        let mut state = self.state.lock();
        if state.ids.current != id {
            let end = self.offset();
            state.ids.rename(id, end);
        }
    }

    /// Promotion: the history goes on under the name `id` with this node's own effects, the first
    /// of which is preceded by a SELECT. Called with all slots locked, so that no unit lies across.
    pub fn promote(&self, id: ReplId) {
        self.rename(id);
        let mut state = self.state.lock();
        state.last_db = None;
        state.verbatim = false;
    }

    /// Demotion: from here on only a primary's bytes are appended. With all slots locked.
    pub fn demote(&self) {
        self.state.lock().verbatim = true;
    }

    /// The next effect is preceded by a SELECT: whoever starts reading here knows no database.
    /// Called at a cut, with all slots locked.
    pub fn force_select(&self) {
        self.state.lock().last_db = None;
    }

    /// The journal's part of a cut, with all slots locked: on if it was off; a SELECT before the
    /// next effect, or, in a primary's verbatim stream, the database it is in; a reader of what
    /// follows.
    pub fn cut(&self, fresh_id: ReplId) -> JournalCut {
        let mut state = self.state.lock();
        self.turn_on_locked(&mut state, fresh_id);
        if !state.verbatim {
            state.last_db = None;
        }
        let State {
            log, ids, last_db, ..
        } = &mut *state;
        let log = log.get_or_insert_with(|| Log::new(self.offset()));
        JournalCut {
            ids: ids.clone(),
            stream_db: last_db.unwrap_or(0),
            reader: log.reader_at_end(),
        }
    }

    /// An append-only file reads the journal from its present end on: what it reads otherwise than replicas do is noted
    /// for it, and the journal stays on. It is turned on, under the name `fresh_id`, if it was off. With all slots
    /// locked.
    pub fn begin_file(&self, fresh_id: ReplId) -> Reader {
        let mut state = self.state.lock();
        self.turn_on_locked(&mut state, fresh_id);
        state.exceptions = Some(Exceptions::default());
        self.has_exceptions.store(false, Ordering::Relaxed);
        if !state.verbatim {
            state.last_db = None;
        }
        let log = &mut state.log;
        let log = log.get_or_insert_with(|| Log::new(self.offset()));
        log.reader_at_end()
    }

    /// No append-only file reads the journal any more.
    pub fn end_file(&self) {
        self.state.lock().exceptions = None;
        self.has_exceptions.store(false, Ordering::Relaxed);
    }

    /// Hands over what the append-only file has to read otherwise, into `taken`. To be called after the end of what
    /// is read was determined: then nothing below that end is missing.
    pub fn take_exceptions(&self, taken: &mut Exceptions) {
        if self.has_exceptions.swap(false, Ordering::AcqRel)
            && let Some(noted) = &mut self.state.lock().exceptions
        {
            taken.take_from(noted);
        }
    }

    /// Whether the append-only file has something to write although the offset has not moved.
    pub fn has_exceptions(&self) -> bool {
        self.has_exceptions.load(Ordering::Relaxed)
    }

    /// The database the stream is in, as far as it is known; 0 else. A replica that goes on with
    /// its primary's stream begins there.
    pub fn stream_db(&self) -> u32 {
        self.state.lock().last_db.unwrap_or(0)
    }

    /// The names of the history.
    pub fn ids(&self) -> ReplIds {
        self.state.lock().ids.clone()
    }

    /// Position of the oldest retained byte; `None` while off.
    /// `repl_backlog_first_byte_offset` is one more.
    pub fn first_offset(&self) -> Option<u64> {
        self.state.lock().log.as_ref().map(Log::first)
    }

    /// A reader whose next byte is the one at `position`; `None` if that byte is no longer kept,
    /// lies beyond the end, or the journal is off.
    pub fn reader_at(&self, position: u64) -> Option<Reader> {
        self.state.lock().log.as_ref()?.reader_at(position)
    }

    /// Answers PSYNC: a reader for someone who holds the first `position` bytes of history `id`,
    /// or `None` where only a full sync helps.
    pub fn resync(&self, id: &ReplId, position: u64) -> Option<Reader> {
        let state = self.state.lock();
        if !state.ids.shares_prefix(id, position) {
            return None;
        }
        state.log.as_ref()?.reader_at(position)
    }

    /// Sets `repl-backlog-size`. At least so many bytes are kept, rounded up to blocks.
    pub fn set_backlog_bytes(&self, bytes: u64) {
        self.state.lock().backlog_bytes = bytes;
    }

    /// `repl-backlog-size`.
    pub fn backlog_bytes(&self) -> u64 {
        self.state.lock().backlog_bytes
    }

    /// Adds someone to be told of appends; see [`WakeHandle::arm`].
    pub fn register_waker(&self, waker: impl LogWaker + 'static) -> Arc<WakeHandle> {
        self.wakers.register(Box::new(waker))
    }

    /// Removes a waker.
    pub fn unregister_waker(&self, handle: &Arc<WakeHandle>) {
        self.wakers.unregister(handle);
    }
}

impl State {
    fn restart(&mut self, offset: u64) {
        if let Some(old) = self.log.replace(Log::new(offset)) {
            old.writer.tail().close(End::Complete);
        }
        self.last_db = None;
    }
}

/// Which readers see a unit between MULTI and EXEC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    None,
    /// All of them.
    All,
    /// The append-only file alone: replicas see one effect or none.
    File,
}

impl Frame {
    fn of(effects: &EffectBuf, file: bool) -> Self {
        let count = |class| effects.iter().filter(|(e, _)| e.class == class).count();
        let (all, replicas, own) = (
            count(EffectClass::All),
            count(EffectClass::ReplicaOnly),
            count(EffectClass::AofOnly),
        );
        if all + replicas > 1 {
            Self::All
        } else if file && all + own > 1 {
            Self::File
        } else {
            Self::None
        }
    }
}

/// Notes bytes that only the append-only file reads, at this place; none reads them if there is no file.
fn extra(log: &Log, exceptions: &mut Option<Exceptions>, bytes: &[u8]) {
    if let Some(exceptions) = exceptions {
        exceptions.add(log.writer.written(), bytes);
    }
}

fn select(db: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    encode_command(
        &mut out,
        &[b"SELECT", itoa::Buffer::new().format(db).as_bytes()],
    );
    out
}

#[cfg(test)]
mod tests;
