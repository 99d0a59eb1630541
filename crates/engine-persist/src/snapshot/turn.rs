//! Whose turn it is: one snapshot runs at a time.

use parking_lot::{Condvar, Mutex};

/// Who takes a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taker {
    /// SAVE, or the last save before the end: a client waits for the file.
    Save,
    /// BGSAVE, or a save point.
    BackgroundSave,
    /// The append-only file.
    Rewrite,
    /// Replicas.
    FullSync,
}

/// The right to take a snapshot. A leaf lock; whoever waits for it holds nothing.
#[derive(Debug, Default)]
pub struct Turn {
    taker: Mutex<Option<Taker>>,
    free: Condvar,
}

/// The right, until it is dropped.
#[derive(Debug)]
pub struct TurnGuard<'a>(&'a Turn);

impl Turn {
    /// Takes the turn if nobody has it.
    ///
    /// # Errors
    /// Who has it.
    pub fn try_take(&self, taker: Taker) -> Result<TurnGuard<'_>, Taker> {
        let mut held = self.taker.lock();
        match *held {
            Some(other) => Err(other),
            None => {
                *held = Some(taker);
                Ok(TurnGuard(self))
            }
        }
    }

    /// Takes the turn, waiting until it is free.
    pub fn take(&self, taker: Taker) -> TurnGuard<'_> {
        let mut held = self.taker.lock();
        while held.is_some() {
            self.free.wait(&mut held);
        }
        *held = Some(taker);
        TurnGuard(self)
    }

    /// Who has the turn.
    pub fn taker(&self) -> Option<Taker> {
        *self.taker.lock()
    }
}

impl Drop for TurnGuard<'_> {
    fn drop(&mut self) {
        *self.0.taker.lock() = None;
        self.0.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let turn = Turn::default();
        let guard = turn.try_take(Taker::BackgroundSave).expect("free");
        assert_eq!(
            turn.try_take(Taker::Save).err(),
            Some(Taker::BackgroundSave)
        );
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(turn.take(Taker::FullSync)));
            drop(guard);
            waiting.join().expect("gets its turn");
        });
        assert_eq!(turn.taker(), None);
    }
}
