//! The walker: brings every entry to the sink, once.

use super::cut::Cut;
use super::queue::Kept;
use crate::rdb::{KeyMeta, RdbValue, RdbWriter, put_key};
use engine_keyspace::{Entry, EntryRef, Keyspace, SlotId, Unit, Value};
use std::io::{self, Write};
use std::time::Duration;

/// Entries looked at under one lock, and bytes encoded under it: either ends a bite. Encoding runs
/// at about 1 GB/s plus some 100 ns an entry, so a bite stays below 50 µs.
const BITE_ENTRIES: usize = 256;
const BITE_BYTES: usize = 16 * 1024;
/// Strings longer than this are copied under the lock and encoded (compressed) outside of it.
const ENCODE_UNDER_LOCK_MAX: usize = 64;

/// Facts written into the stream's head.
#[derive(Debug, Clone)]
pub struct StreamFacts {
    /// `redis-ver`: the version whose dialect the node speaks.
    pub redis_version: String,
    /// Unix time in seconds.
    pub ctime_s: i64,
    /// Bytes the allocator gave out.
    pub memory_bytes: u64,
}

/// How the walk ended, if its sink did not fail.
#[derive(Debug)]
pub enum Ended<W> {
    /// Every entry of the cut was written, and the stream's end.
    Complete {
        /// Keys written.
        keys: u64,
        /// Where they were written.
        sink: W,
    },
    /// [`Pace::go_on`] said no, or the keyspace ended the snapshot (a load swap). The sink was dropped without the stream's end.
    Aborted,
}

/// Asked between bites.
pub trait Pace {
    /// Waits as long as the sink needs; false ends the snapshot.
    fn go_on(&mut self) -> bool;
}

/// Never waits.
impl Pace for () {
    fn go_on(&mut self) -> bool {
        true
    }
}

/// Writes the snapshot of `cut` as an RDB stream and ends the keyspace's snapshot, however the
/// walk ends. An aborted or failed one leaves nothing to clean: the next has another number.
pub fn walk<W: Write>(
    keyspace: &Keyspace,
    cut: &Cut,
    facts: &StreamFacts,
    sink: W,
    pace: &mut impl Pace,
) -> io::Result<Ended<W>> {
    let mut walker = Walker {
        keyspace,
        cut,
        writer: RdbWriter::new(sink),
        db: None,
        keys: 0,
        bite: Vec::new(),
        copies: Vec::new(),
    };
    walker.head(facts);
    let complete = walker.all_slots(pace);
    // A load swap may have ended it already.
    if keyspace.snapshots.now() == cut.number {
        keyspace.snapshots.end();
    }
    if !complete && !walker.writer.has_failed() {
        return Ok(Ended::Aborted);
    }
    // Handed over before the last slot was done; nobody adds any more.
    walker.drain_queue();
    let keys = walker.keys;
    let sink = walker.writer.finish()?;
    Ok(Ended::Complete { keys, sink })
}

struct Walker<'a, W: Write> {
    keyspace: &'a Keyspace,
    cut: &'a Cut,
    writer: RdbWriter<W>,
    /// The database the stream is in.
    db: Option<u32>,
    keys: u64,
    /// Small entries of the current bite, encoded.
    bite: Vec<u8>,
    /// The others of it, to be encoded without the lock.
    copies: Vec<Entry>,
}

