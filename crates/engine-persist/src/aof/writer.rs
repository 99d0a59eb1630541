//! The increment that is being written.

use super::manifest::Manifest;
use crate::disk::{self, Disk, DiskFile};
use crate::journal::{Exceptions, Journal, Reader};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes copied and written in one call at most: the journal's blocks below are free after that.
const WRITE_BYTES: usize = 4 << 20;

/// Where the files lie and what they are called.
#[derive(Debug, Clone)]
pub struct Place {
    /// `appenddirname`, relative to the working directory or not.
    pub dir: PathBuf,
    /// `appendfilename`.
    pub prefix: String,
}

impl Place {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The manifest's path.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.path(&format!("{}.manifest", self.prefix))
    }

    /// Puts a manifest in the place of the one that is there.
    ///
    /// # Errors
    /// Whatever the disk says; the old one is then still there, or the new one already.
    pub fn write_manifest(&self, disk: &dyn Disk, manifest: &Manifest) -> io::Result<()> {
        let temporary = self.path(&format!("temp-{}.manifest", self.prefix));
        disk::replace(
            disk,
            &self.manifest(),
            &temporary,
            manifest.to_text().as_bytes(),
        )
    }
}

/// An increment.
pub(super) struct Increment {
    pub(super) file: Arc<dyn DiskFile>,
    /// Bytes in the file.
    size: u64,
}

impl Increment {
    pub(super) fn new(file: Arc<dyn DiskFile>, size: u64) -> Self {
        Self { file, size }
    }
}

/// From this journal offset on another increment is written.
struct Switch {
    at: u64,
    to: Increment,
}

/// Carries the journal into the increments. One thread at a time.
pub(super) struct Writer {
    pub(super) current: Increment,
    switch: Option<Switch>,
    /// Increments that are full, and may not be synced yet.
    pub(super) left: Vec<Arc<dyn DiskFile>>,
    reader: Reader,
    exceptions: Exceptions,
    /// Bytes taken out of the journal that are not in the file: what a failed write left.
    pending: Vec<u8>,
    /// What is taken next goes on within a unit.
    within_unit: bool,
    /// Bytes written so far, into all increments.
    pub(super) bytes: u64,
    /// The last second noted in the file (`aof-timestamp-enabled`).
    noted_s: i64,
}

impl Writer {
    /// Goes on at the reader's place in `current`.
    pub(super) fn new(current: Increment, reader: Reader) -> Self {
        Self {
            current,
            switch: None,
            left: Vec::new(),
            reader,
            exceptions: Exceptions::default(),
            pending: Vec::new(),
            within_unit: false,
            bytes: 0,
            noted_s: 0,
        }
    }

    /// The journal ended below it: this node took on another history.
    pub(super) fn is_cut_off(&self) -> bool {
        self.reader.closed().is_some()
    }

    /// The journal's bytes from `at` on go into another increment.
    pub(super) fn switch_at(&mut self, at: u64, to: Increment) {
        self.switch = Some(Switch { at, to });
    }

    /// Whether the last switch has yet to come.
    pub(super) fn has_switch(&self) -> bool {
        self.switch.is_some()
    }

    /// Writes all that the journal holds; the journal offset up to which it then is in the files. `now_s` is noted
    /// in the file where it has moved on; `None` leaves notes out.
    ///
    /// # Errors
    /// What the disk says. What is in the file ends with a whole unit if the disk allowed it to be cut off there;
    /// the rest is written by the next call that succeeds.
    pub(super) fn write(&mut self, journal: &Journal, now_s: Option<i64>) -> io::Result<u64> {
        loop {
            if !self.pending.is_empty() {
                self.write_pending()?;
            }
            if let Some(switch) = self.switch.take_if(|s| s.at <= self.reader.position()) {
                let full = std::mem::replace(&mut self.current, switch.to);
                self.left.push(full.file);
            }
            if !self.take(journal, now_s) {
                return Ok(self.reader.position());
            }
        }
    }

    /// Takes the journal's next bytes, no more than belong to the current increment; false if there are none.
    fn take(&mut self, journal: &Journal, now_s: Option<i64>) -> bool {
        let end = self.reader.position() + self.reader.lag();
        journal.take_exceptions(&mut self.exceptions);
        let stop = self.switch.as_ref().map_or(end, |s| s.at.min(end));
        if let Some(now_s) = now_s
            && now_s > self.noted_s
            && !self.within_unit
            && (self.reader.position() < stop || self.exceptions.adds_at(stop))
        {
            self.noted_s = now_s;
            self.pending.extend(format!("#TS:{now_s}\r\n").bytes());
        }
        while self.reader.position() < stop && self.pending.len() < WRITE_BYTES {
            let position = self.reader.position();
            let chunk = self.reader.chunk();
            let n = chunk.len().min((stop - position) as usize);
            self.exceptions
                .copy(position, &chunk[..n], &mut self.pending);
            self.reader.advance(n);
        }
        let position = self.reader.position();
        self.exceptions.copy_added(position, &mut self.pending);
        // The published end and a switch lie between units; a full buffer anywhere.
        self.within_unit = position < stop;
        !self.pending.is_empty() || position < end
    }

    fn write_pending(&mut self) -> io::Result<()> {
        match disk::write_all(&*self.current.file, &self.pending) {
            Ok(()) => {
                self.count(self.pending.len());
                self.pending.clear();
                if self.pending.capacity() > WRITE_BYTES {
                    self.pending.shrink_to(WRITE_BYTES / 4);
                }
                Ok(())
            }
            Err(short) => {
                // Half a unit at the end would have to be cut off by whoever loads the file.
                if short.written > 0 && self.current.file.set_len(self.current.size).is_err() {
                    self.count(short.written);
                    self.pending.drain(..short.written);
                }
                Err(short.error)
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        self.current.size += bytes as u64;
        self.bytes += bytes as u64;
    }
}
