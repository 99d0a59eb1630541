//! The active sweep: removes keys whose time has come though nobody asks for them.

use crate::client::{Client, ClientInfo, Endpoint};
use crate::cx::Cx;
use crate::execute::finish;
use crate::keys::Keys;
use crate::server::Server;
use crate::worker::Worker;
use engine_keyspace::{SLOTS, SlotId};
use proto_resp::Reply;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Table words looked at under one hold of a slot's lock.
const BITE_WORDS: usize = 64;

/// Where a thread's sweep stands.
#[derive(Debug, Default)]
pub struct Sweep {
    db: u32,
    slot: usize,
    within: u64,
}

impl Sweep {
    /// Goes on for at most `budget` through this thread's share of the slots (those ≡ thread mod threads); returns
    /// whether keys were found due in a good part of what was looked at, so that it is worth going on soon.
    pub fn run(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        threads: usize,
        budget: Duration,
    ) -> bool {
        let held = server.is_replica() || server.pause.is_on(worker.now_ms);
        if held || !server.active_expire.load(Ordering::Relaxed) {
            return false;
        }
        let start = Instant::now();
        let (mut looked, mut removed) = (0usize, 0usize);
        let mut due = Vec::new();
        for _ in 0..SLOTS {
            let id = SlotId::new(self.db, self.slot as u16);
            if self.slot % threads.max(1) == worker.index % threads.max(1)
                && server.keyspace.existing(id).is_some()
            {
                removed += self.one_slot(server, worker, id, &mut due);
                looked += 1;
                if looked.is_multiple_of(16) && start.elapsed() >= budget {
                    break;
                }
                if self.within != 0 {
                    continue;
                }
            }
            self.next_slot(server);
        }
        removed * 10 > looked
    }

    fn next_slot(&mut self, server: &'static Server) {
        self.within = 0;
        self.slot += 1;
        if self.slot == SLOTS {
            self.slot = 0;
            self.db += 1;
            // Databases without expiring keys and fields are passed over.
            let databases = server.keyspace.databases();
            let nothing = |db| {
                let db = server.keyspace.db(db);
                db.expires.get() == 0 && db.fields_expire.get() == 0
            };
            while self.db < databases && nothing(self.db) {
                self.db += 1;
            }
            if self.db >= databases {
                self.db = 0;
            }
        }
    }

    fn one_slot(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        id: SlotId,
        due: &mut Vec<Box<[u8]>>,
    ) -> usize {
        due.clear();
        let random = worker.random.clone();
        let index = worker.index;
        let now = worker.now_ms;
        let mut keys = Keys::new(server, worker, id.db(), false);
        // Removing a key may serve someone who waits for its removal, in another slot: leave those to units.
        let locked = keys.unit.lock(&[id]).is_ok() && !keys.has_wide_waiters(&[id], false);
        if locked {
            keys.take_role(false);
            keys.unit
                .data_mut(id)
                .due(now, &mut self.within, BITE_WORDS, due);
            for key in due.iter() {
                let hash = server.keyspace.hasher.hash(key);
                keys.purge(id, hash, key);
            }
        }
        let mut client = Client::new(Arc::new(ClientInfo::default()), Endpoint::Node, true);
        let mut out = Vec::new();
        let mut cx = Cx {
            out: Reply::new(&mut out, client.version),
            db: keys,
            client: &mut client,
            server,
            random,
            command: server.table.by_id(0),
            thread: index,
            no_blocking: true,
            in_script: false,
            block: None,
            busy: None,
            again: false,
            stamp: 0,
        };
        finish(&mut cx);
        let Cx { db, random, .. } = cx;
        let (effects, ready) = db.into_buffers();
        worker.give_back(effects, ready, random);
        due.len()
    }
}
