//! The node as its link to the primary sees it.

use super::NodeReplication;
use crate::replica::{Follower, HandshakeConfig, LinkStatus, StreamUnit};
use engine_dispatch::Worker;
use engine_dispatch::apply::{Applied, Applier};
use engine_dispatch::server::{Process, now_ms};
use engine_keyspace::Unit;
use engine_persist::journal::ReplId;
use engine_persist::rdb::RdbReader;
use engine_storage::{LoadError, Loading, Staged, keeps_frequencies, load};
use std::io::Read;
use std::time::Duration;

/// One link's hold on the node; worth something while the role's generation is its own.
pub(super) struct NodeFollower<'a> {
    node: &'a NodeReplication,
    worker: &'a mut Worker,
    applier: Applier,
    generation: u64,
}

impl<'a> NodeFollower<'a> {
    pub(super) fn new(node: &'a NodeReplication, worker: &'a mut Worker, generation: u64) -> Self {
        Self {
            node,
            worker,
            applier: Applier::new(),
            generation,
        }
    }

    /// Runs `f` while the role cannot change; `None` if it has changed.
    fn while_wanted<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let role = self.node.role.lock();
        (role.generation == self.generation).then(f)
    }
}

impl Follower for NodeFollower<'_> {
    fn handshake(&self) -> HandshakeConfig {
        let server = self.node.server;
        let config = &server.config;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let announced = config.int(params::REPLICA_ANNOUNCE_PORT);
        let listening_port = match u16::try_from(announced) {
            Ok(port) if port > 0 => port,
            _ => server.process().map_or(0, Process::port),
        };
        // A managed node logs in as the hidden link user; others as the operator has configured.
        let (user, secret) = match self.node.is_managed() {
            true => (params::ELASTANE_LINK_USER, params::ELASTANE_LINK_SECRET),
            false => (params::MASTERUSER, params::MASTERAUTH),
        };
        let secret = config.bytes(secret);
        let journal = &server.journal;
        HandshakeConfig {
            user: some(config.text(user)),
            secret: (!secret.is_empty()).then(|| secret.to_vec()),
            listening_port,
            announce_ip: some(config.text(params::REPLICA_ANNOUNCE_IP)),
            held: journal
                .is_on()
                .then(|| (journal.ids().current, journal.offset())),
        }
    }

    fn silence_max(&self) -> Duration {
        let seconds = self.node.server.config.int(params::REPL_TIMEOUT);
        Duration::from_secs(seconds.max(1) as u64)
    }

    fn wanted(&self) -> bool {
        self.node.view.lock().generation == self.generation
    }

    fn status(&self, status: LinkStatus) {
        self.node.note(self.generation, status);
    }

    fn limits(&self) -> engine_types::Limits {
        self.node.server.limits()
    }

    fn load(&self, reader: &mut RdbReader<&mut dyn Read>) -> Result<Staged, LoadError> {
        let server = self.node.server;
        let mut loading = Loading {
            now_ms: now_ms(),
            skip_expired: false,
            frequencies: keeps_frequencies(server),
            note: &mut |_| {},
            go_on: &mut |_| true,
        };
        let staged = load(reader, &server.keyspace, &mut loading);
        self.node.received(reader.position());
        staged
    }

    fn swap_in(&self, staged: Staged, id: ReplId, offset: u64) -> bool {
        let node = self.node;
        let keys = staged.keys();
        let swapped = self.while_wanted(|| {
            let server = node.server;
            let stream_db = staged.stream_db();
            let mut unit = Unit::new(&server.keyspace);
            unit.wait_for_token();
            unit.lock_all();
            staged.swap_in(server, &mut unit);
            server.journal.adopt(id, offset, stream_db);
        });
        if swapped.is_some() {
            (node.log)(&format!("Loaded {keys} keys from the primary"));
            // Their history has ended.
            node.peers.disconnect_all();
        }
        swapped.is_some()
    }

    fn resume(&self, id: Option<ReplId>) -> Option<u32> {
        let node = self.node;
        let journal = &node.server.journal;
        let renamed = self.while_wanted(|| {
            let renamed = id.is_some_and(|id| id != journal.ids().current);
            if let Some(id) = id {
                journal.rename(id);
            }
            renamed
        })?;
        if renamed {
            node.peers.disconnect_all();
        }
        Some(journal.stream_db())
    }

    fn apply(&mut self, unit: &StreamUnit<'_>, stream_db: u32) -> bool {
        let node = self.node;
        let role = node.role.lock();
        if role.generation != self.generation {
            return false;
        }
        let commands: Vec<Applied<'_>> = unit
            .commands()
            .map(|command| (command.db, command.args().collect()))
            .collect();
        let applied = self
            .applier
            .unit(node.server, self.worker, &commands, unit.raw, stream_db);
        drop(role);
        if let Err(error) = applied {
            // As Redis does by default: say so and go on.
            (node.log)(&error.to_string());
        }
        true
    }

    fn offset(&self) -> u64 {
        self.node.server.journal.offset()
    }
}
