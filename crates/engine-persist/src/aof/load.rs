//! Reading the files back.

use super::manifest::{Manifest, Part, Role};
use super::rewrite::PlaceError;
use super::writer::Place;
use crate::disk::Disk;
use crate::journal::{StreamDecoder, StreamUnit};
use std::io::{self, Read};

/// Bytes read in one call.
const READ_BYTES: usize = 1 << 20;
/// A tail longer than this was not lost in a crash: it is something else.
const TAIL_MAX: usize = 1 << 30;
/// What an RDB stream begins with.
const RDB_MAGIC: &[u8] = b"REDIS";

/// Who carries out what is read.
pub trait LoadHost {
    /// So many bytes will be read.
    fn begins(&mut self, bytes: u64);
    /// Loads an RDB stream from its start; gives back what was read beyond its end.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    fn rdb(&mut self, file: &str, input: Box<dyn Read + Send>) -> Result<Rest, String>;
    /// Carries out one unit.
    ///
    /// # Errors
    /// It names a command that is not known: nothing after it can be trusted.
    fn unit(&mut self, file: &str, unit: &StreamUnit<'_>) -> Result<(), String>;
    /// So many bytes more have been read.
    fn progress(&mut self, bytes: u64);
    /// A line for the log: `warning` or a notice.
    fn say(&mut self, warning: bool, line: &str);
}

/// What lies behind an RDB stream: bytes read already, and where the others come from.
pub type Rest = (Vec<u8>, Box<dyn Read + Send>);

/// Why the files cannot be loaded. Redis's texts; the node must not start.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("The append log file {0} doesn't exist: No such file or directory")]
    Missing(String),
    #[error("Fatal error: can't open the append log file {0} for reading: {1}")]
    Open(String, io::Error),
    #[error("Unrecoverable error reading the append only file {0}: {1}")]
    Read(String, io::Error),
    #[error(
        "Unexpected end of file reading the append only file {0}. You can: 1) Make a backup of your AOF file, then \
         use elastane check --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' \
         configuration option to yes and restart the server."
    )]
    Torn(String),
    #[error(
        "Bad file format reading the append only file {0}: make a backup of your AOF file, then use elastane check \
         --fix <filename.manifest>"
    )]
    Format(String),
    #[error("Error reading the RDB base file {0}, AOF loading aborted: {1}")]
    Base(String, String),
    #[error("{1} reading the append only file {0}")]
    Unit(String, String),
    #[error("Error truncating the AOF file {0}: {1}")]
    Cut(String, io::Error),
    #[error("Error trying to move the old AOF file {0} into dir {1}: {2}")]
    Upgrade(String, String, io::Error),
}

/// Loads the files of `place`; the manifest, empty if there are none. `old_file` is where a server before Redis 7 kept
/// its one file: it becomes the base. With `truncate` the last file may end in the middle of a unit, and is cut off
/// there.
///
/// # Errors
/// The files are not what they should be. The data loaded so far is worth nothing.
pub fn load(
    disk: &dyn Disk,
    place: &Place,
    old_file: &std::path::Path,
    truncate: bool,
    host: &mut dyn LoadHost,
) -> Result<Manifest, LoadError> {
    let mut manifest = place.read_manifest(disk)?;
    upgrade(disk, place, old_file, &mut manifest, host)?;
    let parts: Vec<Part> = manifest.data().cloned().collect();
    let mut bytes = 0;
    for part in &parts {
        match disk.size(&place.path(&part.name)) {
            Ok(None) => return Err(LoadError::Missing(part.name.clone())),
            Ok(Some(size)) => bytes += size,
            // Opening it will tell.
            Err(_) => {}
        }
    }
    host.begins(bytes);
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        one_file(disk, place, part, truncate && last, host)?;
    }
    if manifest.history.is_empty() {
        return Ok(manifest);
    }
    super::rewrite::forget_history(disk, place, &mut manifest);
    Ok(manifest)
}

/// Takes over the file of an older server (`aofUpgradePrepare`). Each step may be the last before a crash: the next
/// start goes on from there.
fn upgrade(
    disk: &dyn Disk,
    place: &Place,
    old_file: &std::path::Path,
    manifest: &mut Manifest,
    host: &mut dyn LoadHost,
) -> Result<(), LoadError> {
    let inside = place.path(&place.prefix);
    let exists = |path| disk.size(path).is_ok_and(|size| size.is_some());
    let half_way = manifest.increments.is_empty()
        && manifest
            .base
            .as_ref()
            .is_some_and(|base| base.name == place.prefix)
        && !exists(&inside);
    if !exists(old_file) || !(manifest.is_empty() || half_way) {
        return Ok(());
    }
    let fault =
        |error| LoadError::Upgrade(place.prefix.clone(), place.dir.display().to_string(), error);
    disk.create_dir(&place.dir).map_err(fault)?;
    manifest.base = Some(Part {
        name: place.prefix.clone(),
        seq: 1,
        role: Role::Base,
    });
    place.write_manifest(disk, manifest).map_err(fault)?;
    disk.rename(old_file, &inside).map_err(fault)?;
    disk.sync_dir(&place.dir).map_err(fault)?;
    host.say(
        false,
        &format!(
            "Successfully migrated an old-style AOF file ({}) into the AOF directory ({}).",
            place.prefix,
            place.dir.display()
        ),
    );
    Ok(())
}

