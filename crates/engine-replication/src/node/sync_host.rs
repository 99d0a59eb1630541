//! Full syncs of this node's replicas.

use super::NodeReplication;
use crate::primary::SyncHost;
use engine_dispatch::server::fresh_repl_id;
use engine_keyspace::Keyspace;
use engine_persist::journal::Reader;
use engine_persist::snapshot::{Cut, PreImageQueue, StreamFacts, Taker, TurnGuard, cut};
use std::sync::Arc;
use std::time::Duration;

impl SyncHost for NodeReplication {
    fn keyspace(&self) -> &Keyspace {
        &self.server.keyspace
    }

    fn cut(&self) -> (Cut, Reader) {
        // The role must not change meanwhile: a cut that began on a primary would turn a replica's
        // journal on under a name of its own.
        let _role = self.role.lock();
        let queue = Arc::new(PreImageQueue::new());
        cut(
            &self.server.keyspace,
            &self.server.journal,
            queue,
            fresh_repl_id(),
        )
    }

    fn facts(&self) -> StreamFacts {
        engine_storage::facts(self.server)
    }

    fn turn(&self) -> TurnGuard<'_> {
        self.server.snapshot_turn.take(Taker::FullSync)
    }

    fn key_delay(&self) -> i64 {
        self.server.config.int(params::RDB_KEY_SAVE_DELAY)
    }

    fn random(&self) -> [u8; 20] {
        rand::random()
    }

    fn delay(&self) -> Duration {
        // The wait is for more replicas to come; a managed group has its own order of things.
        if self.is_managed() {
            return Duration::ZERO;
        }
        let seconds = self.server.config.int(params::REPL_DISKLESS_SYNC_DELAY);
        Duration::from_secs(seconds.max(0) as u64)
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.server.config.int(params::REPL_TIMEOUT).max(1) as u64)
    }
}
