//! Deadlines of leases. They live in memory; which keys hang on which lease is
//! on disk, and a reopened store gives each such lease its full time again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::store::LeaseId;

#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: HashMap<LeaseId, (Duration, Instant)>,
}

impl Leases {
    pub(crate) fn grant(&mut self, id: LeaseId, ttl: Duration) {
        self.held.insert(id, (ttl, Instant::now() + ttl));
    }

    /// False: it has ended.
    pub(crate) fn renew(&mut self, id: LeaseId) -> bool {
        let now = Instant::now();
        match self.held.get_mut(&id) {
            Some((ttl, deadline)) if *deadline > now => {
                *deadline = now + *ttl;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn is_held(&self, id: LeaseId) -> bool {
        self.held
            .get(&id)
            .is_some_and(|(_, deadline)| *deadline > Instant::now())
    }

    pub(crate) fn forget(&mut self, id: LeaseId) {
        self.held.remove(&id);
    }

    pub(crate) fn ended(&self) -> Vec<LeaseId> {
        let now = Instant::now();
        let over = |(_, (_, deadline)): &(&LeaseId, &(Duration, Instant))| *deadline <= now;
        self.held.iter().filter(over).map(|(id, _)| *id).collect()
    }
}
