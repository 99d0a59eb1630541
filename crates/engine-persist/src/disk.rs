//! The file layer: what persistence asks of a disk. A trait, so that tests can make a disk fail at any step.

mod faulty;

pub use faulty::{Fault, FaultyDisk, Operation};

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// The disk is full: what Linux's errno.h says, and what a write that takes nothing means.
const ENOSPC: i32 = 28;

/// A file being written. Shared by the thread that writes and the one that syncs.
pub trait DiskFile: Send + Sync {
    /// Writes at the end of what was written; may write less than all of it.
    ///
    /// # Errors
    /// As write(2); nothing was written then.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns when all that was written is on the disk (fdatasync).
    ///
    /// # Errors
    /// As fdatasync(2); what was written since the last success may be lost, even if a later call succeeds.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file off.
    ///
    /// # Errors
    /// As ftruncate(2).
    fn set_len(&self, bytes: u64) -> io::Result<()>;
}

/// Where files lie.
pub trait Disk: Send + Sync {
    /// A new empty file; one of that name is emptied.
    ///
    /// # Errors
    /// As open(2).
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// A file to be written at its end, made if it does not exist.
    ///
    /// # Errors
    /// As open(2).
    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// A file to be read.
    ///
    /// # Errors
    /// As open(2).
    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;
    /// Gives a file another name, in place of any that has it.
    ///
    /// # Errors
    /// As rename(2).
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Deletes a file.
    ///
    /// # Errors
    /// As unlink(2).
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Returns when the names in a directory are on the disk.
    ///
    /// # Errors
    /// As fsync(2).
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes a directory, and brings its name onto the disk; no error if it is there.
    ///
    /// # Errors
    /// As mkdir(2).
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Bytes of a file; `None` if there is none.
    ///
    /// # Errors
    /// As stat(2), save that the file does not exist.
    fn size(&self, path: &Path) -> io::Result<Option<u64>>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl DiskFile for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        loop {
            match Write::write(&mut file, bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        File::set_len(self, bytes)
    }
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        // Opened for appending: after `set_len` the next write follows what was kept.
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(path)?;
        file.set_len(0)?;
        Ok(Arc::new(file))
    }

    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Arc::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        File::open(path)?.sync_all()
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match fs::create_dir(path) {
            Ok(()) => self.sync_dir(path.parent().unwrap_or(Path::new(""))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Writes all of `bytes`.
///
/// # Errors
/// As [`DiskFile::write`], after `written` bytes of them.
pub fn write_all(file: &dyn DiskFile, bytes: &[u8]) -> Result<(), ShortWrite> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => {
                let error = io::Error::from_raw_os_error(ENOSPC);
                return Err(ShortWrite { written, error });
            }
            Ok(n) => written += n,
            Err(error) => return Err(ShortWrite { written, error }),
        }
    }
    Ok(())
}

/// A write that stopped before its end.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct ShortWrite {
    /// Bytes that are in the file.
    pub written: usize,
    /// Why no more.
    pub error: io::Error,
}

/// Puts `bytes` into a file in such a way that after a crash it holds either what it held before or all of them:
/// through a temporary file beside it.
///
/// # Errors
/// Whatever the disk says; the file is then as it was.
pub fn replace(disk: &dyn Disk, path: &Path, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = disk.create(temporary)?;
    write_all(&*file, bytes).map_err(|short| short.error)?;
    file.sync()?;
    disk.rename(temporary, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_on_at_its_end_after_being_cut_off() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("f");
        let file = RealDisk.create(&path).expect("file");
        write_all(&*file, b"abcdef").expect("written");
        file.set_len(2).expect("cut");
        write_all(&*file, b"X").expect("written");
        file.sync().expect("synced");
        assert_eq!(fs::read(&path).expect("read"), b"abX");
        assert_eq!(RealDisk.size(&path).expect("stat"), Some(3));
        let file = RealDisk.append(&path).expect("file");
        write_all(&*file, b"Y").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"abXY");
        assert_eq!(RealDisk.size(&dir.path().join("g")).expect("stat"), None);
    }

    #[test]
    fn a_replaced_file_is_old_or_new() {
        let dir = tempfile::tempdir().expect("directory");
        let (path, temporary) = (dir.path().join("f"), dir.path().join("temp-f"));
        replace(&RealDisk, &path, &temporary, b"old").expect("replaced");
        let steps = [
            Operation::Create,
            Operation::Write,
            Operation::Sync,
            Operation::Rename,
        ];
        for step in steps {
            let disk = FaultyDisk::default();
            disk.fail(step, 0, Fault::NoSpace);
            replace(&disk, &path, &temporary, b"new").expect_err("the disk fails");
            assert_eq!(fs::read(&path).expect("read"), b"old", "{step:?}");
        }
        replace(&RealDisk, &path, &temporary, b"new").expect("replaced");
        assert_eq!(fs::read(&path).expect("read"), b"new");
    }
}