impl<W: Write> Walker<'_, W> {
    fn head(&mut self, facts: &StreamFacts) {
        let offset = self.cut.offset;
        let writer = &mut self.writer;
        writer.aux(b"redis-ver", facts.redis_version.as_bytes());
        writer.aux(b"redis-bits", b"64");
        writer.aux(b"ctime", facts.ctime_s.to_string().as_bytes());
        writer.aux(b"used-mem", facts.memory_bytes.to_string().as_bytes());
        let stream_db = self.cut.stream_db.to_string();
        writer.aux(b"repl-stream-db", stream_db.as_bytes());
        writer.aux(b"repl-id", self.cut.ids.current.as_bytes());
        writer.aux(b"repl-offset", offset.to_string().as_bytes());
        writer.aux(b"aof-base", b"0");
    }

    /// Whether all entries were written (pre-images in the queue aside).
    fn all_slots(&mut self, pace: &mut impl Pace) -> bool {
        for sizes in &self.cut.sizes {
            self.select(sizes.db);
            self.writer.resize_db(sizes.keys, sizes.expiring);
        }
        // SWAPDB may move unsaved slots behind the walker: it goes round until a round finds none.
        loop {
            let mut found = false;
            for db in 0..self.keyspace.databases() {
                for (id, _) in self.keyspace.slots_of(db) {
                    loop {
                        let ended = self.keyspace.snapshots.now() != self.cut.number;
                        if ended || self.writer.has_failed() || !pace.go_on() {
                            return false;
                        }
                        self.drain_queue();
                        let (saved, done) = self.bite(id);
                        found |= saved;
                        if done {
                            break;
                        }
                    }
                }
            }
            if !found {
                return true;
            }
        }
    }

    /// Takes one bite of a slot; whether it held something unsaved, and whether the slot is done.
    fn bite(&mut self, id: SlotId) -> (bool, bool) {
        let mut unit = Unit::new(self.keyspace);
        while unit.lock(&[id]).is_err() {
            // A long unit has it; serve writers meanwhile.
            self.drain_queue();
            std::thread::sleep(Duration::from_micros(100));
        }
        let db = self.keyspace.db(id.db()).identity();
        let (bite, copies) = (&mut self.bite, &mut self.copies);
        let mut entries = 0;
        let mut keys = 0;
        let done = unit.data_mut(id).save_rest(self.cut.number, |entry| {
            entries += 1;
            if encodes_under_lock(entry) {
                put_entry(bite, entry);
                keys += 1;
            } else {
                copies.push(entry.duplicate());
            }
            entries < BITE_ENTRIES && bite.len() < BITE_BYTES && copies.len() < BITE_ENTRIES / 4
        });
        unit.release();
        self.keys += keys;
        if entries > 0 {
            self.select(db);
            self.writer.raw(&self.bite);
            self.bite.clear();
            for entry in std::mem::take(&mut self.copies) {
                self.write(entry.view());
            }
        }
        (entries > 0, done)
    }

    fn drain_queue(&mut self) {
        if self.cut.queue.bytes() == 0 {
            return;
        }
        for kept in self.cut.queue.take() {
            match kept {
                Kept::Entry(db, entry, _) => {
                    self.select(db);
                    self.write(entry.view());
                }
                Kept::Slot(db, mut keys) => {
                    self.select(db);
                    keys.save_rest(self.cut.number, |entry| {
                        self.write(entry);
                        true
                    });
                }
            }
        }
    }

    fn write(&mut self, entry: EntryRef<'_>) {
        put_entry(&mut self.writer, entry);
        self.keys += 1;
    }

    fn select(&mut self, db: u32) {
        if self.db != Some(db) {
            self.writer.select_db(db);
            self.db = Some(db);
        }
    }
}

fn encodes_under_lock(entry: EntryRef<'_>) -> bool {
    match entry.value() {
        Value::Int(_) => true,
        Value::Bytes(bytes) => bytes.len() <= ENCODE_UNDER_LOCK_MAX,
        Value::Object(_) => false,
    }
}

fn put_entry<O: crate::rdb::RdbOut + ?Sized>(out: &mut O, entry: EntryRef<'_>) {
    let meta = KeyMeta {
        expire_at_ms: entry.expire_at(),
        ..KeyMeta::default()
    };
    let value = match entry.value() {
        Value::Bytes(bytes) => RdbValue::Bytes(bytes),
        Value::Int(n) => RdbValue::Int(n),
        Value::Object(object) => RdbValue::Object(object),
    };
    put_key(out, entry.key(), meta, value);
}
