//! The walker: brings every entry to the sink, once.

use super::cut::{Cut, DbSizes, Place, db_sizes, place_now};
use super::queue::Kept;
use crate::journal::Journal;
use crate::rdb::{KeyMeta, RdbOut, RdbValue, RdbWriter, put_key};
use engine_keyspace::{Entry, EntryRef, Keyspace, SlotId, Unit, Value};
use std::io::{self, Write};
use std::time::Duration;

/// Entries looked at under one lock, and bytes encoded under it: either ends a bite. Encoding runs
/// at about 1 GB/s plus some 100 ns an entry, so a bite stays below 50 µs.
const BITE_ENTRIES: usize = 256;
const BITE_BYTES: usize = 16 * 1024;
/// Strings longer than this are copied under the lock and encoded (compressed) outside of it.
const ENCODE_UNDER_LOCK_MAX: usize = 64;

/// What is written of a key's last accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Nothing.
    #[default]
    None,
    /// Seconds without access (`maxmemory-policy` of the LRU kind).
    Idle,
    /// The access counter (`maxmemory-policy` of the LFU kind).
    Frequency,
}

/// Facts written into the stream's head, and how the stream is written.
#[derive(Debug, Clone)]
pub struct StreamFacts {
    /// Aux field of the version whose dialect the node speaks: `redis-ver` or `valkey-ver`.
    pub version_field: &'static str,
    /// That version.
    pub redis_version: String,
    /// Unix time in seconds.
    pub ctime_s: i64,
    /// Bytes the allocator gave out.
    pub memory_bytes: u64,
    /// `rdbcompression`.
    pub compress: bool,
    /// `rdbchecksum`: false writes a zero in its place.
    pub checksum: bool,
    /// What is written of accesses.
    pub access: Access,
    /// Function libraries, as the moment of the cut had them.
    pub functions: Vec<Vec<u8>>,
    /// The stream is the base of an append-only file.
    pub aof_base: bool,
}

impl Default for StreamFacts {
    fn default() -> Self {
        Self {
            version_field: "redis-ver",
            redis_version: "7.0.15".to_owned(),
            ctime_s: 0,
            memory_bytes: 0,
            compress: true,
            checksum: true,
            access: Access::None,
            functions: Vec::new(),
            aof_base: false,
        }
    }
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

    /// So many keys more have been written. No lock is held.
    fn wrote(&mut self, _keys: u64) {}
}

/// `rdb-key-save-delay`: a pause for each key, to make saves slow for tests.
#[derive(Debug, Default)]
pub struct KeyPause {
    /// Keys seen since the last pause, where one pause stands for several keys.
    keys: u64,
}

impl KeyPause {
    /// The pause after `keys` more keys. `delay` is microseconds a key; negative, one microsecond for that many keys.
    pub fn after(&mut self, keys: u64, delay: i64) -> Duration {
        if delay >= 0 {
            return Duration::from_micros(keys.saturating_mul(delay.unsigned_abs()));
        }
        self.keys += keys;
        let each = delay.unsigned_abs();
        let pause = self.keys / each;
        self.keys %= each;
        Duration::from_micros(pause)
    }
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
        writer: begin_stream(sink, facts, cut.place.as_ref()),
        access: Accesses::of(facts),
        db: None,
        keys: 0,
        bite: Bite::new(facts.compress),
        copies: Vec::new(),
    };
    write_sizes(&mut walker.writer, &cut.sizes);
    walker.db = cut.sizes.last().map(|sizes| sizes.db);
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

/// Writes all databases while `unit` holds all slots, whatever snapshot runs; how many keys, and the sink.
pub fn write_held<W: Write>(
    unit: &Unit<'_>,
    journal: &Journal,
    facts: &StreamFacts,
    sink: W,
) -> io::Result<(u64, W)> {
    let keyspace = unit.keyspace();
    let mut writer = begin_stream(sink, facts, place_now(journal).as_ref());
    write_sizes(&mut writer, &db_sizes(keyspace));
    let access = Accesses::of(facts);
    let mut keys = 0;
    for db in 0..keyspace.databases() {
        let mut selected = false;
        for (id, _) in keyspace.slots_of(db) {
            for entry in unit.data(id).iter() {
                if !std::mem::replace(&mut selected, true) {
                    writer.select_db(db);
                }
                put_entry(&mut writer, access, entry);
                keys += 1;
            }
        }
    }
    Ok((keys, writer.finish()?))
}

