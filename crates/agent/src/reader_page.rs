//! The agent's side of a reader page: made here, mapped by the nodes. The agent
//! only sets alive bits and reads counts, for which plain file writes of four
//! bytes do: they reach the same memory.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use node_api::reader_page::{alive_offset, connections_offset, new_page};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{pread, pwrite};

/// One reader endpoint's page.
#[derive(Clone, Debug)]
pub(crate) struct ReaderPage {
    memory: Arc<OwnedFd>,
}

impl ReaderPage {
    pub(crate) fn new() -> io::Result<Self> {
        let memory = memfd_create("elastane-reader-page", MemfdFlags::CLOEXEC)?;
        let page = new_page();
        let written = pwrite(&memory, &page, 0)?;
        if written != page.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(Self {
            memory: Arc::new(memory),
        })
    }

    pub(crate) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.memory)
    }

    pub(crate) fn set_alive(&self, member: u32, alive: bool) {
        let bytes = u32::from(alive).to_le_bytes();
        if let Err(error) = pwrite(&self.memory, &bytes, alive_offset(member) as u64) {
            tracing::error!(%error, "a reader page cannot be written");
        }
    }

    /// Forgets a former member's count before the line is given to another.
    pub(crate) fn clear(&self, member: u32) {
        self.set_alive(member, false);
        let _ = pwrite(&self.memory, &[0; 4], connections_offset(member) as u64);
    }

    /// (alive, connections) of a member.
    pub(crate) fn member(&self, member: u32) -> (bool, u32) {
        let mut bytes = [0; 8];
        let _ = pread(&self.memory, &mut bytes, alive_offset(member) as u64);
        let [a, b, c, d, e, f, g, h] = bytes;
        let alive = u32::from_le_bytes([a, b, c, d]) != 0;
        (alive, u32::from_le_bytes([e, f, g, h]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alive_bits_are_set_one_by_one() {
        let page = ReaderPage::new().unwrap();
        page.set_alive(0, true);
        page.set_alive(62, true);
        page.set_alive(0, false);
        assert_eq!(page.member(0), (false, 0));
        assert_eq!(page.member(1), (false, 0));
        assert_eq!(page.member(62), (true, 0));
    }
}
