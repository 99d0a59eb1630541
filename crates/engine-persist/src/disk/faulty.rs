//! A disk that fails where a test tells it to.

use super::{Disk, DiskFile, ENOSPC, RealDisk};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Create,
    Write,
    Sync,
    SetLen,
    Rename,
    Remove,
    SyncDir,
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// ENOSPC.
    NoSpace,
    /// EIO.
    Broken,
    /// A write takes only so many bytes; those after it fail with ENOSPC.
    Short(usize),
}

impl Fault {
    fn error(self) -> io::Error {
        const EIO: i32 = 5;
        io::Error::from_raw_os_error(if self == Fault::Broken { EIO } else { ENOSPC })
    }
}

#[derive(Debug)]
struct Plan {
    operation: Operation,
    /// Operations of that kind that succeed before it.
    after: usize,
    fault: Fault,
    /// How often it fails.
    times: usize,
}

/// The file system, with faults. Clones share their plans.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk {
    plans: Arc<Mutex<Vec<Plan>>>,
}

impl FaultyDisk {
    /// The operation fails each time, once it has succeeded `after` times more.
    pub fn fail(&self, operation: Operation, after: usize, fault: Fault) {
        self.plan(operation, after, fault, usize::MAX);
    }

    /// As [`Self::fail`], once only.
    pub fn fail_once(&self, operation: Operation, after: usize, fault: Fault) {
        self.plan(operation, after, fault, 1);
    }

    /// The disk is sound again.
    pub fn heal(&self) {
        self.plans().clear();
    }

    fn plan(&self, operation: Operation, after: usize, fault: Fault, times: usize) {
        self.plans().push(Plan {
            operation,
            after,
            fault,
            times,
        });
    }

    fn plans(&self) -> std::sync::MutexGuard<'_, Vec<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, operation: Operation) -> Option<Fault> {
        let mut plans = self.plans();
        let at = plans.iter().position(|plan| plan.operation == operation)?;
        let plan = &mut plans[at];
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        let fault = plan.fault;
        if let Fault::Short(_) = fault {
            // What is left of the write, and all that follow, find the disk full.
            plan.fault = Fault::NoSpace;
            return Some(fault);
        }
        plan.times -= 1;
        if plan.times == 0 {
            plans.remove(at);
        }
        Some(fault)
    }

    fn check(&self, operation: Operation) -> io::Result<()> {
        self.next(operation)
            .map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn wrap(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        let disk = self.clone();
        Arc::new(FaultyFile { disk, file })
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    file: Arc<dyn DiskFile>,
}

impl DiskFile for FaultyFile {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.disk.next(Operation::Write) {
            None => self.file.write(bytes),
            Some(Fault::Short(n)) => self.file.write(&bytes[..n.min(bytes.len())]),
            Some(fault) => Err(fault.error()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.check(Operation::Sync)?;
        self.file.sync()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.disk.check(Operation::SetLen)?;
        self.file.set_len(bytes)
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.check(Operation::Create)?;
        Ok(self.wrap(RealDisk.create(path)?))
    }

    fn append(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.check(Operation::Create)?;
        Ok(self.wrap(RealDisk.append(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        RealDisk.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Operation::Rename)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check(Operation::Remove)?;
        RealDisk.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.check(Operation::SyncDir)?;
        RealDisk.sync_dir(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir(path)
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        RealDisk.size(path)
    }
}