fn one_file(
    disk: &dyn Disk,
    place: &Place,
    part: &Part,
    truncate: bool,
    host: &mut dyn LoadHost,
) -> Result<(), LoadError> {
    let name = &part.name;
    let open = |error| LoadError::Open(name.clone(), error);
    let mut input = disk.open(&place.path(name)).map_err(open)?;
    let read = |error| LoadError::Read(name.clone(), error);
    let mut head = Vec::new();
    input
        .by_ref()
        .take(RDB_MAGIC.len() as u64)
        .read_to_end(&mut head)
        .map_err(read)?;
    let mut at = 0;
    if head == RDB_MAGIC {
        let whole = Box::new(io::Cursor::new(head).chain(input));
        let (rest, further) = host
            .rdb(name, whole)
            .map_err(|why| LoadError::Base(name.clone(), why))?;
        let size = disk.size(&place.path(name)).map_err(open)?.unwrap_or(0);
        (head, input) = (rest, further);
        let mut tail = Vec::new();
        // A base in RDB ends with it; a file of an older server goes on with commands.
        if name == &place.prefix {
            input.read_to_end(&mut tail).map_err(read)?;
        }
        at = size - (head.len() + tail.len()) as u64;
        host.progress(at);
        input = Box::new(io::Cursor::new(tail));
    }
    let mut log = Log {
        name,
        decoder: StreamDecoder::of_file(),
        at,
        wrong: false,
        host,
    };
    log.feed(&head)?;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => log.feed(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(read(error)),
        }
    }
    log.end(disk, place, truncate)
}

/// One file of commands being read.
struct Log<'a> {
    name: &'a str,
    decoder: StreamDecoder,
    /// The file is good up to here.
    at: u64,
    /// What follows is no command. It may still be the tail of a file whose end was lost.
    wrong: bool,
    host: &'a mut dyn LoadHost,
}

impl Log<'_> {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        self.decoder.feed(bytes);
        while !self.wrong {
            match self.decoder.next_unit() {
                Ok(None) => break,
                Ok(Some(unit)) => {
                    let carried_out = self.host.unit(self.name, &unit);
                    carried_out.map_err(|why| LoadError::Unit(self.name.to_string(), why))?;
                    self.at += unit.raw.len() as u64;
                }
                Err(_) => self.wrong = true,
            }
        }
        if self.wrong && self.decoder.pending().len() > TAIL_MAX {
            return Err(LoadError::Format(self.name.to_string()));
        }
        self.host.progress(bytes.len() as u64);
        Ok(())
    }

    fn end(self, disk: &dyn Disk, place: &Place, truncate: bool) -> Result<(), LoadError> {
        let (name, tail) = (self.name, self.decoder.pending());
        if tail.is_empty() {
            return Ok(());
        }
        if self.wrong && !is_torn(tail) {
            return Err(LoadError::Format(name.to_string()));
        }
        if self.decoder.ends_in_transaction() {
            let line = format!("Revert incomplete MULTI/EXEC transaction in AOF file {name}");
            self.host.say(true, &line);
        }
        if !truncate {
            return Err(LoadError::Torn(name.to_string()));
        }
        let lines = [
            format!("!!! Warning: short read while loading the AOF file {name}!!!"),
            format!("!!! Truncating the AOF {name} at offset {} !!!", self.at),
        ];
        lines.iter().for_each(|line| self.host.say(true, line));
        let cut = |error| LoadError::Cut(name.to_string(), error);
        let file = disk.append(&place.path(name)).map_err(cut)?;
        file.set_len(self.at).map_err(cut)?;
        file.sync().map_err(cut)?;
        let line = format!("AOF {name} loaded anyway because aof-load-truncated is enabled");
        self.host.say(true, &line);
        Ok(())
    }
}

/// Whether a tail is the beginning of a unit, followed by zeros: when a machine dies, a file may have grown already
/// by what was never written into it.
fn is_torn(tail: &[u8]) -> bool {
    let zeros = tail.iter().rev().take_while(|b| **b == 0).count();
    let mut decoder = StreamDecoder::of_file();
    decoder.feed(&tail[..tail.len() - zeros]);
    zeros > 0 && matches!(decoder.next_unit(), Ok(None))
}
