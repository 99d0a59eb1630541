//! A snapshot's file: written under another name, synced, and only then put in the place of the last good one.

use engine_persist::disk::{Disk, DiskFile};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Bytes between two syncs (`rdb-save-incremental-fsync`; Redis: `REDIS_AUTOSYNC_BYTES`), so that the last one has
/// little left to do.
const SYNC_EVERY: u64 = 4 << 20;

/// How far a file has come, for whoever watches over it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    /// When it last moved, milliseconds of Unix time.
    moved_ms: AtomicI64,
}

impl Progress {
    /// It moves.
    pub(crate) fn moved(&self) {
        self.moved_ms
            .store(engine_dispatch::server::now_ms(), Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn pretend_still_for_ms(&self, ms: i64) {
        let then = engine_dispatch::server::now_ms() - ms;
        self.moved_ms.store(then, Ordering::Relaxed);
    }

    /// Milliseconds since it last moved.
    pub(crate) fn still_for_ms(&self, now_ms: i64) -> i64 {
        now_ms - self.moved_ms.load(Ordering::Relaxed)
    }
}

/// What went wrong, and at which step.
#[derive(Debug, thiserror::Error)]
#[error("{step} {path}: {source}")]
pub(crate) struct FileError {
    pub(crate) step: &'static str,
    pub(crate) path: String,
    pub(crate) source: io::Error,
}

impl FileError {
    fn of(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self { step, path, source }
    }
}

/// A file that is not in its place yet. Dropped before [`NewFile::commit`] it is removed, and what stood in its place
/// still stands there.
pub(crate) struct NewFile {
    disk: Arc<dyn Disk>,
    file: Option<Arc<dyn DiskFile>>,
    temporary: PathBuf,
    target: PathBuf,
    progress: Arc<Progress>,
    incremental: bool,
    unsynced: u64,
}

impl NewFile {
    /// Begins a file that is to stand at `target`, an absolute path. `number` tells apart files that one process
    /// writes at the same time.
    pub(crate) fn create(
        disk: &Arc<dyn Disk>,
        target: PathBuf,
        number: u64,
        incremental: bool,
        progress: Arc<Progress>,
    ) -> Result<Self, FileError> {
        let temporary = target.with_file_name(format!("temp-{}-{number}.rdb", std::process::id()));
        let file = disk
            .create(&temporary)
            .map_err(FileError::of("open", &temporary))?;
        progress.moved();
        Ok(Self {
            disk: Arc::clone(disk),
            file: Some(file),
            temporary,
            target,
            progress,
            incremental,
            unsynced: 0,
        })
    }

    /// Makes the file durable and puts it in its place.
    pub(crate) fn commit(mut self) -> Result<(), FileError> {
        if let Some(file) = &self.file {
            file.sync()
                .map_err(FileError::of("fsync", &self.temporary))?;
        }
        self.disk
            .rename(&self.temporary, &self.target)
            .map_err(FileError::of("rename", &self.target))?;
        self.file = None;
        let folder = self.target.parent().unwrap_or(Path::new("/"));
        self.disk
            .sync_dir(folder)
            .map_err(FileError::of("fsync of folder", folder))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &self.file else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let n = file.write(bytes)?;
        self.progress.bytes.fetch_add(n as u64, Ordering::Relaxed);
        self.progress.moved();
        self.unsynced += n as u64;
        if self.incremental && self.unsynced >= SYNC_EVERY {
            file.sync()?;
            self.unsynced = 0;
            self.progress.moved();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Half a file helps nobody; where it cannot be removed either, it has a name that nobody loads.
            let _ = self.disk.remove(&self.temporary);
        }
    }
}
