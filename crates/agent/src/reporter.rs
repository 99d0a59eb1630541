//! Writes sightings to the store: when something material changed, not with every
//! offset. A primary's death is written together with what its replicas hold
//! *after* it, so that whoever reads of the death can choose among them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use control_model::keys::{self, Keyed};
use control_model::{NodeObserved, ReplicationSeen};
use control_store::{Store, Txn, TxnExt};
use node_api::{LinkState, NodeRole, Status};
use tokio::sync::Mutex;

use crate::admin;
use crate::board::{Board, NodeKey, Sighting};
use crate::error::AgentError;

/// How long a replica is given to say where it stands after its primary's death.
const LAST_WORD: Duration = Duration::from_millis(300);
/// Between two looks at a replica that has not yet read its link's end.
const LINK_POLL: Duration = Duration::from_millis(5);
/// Pause after the store failed.
const RETRY: Duration = Duration::from_millis(500);

/// Writes one agent's sightings.
pub(crate) struct Reporter {
    store: Arc<dyn Store>,
    board: Arc<Board>,
    written: Mutex<BTreeMap<NodeKey, NodeObserved>>,
}

impl Reporter {
    pub(crate) fn new(store: Arc<dyn Store>, board: Arc<Board>) -> Self {
        Self {
            store,
            board,
            written: Mutex::default(),
        }
    }

    pub(crate) async fn run(&self) {
        loop {
            self.board.changed().await;
            if let Err(error) = self.flush().await {
                tracing::error!(%error, "what was seen could not be written; trying again");
                tokio::time::sleep(RETRY).await;
                self.board.post_again();
            }
        }
    }

    /// Writes what has changed, in one transaction.
    pub(crate) async fn flush(&self) -> Result<(), AgentError> {
        let mut written = self.written.lock().await;
        let mut sightings = self.board.all();
        self.ask_bereaved(&written, &mut sightings).await;
        let mut txn = Txn::new();
        for (key, sighting) in &sightings {
            match sighting {
                Some(s) if material(written.get(key), &s.observed) => {
                    txn = txn.put_json(s.observed.key(), &s.observed);
                }
                Some(_) => {}
                None => txn = txn.delete(keys::seen(&key.0, &key.1)),
            }
        }
        if txn.ops.is_empty() {
            return Ok(());
        }
        self.store.txn(txn).await?;
        for (key, sighting) in sightings {
            match sighting {
                Some(s) if material(written.get(&key), &s.observed) => {
                    written.insert(key, s.observed);
                }
                Some(_) => {}
                None => {
                    written.remove(&key);
                    self.board.forget(&key);
                }
            }
        }
        Ok(())
    }

    /// For each primary whose death is about to be written: asks its replicas anew.
    async fn ask_bereaved(
        &self,
        written: &BTreeMap<NodeKey, NodeObserved>,
        sightings: &mut BTreeMap<NodeKey, Option<Sighting>>,
    ) {
        let newly_dead = |(key, sighting): (&NodeKey, &Option<Sighting>)| {
            let s = sighting.as_ref()?;
            let was_dead = written.get(key).is_some_and(|w| {
                w.has_exited() && w.process == s.observed.process && w.session == s.observed.session
            });
            (s.leads && s.observed.has_exited() && !was_dead)
                .then(|| (key.0.clone(), s.owner.clone()))
        };
        let bereaved: Vec<_> = sightings.iter().filter_map(newly_dead).collect();
        let mut asked = Vec::new();
        for (key, sighting) in sightings.iter() {
            if let Some(s) = sighting
                && s.observed.is_running()
                && bereaved.contains(&(key.0.clone(), s.owner.clone()))
            {
                let path = s.admin_socket.clone();
                let last_word = async move {
                    let asking = last_word(&path);
                    tokio::time::timeout(LAST_WORD, asking).await.ok().flatten()
                };
                asked.push((key.clone(), tokio::spawn(last_word)));
            }
        }
        for (key, task) in asked {
            let status = task.await.ok().flatten();
            if let Some(Some(s)) = sightings.get_mut(&key) {
                // One that does not answer is no candidate.
                s.observed.replication = status.map(|s| replication_of(&s));
            }
        }
    }
}

/// A replica's status once it has applied all its dead primary had sent.
async fn last_word(path: &std::path::Path) -> Option<Status> {
    loop {
        let status = admin::status(path).await.ok()?;
        if status.link != LinkState::Up {
            return Some(status);
        }
        tokio::time::sleep(LINK_POLL).await;
    }
}

pub(crate) fn replication_of(status: &Status) -> ReplicationSeen {
    ReplicationSeen {
        primary: status.role == NodeRole::Primary,
        epoch: status.epoch,
        replid: status.replid.clone(),
        offset: status.offset,
        link_up: status.link == LinkState::Up,
        loading: status.loading,
    }
}

/// Whether a sighting says more than a higher offset.
fn material(written: Option<&NodeObserved>, seen: &NodeObserved) -> bool {
    let Some(written) = written else { return true };
    let mut same = seen.clone();
    same.seen_at = written.seen_at;
    if let (Some(a), Some(b)) = (&mut same.replication, &written.replication)
        && a.link_up == b.link_up
        && a.primary == b.primary
        && (a.link_up || a.primary)
    {
        a.offset = b.offset;
    }
    same != *written
}

#[cfg(test)]
mod tests {
    use super::*;
    use control_model::{HostId, ProcessState, Timestamp, testing};

    #[test]
    fn a_moving_offset_is_not_written_but_a_lost_link_is() {
        let group = testing::group("demo", 2);
        let seen = |offset, link_up| NodeObserved {
            scope: group.scope.clone(),
            cluster: group.id.member(2),
            host: HostId::parse("here").unwrap(),
            session: 1,
            process: 1,
            data: 1,
            state: ProcessState::Running { pid: 1 },
            hung: false,
            replication: Some(ReplicationSeen {
                primary: false,
                epoch: 1,
                replid: "a".to_owned(),
                offset,
                link_up,
                loading: false,
            }),
            serving: Vec::new(),
            seen_at: Timestamp(offset),
        };
        assert!(material(None, &seen(1, true)));
        assert!(!material(Some(&seen(1, true)), &seen(2, true)));
        assert!(material(Some(&seen(1, true)), &seen(2, false)));
        assert!(material(Some(&seen(1, false)), &seen(2, false)));
    }
}
