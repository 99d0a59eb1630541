//! A rewrite: a new increment from a snapshot's cut on, and the snapshot as the base below it.

use super::Aof;
use super::manifest::{Manifest, ManifestError, Part};
use super::writer::{Increment, Place};
use crate::disk::{Disk, DiskFile};
use crate::journal::{Journal, ReplId};
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What becomes of the changes after a rewrite's cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// They go into the increment of this number.
    Increment(u64),
    /// The file was off and is on from the cut. The increment has a temporary name until the base is there: before
    /// that nobody may load it.
    First,
    /// The file is off and stays off.
    Nothing,
}

/// A rewrite that runs.
pub struct Rewrite {
    place: Place,
    /// Until the cut.
    increment: Mutex<Option<Arc<dyn DiskFile>>>,
    after: After,
}

/// A manifest that cannot be used, or read.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{0}")]
    Manifest(#[from] ManifestError),
    #[error("Fatal error: can't open the AOF manifest file for reading: {0}")]
    Io(#[from] io::Error),
}

impl Place {
    /// The manifest that is there; an empty one if there is none.
    ///
    /// # Errors
    /// It cannot be read or makes no sense.
    pub fn read_manifest(&self, disk: &dyn Disk) -> Result<Manifest, PlaceError> {
        let path = self.manifest();
        if disk.size(&path)?.is_none() {
            return Ok(Manifest::default());
        }
        let mut text = Vec::new();
        disk.open(&path)?.read_to_end(&mut text)?;
        Ok(Manifest::parse(&text)?)
    }

    fn temporary_increment(&self) -> PathBuf {
        self.path(&format!("temp-{}.incr", self.prefix))
    }
}

impl Aof {
    /// Prepares a rewrite: makes the increment that begins at its cut, and says so in the manifest if the file is on.
    /// One that is off is turned on by the cut if `turn_on`.
    ///
    /// # Errors
    /// What the disk says, or the manifest that is there; nothing has changed then.
    pub fn begin_rewrite(&self, place: &Place, turn_on: bool) -> Result<Rewrite, PlaceError> {
        self.disk.create_dir(&place.dir)?;
        let mut manifest = self.manifest.lock();
        if !self.is_on() {
            *manifest = place.read_manifest(&*self.disk)?;
            if !turn_on {
                return Ok(Rewrite::new(place, None, After::Nothing));
            }
            let file = self.disk.create(&place.temporary_increment())?;
            return Ok(Rewrite::new(place, Some(file), After::First));
        }
        let writer = self.writer.lock();
        if writer.as_ref().is_some_and(super::Writer::has_switch) {
            let text = "the last increment is not written yet";
            return Err(io::Error::other(text).into());
        }
        drop(writer);
        let mut next = manifest.clone();
        let name = next.begin_increment(&place.prefix, 0);
        let file = self.disk.create(&place.path(&name))?;
        place.write_manifest(&*self.disk, &next)?;
        let after = After::Increment(next.increment_seq());
        *manifest = next;
        Ok(Rewrite::new(place, Some(file), after))
    }

    /// The rewrite's cut, while all slots are locked: from the journal's present end on the new increment is written.
    pub fn at_cut(&self, rewrite: &Rewrite, journal: &Journal, fresh_id: ReplId) {
        let Some(file) = rewrite.increment.lock().take() else {
            return;
        };
        let increment = Increment::new(file, 0);
        if rewrite.after == After::First {
            self.bytes.store(0, Ordering::Relaxed);
            self.begin(increment, journal, fresh_id);
        } else if let Some(writer) = &mut *self.writer.lock() {
            writer.switch_at(journal.offset(), increment);
        }
    }

    /// Puts the base in its place: `base` is a file in the same directory that is complete and synced, in RDB or as
    /// commands. What it stands for is deleted, unless `keep_history`.
    ///
    /// # Errors
    /// What the disk says; the file goes on as if there had been no rewrite.
    pub fn finish_rewrite(
        &self,
        rewrite: &Rewrite,
        base: &Path,
        rdb: bool,
        keep_history: bool,
    ) -> io::Result<()> {
        let (disk, place) = (&*self.disk, &rewrite.place);
        let mut manifest = self.manifest.lock();
        let part = manifest.next_base(&place.prefix, rdb);
        let target = place.path(&part.name);
        let base_bytes = disk.size(base)?.unwrap_or(0);
        let mut next = manifest.clone();
        let highest = next.increment_seq();
        match rewrite.after {
            After::Increment(seq) => next.supersede(part, seq),
            After::First => {
                next.supersede(part, u64::MAX);
                let name = next.begin_increment(&place.prefix, highest);
                disk.rename(&place.temporary_increment(), &place.path(&name))?;
            }
            After::Nothing => next.supersede(part, u64::MAX),
        }
        disk.rename(base, &target)?;
        // The manifest names a file only once its name is on the disk.
        disk.sync_dir(&place.dir)?;
        place.write_manifest(disk, &next)?;
        let gone = |part: &&Part| next.data().all(|kept| kept != *part);
        let size = |part: &Part| disk.size(&place.path(&part.name)).ok().flatten();
        let superseded: u64 = match rewrite.after {
            After::Increment(_) => manifest.data().filter(gone).filter_map(size).sum(),
            // They did not count while the file was off.
            After::First | After::Nothing => 0,
        };
        *manifest = next;
        self.bytes.fetch_add(base_bytes, Ordering::Relaxed);
        self.bytes.fetch_sub(superseded, Ordering::Relaxed);
        let now = self.bytes.load(Ordering::Relaxed);
        self.bytes_at_rewrite.store(now, Ordering::Relaxed);
        if !keep_history {
            forget_history(disk, place, &mut manifest);
        }
        Ok(())
    }

    /// The rewrite has failed. If it was to turn the file on, the file is off.
    pub fn abandon_rewrite(&self, rewrite: &Rewrite, journal: &Journal) {
        let base = rewrite.temporary_base();
        // Nobody loads what lies under temporary names, and the next rewrite empties it.
        let _ = self.disk.remove(&base);
        if rewrite.after != After::First {
            return;
        }
        if self.is_on() {
            self.on.store(false, Ordering::Release);
            *self.writer.lock() = None;
            journal.end_file();
            self.tell(super::Event::Synced);
        }
        let _ = self.disk.remove(&rewrite.place.temporary_increment());
    }
}

impl Rewrite {
    fn new(place: &Place, file: Option<Arc<dyn DiskFile>>, after: After) -> Self {
        Self {
            place: place.clone(),
            increment: Mutex::new(file),
            after,
        }
    }

    /// Where the base is to be written: in the directory of the files, under a name that nobody loads.
    #[must_use]
    pub fn temporary_base(&self) -> PathBuf {
        let name = format!("temp-rewriteaof-bg-{}.aof", std::process::id());
        self.place.path(&name)
    }
}

impl std::fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rewrite")
            .field("place", &self.place)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// Deletes what is superseded. A file that stays is named as history and tried again after the next rewrite.
pub(super) fn forget_history(disk: &dyn Disk, place: &Place, manifest: &mut Manifest) {
    let mut next = manifest.clone();
    next.history.retain(|part| {
        let gone = disk.remove(&place.path(&part.name));
        gone.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
    });
    if next != *manifest && place.write_manifest(disk, &next).is_ok() {
        *manifest = next;
    }
}
