//! Writes a whole RDB stream.

use super::crc64::crc64;
use super::encode::{RdbOut, put_length, put_string};
use super::kind::{VERSION_WRITTEN, opcodes};
use super::value::{RdbValue, put_value};
use std::io::{self, Write};

/// Bytes collected before they are passed on.
const FLUSH_BYTES: usize = 64 * 1024;

/// What stands before a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyMeta {
    /// Unix time in milliseconds at which the key expires.
    pub expire_at_ms: Option<i64>,
    /// Seconds since the last access, under an LRU policy.
    pub idle_s: Option<u64>,
    /// Logarithmic access counter, under an LFU policy.
    pub freq: Option<u8>,
}

/// Writes opcodes and keys to a sink, with the checksum. A failure of the sink is kept and
/// reported by [`RdbWriter::finish`]; after it nothing more is passed on.
pub struct RdbWriter<W: Write> {
    sink: W,
    buffer: Vec<u8>,
    crc: u64,
    compress: bool,
    checksum: bool,
    failed: Option<io::Error>,
}

impl<W: Write> RdbOut for RdbWriter<W> {
    fn buf(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    fn element_done(&mut self) {
        if self.buffer.len() >= FLUSH_BYTES {
            self.pass_on();
        }
    }

    fn compresses(&self) -> bool {
        self.compress
    }
}

impl<W: Write> RdbWriter<W> {
    /// Begins a stream with its header.
    pub fn new(sink: W) -> Self {
        let mut writer = Self {
            sink,
            buffer: Vec::with_capacity(FLUSH_BYTES + 4096),
            crc: 0,
            compress: true,
            checksum: true,
            failed: None,
        };
        let header = format!("REDIS{VERSION_WRITTEN:04}");
        writer.buffer.extend_from_slice(header.as_bytes());
        writer
    }

    /// Sets `rdbcompression`.
    pub fn set_compress(&mut self, compress: bool) {
        self.compress = compress;
    }

    /// Sets `rdbchecksum`: without it a zero stands in the checksum's place.
    pub fn set_checksum(&mut self, checksum: bool) {
        self.checksum = checksum;
    }

    /// A named fact about the stream: `redis-ver`, `ctime`, `repl-id` …
    pub fn aux(&mut self, name: &[u8], value: &[u8]) {
        self.buffer.push(opcodes::AUX);
        put_string(self, name);
        put_string(self, value);
    }

    /// The source of a function library.
    pub fn function(&mut self, code: &[u8]) {
        self.buffer.push(opcodes::FUNCTION2);
        put_string(self, code);
    }

    /// The keys that follow belong to database `db`.
    pub fn select_db(&mut self, db: u32) {
        self.buffer.push(opcodes::SELECT_DB);
        put_length(&mut self.buffer, u64::from(db));
    }

    /// How many keys follow in this database, and how many of them expire: a hint for sizing.
    pub fn resize_db(&mut self, keys: u64, expiring: u64) {
        self.buffer.push(opcodes::RESIZE_DB);
        put_length(&mut self.buffer, keys);
        put_length(&mut self.buffer, expiring);
    }

    /// A key with its value.
    pub fn key(&mut self, key: &[u8], meta: KeyMeta, value: RdbValue<'_>) {
        put_key(self, key, meta, value);
    }

    /// Bytes that [`put_key`] made elsewhere.
    pub fn raw(&mut self, encoded: &[u8]) {
        self.buffer.extend_from_slice(encoded);
        self.element_done();
    }

    /// Ends the stream with its checksum; gives the sink back, or its first failure.
    pub fn finish(mut self) -> io::Result<W> {
        self.buffer.push(opcodes::EOF);
        self.pass_on();
        let crc = if self.checksum { self.crc } else { 0 };
        let crc = crc.to_le_bytes();
        self.buffer.extend_from_slice(&crc);
        self.pass_on();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.sink),
        }
    }

    /// Whether the sink has failed, so that the caller may end early.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn pass_on(&mut self) {
        if self.checksum {
            self.crc = crc64(self.crc, &self.buffer);
        }
        if self.failed.is_none()
            && let Err(error) = self.sink.write_all(&self.buffer)
        {
            self.failed = Some(error);
        }
        self.buffer.clear();
    }
}

/// Appends a key with all that precedes it, as it stands in a stream.
pub fn put_key<O: RdbOut + ?Sized>(out: &mut O, key: &[u8], meta: KeyMeta, value: RdbValue<'_>) {
    let buf = out.buf();
    if let Some(at) = meta.expire_at_ms {
        buf.push(opcodes::EXPIRE_MS);
        buf.extend_from_slice(&at.to_le_bytes());
    }
    if let Some(idle) = meta.idle_s {
        buf.push(opcodes::IDLE);
        put_length(buf, idle);
    }
    if let Some(freq) = meta.freq {
        buf.extend_from_slice(&[opcodes::FREQ, freq]);
    }
    buf.push(value.kind());
    put_string(out, key);
    put_value(out, value);
}

/// Makes a DUMP payload: type, value, RDB version (u16 LE), CRC-64 (u64 LE) of all before it.
pub fn dump_payload(value: RdbValue<'_>) -> Vec<u8> {
    let mut out = vec![value.kind()];
    put_value(&mut out, value);
    out.extend_from_slice(&(VERSION_WRITTEN as u16).to_le_bytes());
    let crc = crc64(0, &out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}
