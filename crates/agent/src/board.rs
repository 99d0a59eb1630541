//! What the keepers see, side by side, waiting to be written to the store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use control_model::{CacheClusterId, NodeObserved, Owner, Scope};
use tokio::sync::Notify;

pub(crate) type NodeKey = (Scope, CacheClusterId);

/// One node as its keeper sees it.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) observed: NodeObserved,
    pub(crate) owner: Owner,
    /// It is assigned the primary's role.
    pub(crate) leads: bool,
    pub(crate) admin_socket: PathBuf,
}

/// The latest sighting of each node; `None`: the node was removed.
#[derive(Debug, Default)]
pub(crate) struct Board {
    sightings: Mutex<BTreeMap<NodeKey, Option<Sighting>>>,
    changed: Notify,
}

impl Board {
    pub(crate) fn post(&self, key: &NodeKey, sighting: Option<Sighting>) {
        let mut sightings = self.sightings.lock().expect("no panic under this lock");
        sightings.insert(key.clone(), sighting);
        self.changed.notify_one();
    }

    /// Forgets a removed node once that has been written.
    pub(crate) fn forget(&self, key: &NodeKey) {
        let mut sightings = self.sightings.lock().expect("no panic under this lock");
        if let Some(None) = sightings.get(key) {
            sightings.remove(key);
        }
    }

    pub(crate) fn all(&self) -> BTreeMap<NodeKey, Option<Sighting>> {
        self.sightings
            .lock()
            .expect("no panic under this lock")
            .clone()
    }

    /// Something is still to be written.
    pub(crate) fn post_again(&self) {
        self.changed.notify_one();
    }

    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}
