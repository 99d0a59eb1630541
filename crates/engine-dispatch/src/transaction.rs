//! MULTI, EXEC, DISCARD, WATCH.

use crate::acl;
use crate::client::{Client, Watched};
use crate::command::{Flags, Plan, key_positions};
use crate::cx::{Cx, count_error, fresh_flag};
use crate::error::{Error, Outcome};
use crate::execute::Ids;
use crate::keys::Keys;
use crate::server::Server;
use crate::table::Registered;
use engine_keyspace::slot::{SlotData, WATCHED};
use engine_keyspace::{SlotId, Unit};
use std::sync::atomic::Ordering;

/// Whether a command is carried out although a transaction is open.
pub(crate) fn runs_at_once(command: &Registered) -> bool {
    command.command.plan == Plan::Exec
        || matches!(
            command.command.name,
            "multi" | "discard" | "watch" | "quit" | "reset"
        )
}

/// Whether the open transaction holds a write.
pub(crate) fn writes(client: &Client) -> bool {
    let queue = client.multi.as_ref().map(|m| &m.queue);
    queue.is_some_and(|q| {
        q.iter()
            .any(|c| c.command.command.flags.contains(Flags::WRITE))
    })
}

/// Whether the open transaction holds a command that may not run without memory.
pub(crate) fn takes_memory(client: &Client) -> bool {
    let queue = client.multi.iter().flat_map(|m| &m.queue);
    let mut flags = queue.map(|queued| queued.command.command.flags);
    flags.any(|flags| flags.contains(Flags::DENYOOM))
}

/// What EXEC needs: (the wide token, all slots, the slots of all queued commands and watched keys).
pub(crate) fn plan(keys: &mut Keys, client: &Client) -> (bool, bool, Ids) {
    let mut ids: Ids = client.watched.iter().map(|w| w.id).collect();
    let (mut wide, mut all, mut db) = (false, false, keys.db);
    for queued in client.multi.iter().flat_map(|m| &m.queue) {
        match queued.command.command.plan {
            Plan::Wide => wide = true,
            // A transaction keeps what it visits, and a walk would visit every slot.
            Plan::Visits | Plan::All => all = true,
            Plan::Keys | Plan::Exec => {}
        }
        let args: Vec<&[u8]> = queued.args.iter().map(|a| &**a).collect();
        if queued.command.command.name == "select"
            && let Some(chosen) = args.get(1).and_then(|n| proto_resp::num::parse_i64(n))
            && (0..i64::from(keys.server.keyspace.databases())).contains(&chosen)
        {
            db = chosen as u32;
        }
        key_positions(queued.command.command.keys, &args, |at, _| {
            ids.push(keys.locate_in(db, args[at]).0)
        });
    }
    ids.sort_unstable();
    ids.dedup();
    (wide, all, ids)
}

/// EXEC: runs the queue as one unit.
///
/// # Errors
/// No transaction is open, or a command could not be queued.
pub fn exec(cx: &mut Cx<'_>) -> Outcome {
    let Some(multi) = cx.client.multi.take() else {
        return Err(Error::EXEC_WITHOUT_MULTI);
    };
    let changed = watched_changed(cx);
    forget_held(cx);
    if multi.aborted {
        return Err(Error::EXEC_ABORT);
    }
    if changed {
        cx.out.null_array();
        return Ok(());
    }
    cx.out.array(multi.queue.len());
    cx.no_blocking = true;
    for queued in &multi.queue {
        let args: Vec<&[u8]> = queued.args.iter().map(|a| &**a).collect();
        let now = cx.now_ms();
        let allowed = acl::admit_queued(cx.server, cx.client, queued.command, &args, now);
        if let Err(error) = allowed {
            count_error(cx.server, &error);
            cx.out.error(error.text());
            continue;
        }
        cx.db.forget_plan();
        let specs = queued.command.command.keys;
        let db = cx.db.db;
        key_positions(specs, &args, |at, _| {
            let (id, hash) = cx.db.locate_in(db, args[at]);
            cx.db.plan(args[at], id, hash);
        });
        cx.db.purge_planned();
        cx.call(queued.command, &args);
    }
    cx.no_blocking = false;
    // The queue's effects stand for EXEC's.
    cx.db.rewritten();
    Ok(())
}

fn watched_changed(cx: &mut Cx<'_>) -> bool {
    if cx.client.watched.is_empty() {
        return false;
    }
    let now = cx.now_ms();
    let expired = cx
        .client
        .watched
        .iter()
        .any(|w| !w.expired && is_expired(cx.db.unit.data(w.id), cx.server, &w.key, now));
    expired || cx.client.watch_flag.load(Ordering::Relaxed)
}

fn is_expired(data: &SlotData, server: &'static Server, key: &[u8], now: i64) -> bool {
    let entry = data.get(server.keyspace.hasher.hash(key), key);
    entry
        .and_then(|e| e.expire_at())
        .is_some_and(|at| at <= now)
}

/// WATCH: the keys' slots are held.
///
/// # Errors
/// A transaction is open.
pub fn watch(cx: &mut Cx<'_>, keys: &[&[u8]]) -> Outcome {
    if cx.client.multi.is_some() {
        return Err(Error::WATCH_IN_MULTI);
    }
    for key in keys {
        let (id, _) = cx.db.locate_in(cx.db.db, key);
        if cx
            .client
            .watched
            .iter()
            .any(|w| w.id == id && *w.key == **key)
        {
            continue;
        }
        let expired = is_expired(cx.db.unit.data(id), cx.server, key, cx.db.now_ms);
        let data = cx.db.unit.data_mut(id);
        data.interest |= WATCHED;
        let flags = data.extra_mut().watched.entry(Box::from(*key)).or_default();
        flags.push(cx.client.watch_flag.clone());
        cx.client.watched.push(Watched {
            id,
            key: Box::from(*key),
            expired,
        });
    }
    Ok(())
}

/// Ends WATCH for slots that this unit holds (EXEC).
fn forget_held(cx: &mut Cx<'_>) {
    for watched in std::mem::take(&mut cx.client.watched) {
        forget(cx.db.unit.data_mut(watched.id), &watched.key, cx.client);
    }
    fresh_flag(cx.client);
}

fn forget(data: &mut SlotData, key: &[u8], client: &Client) {
    let extra = data.extra_mut();
    if let Some(flags) = extra.watched.get_mut(key) {
        flags.retain(|flag| !std::sync::Arc::ptr_eq(flag, &client.watch_flag));
        if flags.is_empty() {
            extra.watched.remove(key);
        }
    }
    if extra.watched.is_empty() {
        data.interest &= !WATCHED;
    }
}

/// UNWATCH, also at the end of a connection: takes the client's flag out of all slots. The caller holds nothing.
pub fn unwatch(server: &'static Server, client: &mut Client) {
    for Watched { id, key, .. } in std::mem::take(&mut client.watched) {
        let mut unit = Unit::new(&server.keyspace);
        // A slot held by a long unit keeps a flag that nobody reads any more; its next change drops it.
        if lock_patiently(&mut unit, id) {
            forget(unit.data_mut(id), &key, client);
        }
    }
    fresh_flag(client);
}

pub(crate) fn lock_patiently(unit: &mut Unit<'_>, id: SlotId) -> bool {
    (0..20).any(|_| unit.lock(&[id]).is_ok())
}

/// DISCARD, and the end of a transaction that is not carried out. The caller holds nothing.
pub fn discard(server: &'static Server, client: &mut Client) {
    client.multi = None;
    unwatch(server, client);
}
