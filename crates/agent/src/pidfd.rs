//! A process's pidfd under tokio's reactor: readable once the process has ended.
//!
//! The one unsafe line of the agent. Its invariant: the descriptor given to the
//! reactor stays open and the same while it is registered. An `OwnedFd` that
//! nobody else can reach, moved in here and never taken out again, keeps it.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fd::AsFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Names one process for good, whatever becomes of its pid.
#[derive(Debug)]
pub(crate) struct Pidfd(AsyncFd<OwnedFd>);

impl Pidfd {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let owned = pidfd_open(pid, PidfdFlags::empty())?;
        // SAFETY: `owned` is open, belongs to the `AsyncFd` alone from here on, and
        // is closed only after it was deregistered, when the `AsyncFd` is dropped;
        // `OwnedFd::as_raw_fd` always gives the same number.
        let registered = unsafe { AsyncFd::register_with_interest(owned, Interest::READABLE) };
        Ok(Self(registered?))
    }

    /// Returns once the process has ended.
    pub(crate) async fn ended(&self) {
        // An error can only mean that the runtime is going down.
        let _ = self.0.ready(Interest::READABLE).await;
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.get_ref().as_fd()
    }
}
