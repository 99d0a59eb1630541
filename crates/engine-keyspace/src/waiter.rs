//! A blocked client, as the keys it waits for know it.

use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const CLAIMED: u8 = 1;
const DONE: u8 = 2;

/// Who may answer a blocked client: exactly one of service, time-out, kill and unblock.
#[derive(Debug, Default)]
pub struct Claim(AtomicU8);

impl Claim {
    /// Takes the right to answer; false if another has it or the client was answered.
    pub fn take(&self) -> bool {
        self.0
            .compare_exchange(WAITING, CLAIMED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Gives the right back: there was nothing to serve after all. Who was abandoned meanwhile stays so.
    pub fn give_back(&self) {
        let _ = self
            .0
            .compare_exchange(CLAIMED, WAITING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The client has been answered, or is there no more.
    pub fn finish(&self) {
        self.0.store(DONE, Ordering::Release);
    }

    /// Whether the client has been answered or released.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.0.load(Ordering::Acquire) == DONE
    }
}

/// A client blocked in a command on one or more keys. Its record stands in the queue of each of them and is
/// dropped there lazily once it is done.
#[derive(Debug)]
pub struct Waiter {
    /// Who answers.
    pub claim: Claim,
    /// The I/O thread that owns the session.
    pub thread: usize,
    /// The session on that thread.
    pub session: u64,
    /// The client's database.
    pub db: u32,
    /// The command to run again, with its arguments.
    pub argv: Vec<Box<[u8]>>,
    /// The index of the command in the table handed in at start.
    pub command: usize,
    /// Whether the client speaks RESP3.
    pub resp3: bool,
    /// Whether service needs slots other than that of the key that became ready.
    pub wide: bool,
    /// Whether a key that vanishes or changes type serves the client too (XREADGROUP).
    pub wants_removal: bool,
}