fn begin_stream<W: Write>(sink: W, facts: &StreamFacts, place: Option<&Place>) -> RdbWriter<W> {
    let mut writer = RdbWriter::new(sink);
    writer.set_compress(facts.compress);
    writer.set_checksum(facts.checksum);
    writer.aux(
        facts.version_field.as_bytes(),
        facts.redis_version.as_bytes(),
    );
    writer.aux(b"redis-bits", b"64");
    writer.aux(b"ctime", facts.ctime_s.to_string().as_bytes());
    writer.aux(b"used-mem", facts.memory_bytes.to_string().as_bytes());
    if let Some(place) = place {
        writer.aux(b"repl-stream-db", place.stream_db.to_string().as_bytes());
        writer.aux(b"repl-id", place.ids.current.as_bytes());
        writer.aux(b"repl-offset", place.offset.to_string().as_bytes());
    }
    writer.aux(b"aof-base", if facts.aof_base { b"1" } else { b"0" });
    for library in &facts.functions {
        writer.function(library);
    }
    writer
}

fn write_sizes<W: Write>(writer: &mut RdbWriter<W>, sizes: &[DbSizes]) {
    for sizes in sizes {
        writer.select_db(sizes.db);
        writer.resize_db(sizes.keys, sizes.expiring);
    }
}

/// How accesses are written: what of them, and the second that idle times are counted from.
#[derive(Debug, Clone, Copy)]
struct Accesses {
    access: Access,
    now_s: u32,
}

impl Accesses {
    fn of(facts: &StreamFacts) -> Self {
        Self {
            access: facts.access,
            now_s: facts.ctime_s as u32,
        }
    }
}

/// Encoded entries of one bite.
struct Bite {
    bytes: Vec<u8>,
    compress: bool,
}

impl Bite {
    fn new(compress: bool) -> Self {
        Self {
            bytes: Vec::new(),
            compress,
        }
    }
}

impl RdbOut for Bite {
    fn buf(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    fn compresses(&self) -> bool {
        self.compress
    }
}

struct Walker<'a, W: Write> {
    keyspace: &'a Keyspace,
    cut: &'a Cut,
    writer: RdbWriter<W>,
    access: Accesses,
    /// The database the stream is in.
    db: Option<u32>,
    keys: u64,
    /// Small entries of the current bite, encoded.
    bite: Bite,
    /// The others of it, to be encoded without the lock.
    copies: Vec<Entry>,
}

impl<W: Write> Walker<'_, W> {
    /// Whether all entries were written (pre-images in the queue aside).
    fn all_slots(&mut self, pace: &mut impl Pace) -> bool {
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
                        let before = self.keys;
                        self.drain_queue();
                        let (saved, done) = self.bite(id);
                        found |= saved;
                        pace.wrote(self.keys - before);
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
        let (bite, copies, access) = (&mut self.bite, &mut self.copies, self.access);
        let mut entries = 0;
        let mut keys = 0;
        let done = unit.data_mut(id).save_rest(self.cut.number, |entry| {
            entries += 1;
            if encodes_under_lock(entry) {
                put_entry(bite, access, entry);
                keys += 1;
            } else {
                copies.push(entry.duplicate());
            }
            entries < BITE_ENTRIES
                && bite.bytes.len() < BITE_BYTES
                && copies.len() < BITE_ENTRIES / 4
        });
        unit.release();
        self.keys += keys;
        if entries > 0 {
            self.select(db);
            self.writer.raw(&self.bite.bytes);
            self.bite.bytes.clear();
            for entry in std::mem::take(&mut self.copies) {
                self.write(entry.view());
            }
        }
        (entries > 0, done)
    }

    fn drain_queue(&mut self) {
        let snapshots = &self.keyspace.snapshots;
        if self.cut.queue.bytes() == 0 {
            // A writer may have said so just after the queue was emptied.
            if snapshots.is_full() {
                snapshots.has_room();
            }
            return;
        }
        let taken = self.cut.queue.take();
        snapshots.has_room();
        for kept in taken {
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
        put_entry(&mut self.writer, self.access, entry);
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

fn put_entry<O: RdbOut + ?Sized>(out: &mut O, accesses: Accesses, entry: EntryRef<'_>) {
    /// The access clock has 24 bits.
    const CLOCK: u32 = 0xff_ffff;
    let clock = entry.clock();
    let idle = accesses.now_s.wrapping_sub(clock) & CLOCK;
    let meta = KeyMeta {
        expire_at_ms: entry.expire_at(),
        idle_s: (accesses.access == Access::Idle).then_some(u64::from(idle)),
        freq: (accesses.access == Access::Frequency).then_some(clock as u8),
    };
    let value = match entry.value() {
        Value::Bytes(bytes) => RdbValue::Bytes(bytes),
        Value::Int(n) => RdbValue::Int(n),
        Value::Object(object) => RdbValue::Object(object),
    };
    put_key(out, entry.key(), meta, value);
}
