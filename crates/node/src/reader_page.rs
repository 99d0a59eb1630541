//! The shared page by which the members behind a reader endpoint keep their numbers of connections even
//! (layout: docs/design/node-api.md, "The reader page").
#![allow(unsafe_code, reason = "maps shared memory")]

use node_api::reader_page::{
    MEMBERS_MAX, PAGE_BYTES, alive_offset, connections_offset, may_accept,
};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// This member's view of the page.
#[derive(Debug)]
pub(crate) struct ReaderPage {
    start: NonNull<u8>,
    member: u32,
}

// SAFETY: the mapping lives as long as the value, and is only accessed through atomics.
unsafe impl Send for ReaderPage {}
// SAFETY: as above.
unsafe impl Sync for ReaderPage {}

impl ReaderPage {
    /// Maps the page as member `member`.
    pub(crate) fn map(fd: &OwnedFd, member: u32) -> io::Result<Self> {
        if member >= MEMBERS_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "no such member of a reader page",
            ));
        }
        if rustix::fs::fstat(fd)?.st_size < PAGE_BYTES as i64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the reader page is too short",
            ));
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping of a file that is long enough, at an address of the kernel's choice.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                PAGE_BYTES,
                protection,
                MapFlags::SHARED,
                fd,
                0,
            )?
        };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { start, member })
    }

    fn word(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: offsets lie within the page and are multiples of 4; the page outlives `&self`.
        unsafe { self.start.add(offset).cast::<AtomicU32>().as_ref() }
    }

    fn own(&self) -> &AtomicU32 {
        self.word(connections_offset(self.member))
    }

    /// Says how many reader connections this member has.
    pub(crate) fn set(&self, connections: u32) {
        self.own().store(connections.to_le(), Ordering::Relaxed);
    }

    /// Whether this member, with `own` connections, may accept one more now.
    pub(crate) fn may_accept(&self, own: u32) -> bool {
        let living =
            (0..MEMBERS_MAX).filter(|m| self.word(alive_offset(*m)).load(Ordering::Relaxed) != 0);
        let counts = living.map(|m| {
            if m == self.member {
                own
            } else {
                u32::from_le(self.word(connections_offset(m)).load(Ordering::Relaxed))
            }
        });
        may_accept(own, counts)
    }
}

impl Drop for ReaderPage {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length, and no reference into it is left.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), PAGE_BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{MemfdFlags, memfd_create};

    #[test]
    fn a_member_sees_the_others_counts() {
        let fd = memfd_create("page", MemfdFlags::CLOEXEC).unwrap();
        let mut bytes = node_api::reader_page::new_page();
        for member in [0, 1] {
            bytes[alive_offset(member)] = 1;
        }
        rustix::io::write(&fd, &bytes).unwrap();
        let (a, b) = (
            ReaderPage::map(&fd, 0).unwrap(),
            ReaderPage::map(&fd, 1).unwrap(),
        );
        a.set(10);
        assert!(b.may_accept(2));
        b.set(2);
        assert!(
            !a.may_accept(10),
            "10 against 2: the other one is to take it"
        );
        assert!(ReaderPage::map(&fd, MEMBERS_MAX).is_err());
    }
}
