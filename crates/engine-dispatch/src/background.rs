//! Units that no client asked for: removal of keys that are due, and eviction.

use crate::client::{Client, ClientInfo, Endpoint};
use crate::cx::Cx;
use crate::execute::finish;
use crate::keys::Keys;
use crate::server::Server;
use crate::worker::Worker;
use engine_keyspace::SlotId;
use proto_resp::Reply;
use std::sync::Arc;

/// Runs `f` as a unit of its own that holds one slot; `None` if the slot is not to be had at this moment.
pub(crate) fn in_slot<R>(
    server: &'static Server,
    worker: &mut Worker,
    id: SlotId,
    f: impl FnOnce(&mut Keys) -> R,
) -> Option<R> {
    let random = worker.random.clone();
    let index = worker.index;
    let mut client = worker.background.take().unwrap_or_else(|| {
        Box::new(Client::new(
            Arc::new(ClientInfo::default()),
            Endpoint::Node,
            true,
        ))
    });
    let mut keys = Keys::new(server, worker, id.db(), false);
    let result = lock(&mut keys, id).then(|| {
        keys.take_role(false);
        f(&mut keys)
    });
    let mut out = Vec::new();
    let out = Reply::new(&mut out, client.version);
    let mut cx = Cx::of_node(keys, &mut client, out, random, index);
    finish(&mut cx);
    let Cx { db, random, .. } = cx;
    worker.end_unit(db, random);
    worker.background = Some(client);
    result
}

/// Locks the slot if it is free. Removing a key may serve someone who waits for its removal and needs other slots:
/// then the token must be free, too. Otherwise
/// nothing is held.
pub(crate) fn lock(keys: &mut Keys, id: SlotId) -> bool {
    if !keys.unit.try_lock(id) {
        return false;
    }
    if !keys.has_wide_waiters(&[id], false) {
        return true;
    }
    keys.unit.release();
    if keys.unit.take_token().is_ok() && keys.unit.try_lock(id) {
        return true;
    }
    keys.unit.release();
    false
}
