//! Watches: every committed change of a prefix, one batch a transaction.

use std::sync::Mutex;

use tokio::sync::mpsc;

use crate::store::{Entry, Revision};

/// One changed key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Put(Entry),
    Deleted { key: String },
}

impl Change {
    pub fn key(&self) -> &str {
        match self {
            Self::Put(entry) => &entry.key,
            Self::Deleted { key } => key,
        }
    }
}

/// All changes of one transaction that fall under the watched prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeBatch {
    pub revision: Revision,
    pub changes: Vec<Change>,
}

/// The receiving end. Batches come in the order of their transactions; none is skipped.
#[derive(Debug)]
pub struct Watch {
    receiver: mpsc::UnboundedReceiver<ChangeBatch>,
}

impl Watch {
    /// The next batch; `None` once the store is closed.
    pub async fn next(&mut self) -> Option<ChangeBatch> {
        self.receiver.recv().await
    }

    /// Waits for a change, then also takes what has gathered meanwhile: for
    /// level-triggered readers, who only want to know that something changed.
    pub async fn nudge(&mut self) -> Option<()> {
        self.receiver.recv().await?;
        while self.receiver.try_recv().is_ok() {}
        Some(())
    }
}

/// The sending ends.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    list: Mutex<Vec<(String, mpsc::UnboundedSender<ChangeBatch>)>>,
}

impl Watchers {
    pub(crate) fn add(&self, prefix: &str) -> Watch {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut list = self.list.lock().expect("no panic under this lock");
        list.push((prefix.to_owned(), sender));
        Watch { receiver }
    }

    /// Called in the order of commits, under the store's write lock.
    pub(crate) fn tell(&self, revision: Revision, changes: &[Change]) {
        let mut list = self.list.lock().expect("no panic under this lock");
        list.retain(|(prefix, sender)| {
            let changes: Vec<_> = changes
                .iter()
                .filter(|c| c.key().starts_with(prefix.as_str()))
                .cloned()
                .collect();
            if changes.is_empty() {
                return !sender.is_closed();
            }
            sender.send(ChangeBatch { revision, changes }).is_ok()
        });
    }
}
