//! Blocked clients: registration, service, release.
//!
//! Waiters stand per key, first come, first served. They are served at the end of the unit that made their key
//! ready, before its locks drop, by running their command again; one claim decides between service and release.

use crate::acl;
use crate::client::{Blocked, Client};
use crate::command::{Group, key_positions};
use crate::cx::{BlockRequest, Cx, count_error};
use crate::execute::journal;
use crate::inbox::Message;
use crate::server::Server;
use crate::tracking::Served;
use crate::transaction::lock_patiently;
use engine_keyspace::slot::{SlotData, WAITED, WAITED_REMOVAL, WAITED_WIDE};
use engine_keyspace::{Claim, EntryRef, SlotId, Unit, Value, Waiter, slot_of};
use engine_types::Kind;
use proto_resp::Reply;
use std::cell::RefCell;
use std::sync::Arc;

/// Puts the client into the queues of its keys; all their slots are held.
pub(crate) fn register(cx: &mut Cx<'_>, request: BlockRequest, args: &[&[u8]]) {
    let mut first = None;
    let mut wide = false;
    key_positions(cx.command.command.keys, args, |at, _| {
        let slot = slot_of(args[at]);
        wide |= *first.get_or_insert(slot) != slot;
    });
    let waiter = Arc::new(Waiter {
        claim: Claim::default(),
        thread: cx.client.info.thread,
        session: cx.client.info.id,
        db: cx.db.db,
        argv: match request.argv {
            Some(argv) => argv,
            None => args.iter().map(|a| Box::from(*a)).collect(),
        },
        command: cx.command.id,
        resp3: cx.out.resp3(),
        wide,
        wants_removal: request.wants_removal,
    });
    for key in request.keys {
        let id = SlotId::new(cx.db.db, slot_of(&key));
        let data = cx.db.unit.data_mut(id);
        data.interest |= interest_of(&waiter);
        let queue = data.extra_mut().waiting.entry(key).or_default();
        // A key that is named twice finds the waiter where it has just been put.
        if !queue.back().is_some_and(|w| Arc::ptr_eq(w, &waiter)) {
            queue.push_back(waiter.clone());
        }
    }
    let deadline_ms =
        (request.timeout_ms > 0).then(|| cx.now_ms().saturating_add(request.timeout_ms));
    cx.client.blocked = Some(Blocked::Keys {
        waiter,
        deadline_ms,
        null: request.null,
    });
}

/// Serves those who wait for the keys that this unit made ready, until none is ready any more.
pub(crate) fn serve(cx: &mut Cx<'_>) {
    // The unit is over, and with it its standstill of time: what it made ready may have expired while it ran.
    cx.db.now_ms = cx.db.now_ms.max(crate::server::now_ms());
    let mut at = 0;
    while at < cx.db.ready.len() {
        let (id, key) = cx.db.ready[at].clone();
        at += 1;
        let hash = cx.server.keyspace.hasher.hash(&key);
        if cx.db.purge(id, hash, &key) {
            journal(&mut cx.db);
        }
        serve_key(cx, id, &key);
    }
    cx.db.ready.clear();
}

fn serve_key(cx: &mut Cx<'_>, id: SlotId, key: &[u8]) {
    let mut at = 0;
    loop {
        let kind = cx.db.peek_in(id.db(), key).map(EntryRef::value);
        let kind = kind.and_then(|value| match value {
            Value::Object(object) => Some(object.kind()),
            _ => None,
        });
        let data = cx.db.unit.data(id);
        if kind.is_none() && data.interest & WAITED_REMOVAL == 0 {
            return;
        }
        let queue = data.extra().and_then(|extra| extra.waiting.get(key));
        let Some(waiter) = queue.and_then(|queue| queue.get(at)).cloned() else {
            return;
        };
        if waiter.claim.is_done() {
            leave(cx.db.unit.data_mut(id), key, &waiter);
            continue;
        }
        at += 1;
        let group = cx.server.table.by_id(waiter.command).command.group;
        let wanted = waiter.wants_removal || kind.is_some_and(|kind| waits_for(group, kind));
        if !wanted || !waiter.claim.take() {
            continue;
        }
        cx.db.served = Some(Served {
            session: waiter.session,
            told: RefCell::default(),
        });
        let bytes = run_again(cx, &waiter);
        let told = cx.db.served.take().map(|s| s.told.into_inner());
        let Some(bytes) = bytes else {
            waiter.claim.give_back();
            continue;
        };
        let offset = journal(&mut cx.db).unwrap_or_else(|| cx.server.journal.offset());
        waiter.claim.finish();
        leave_held(cx, &waiter);
        at -= 1;
        let reply = Message::Reply {
            session: waiter.session,
            bytes,
            offset,
        };
        cx.server.tell(waiter.thread, reply);
        if let Some(told) = told.filter(|told| !told.is_empty()) {
            let (session, bytes) = (waiter.session, told.into());
            cx.server
                .tell(waiter.thread, Message::Push { session, bytes });
        }
    }
}

/// Whether a command of this group can be served by a value of this kind: a key of another type lets its waiters
/// wait on.
fn waits_for(group: Group, kind: Kind) -> bool {
    match group {
        Group::List => kind == Kind::List,
        Group::SortedSet => kind == Kind::ZSet,
        Group::Stream => kind == Kind::Stream,
        _ => true,
    }
}

/// Runs a waiter's command in this unit; `None` if it would block again.
fn run_again(cx: &mut Cx<'_>, waiter: &Waiter) -> Option<Vec<u8>> {
    let command = cx.server.table.by_id(waiter.command);
    let args: Vec<&[u8]> = waiter.argv.iter().map(|a| &**a).collect();
    let mut client = Client::for_waiter(waiter);
    let mut bytes = Vec::new();
    let blocked = {
        // The unit's keys move into a context of the waiter's for as long as its command runs.
        let db = cx.db.db;
        cx.db.db = waiter.db;
        cx.db.forget_plan();
        key_positions(command.command.keys, &args, |at, _| {
            let (id, hash) = cx.db.locate_in(waiter.db, args[at]);
            if !cx.db.unit.holds(id) {
                cx.db.unit.lock_more(id);
            }
            cx.db.plan(args[at], id, hash);
        });
        cx.db.purge_planned();
        let blocked = cx.lend(&mut client, &mut bytes, |lent| {
            let now = lent.now_ms();
            let allowed = acl::admit_waiter(lent.server, lent.client, command, &args, now);
            if let Err(error) = allowed {
                count_error(lent.server, &error);
                lent.out.error(error.text());
                return false;
            }
            lent.call(command, &args);
            lent.block.take().is_some()
        });
        cx.db.db = db;
        cx.db.forget_plan();
        blocked
    };
    (!blocked).then_some(bytes)
}

/// The interest that a waiter has in its keys' slots.
fn interest_of(waiter: &Waiter) -> u8 {
    let wide = if waiter.wide { WAITED_WIDE } else { 0 };
    let removal = if waiter.wants_removal {
        WAITED_REMOVAL
    } else {
        0
    };
    WAITED | wide | removal
}

/// Takes an answered waiter out of a key's queue, and the queue away with the last.
fn leave(data: &mut SlotData, key: &[u8], waiter: &Waiter) {
    if data.interest & WAITED == 0 {
        return;
    }
    let waiting = &mut data.extra_mut().waiting;
    let Some(queue) = waiting.get_mut(key) else {
        return;
    };
    // Whoever is served or times out stands at or near the front, nearly always.
    if let Some(at) = queue
        .iter()
        .position(|w| std::ptr::eq(&raw const **w, waiter))
    {
        queue.remove(at);
    }
    if queue.is_empty() {
        waiting.remove(key);
    }
    if waiting.is_empty() {
        data.interest &= !(WAITED | WAITED_WIDE | WAITED_REMOVAL);
    } else if interest_of(waiter) != WAITED {
        let left = waiting.values().flatten();
        let left = left.fold(WAITED, |interest, w| interest | interest_of(w));
        data.interest &= !(WAITED_WIDE | WAITED_REMOVAL);
        data.interest |= left;
    }
}

/// Takes a served waiter out of the queues of all its keys, whose slots are held.
fn leave_held(cx: &mut Cx<'_>, waiter: &Waiter) {
    let command = cx.server.table.by_id(waiter.command);
    let args: Vec<&[u8]> = waiter.argv.iter().map(|a| &**a).collect();
    key_positions(command.command.keys, &args, |at, _| {
        let id = SlotId::new(waiter.db, slot_of(args[at]));
        leave(cx.db.unit.data_mut(id), args[at], waiter);
    });
}

/// How a blocked client is released without being served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release<'t> {
    /// Its time is over, or CLIENT UNBLOCK TIMEOUT.
    TimedOut,
    /// With this error.
    Error(&'t str),
    /// Its connection ends: nothing is written.
    Gone,
}

/// Releases a blocked client; false if it has been answered, whose reply is then on its way. The caller holds
/// nothing.
pub fn release(
    server: &'static Server,
    client: &mut Client,
    how: Release<'_>,
    out: &mut Vec<u8>,
) -> bool {
    match client.blocked.take() {
        None => false,
        Some(Blocked::Work) => {
            if how != Release::Gone {
                client.blocked = Some(Blocked::Work);
            }
            how == Release::Gone
        }
        Some(Blocked::Acks {
            ticket,
            deadline_ms,
        }) => {
            if !server.acks.cancel(ticket) {
                client.blocked = Some(Blocked::Acks {
                    ticket,
                    deadline_ms,
                });
                return false;
            }
            match how {
                Release::TimedOut => {
                    let have = server.replicas_at(client.last_write);
                    Reply::new(out, client.version).int(have as i64);
                }
                Release::Error(text) => Reply::new(out, client.version).error(text),
                Release::Gone => {}
            }
            true
        }
        Some(Blocked::Keys {
            waiter,
            deadline_ms,
            null,
        }) => {
            if !waiter.claim.take() {
                if how == Release::Gone {
                    // Being served at this moment; if it would block again after all it must not wait on.
                    waiter.claim.finish();
                    return true;
                }
                client.blocked = Some(Blocked::Keys {
                    waiter,
                    deadline_ms,
                    null,
                });
                return false;
            }
            waiter.claim.finish();
            match how {
                Release::TimedOut => out.extend_from_slice(null),
                Release::Error(text) => Reply::new(out, client.version).error(text),
                Release::Gone => {}
            }
            leave_queues(server, &waiter);
            true
        }
    }
}

/// Takes a released waiter out of its queues, so that they do not grow with every time-out.
fn leave_queues(server: &'static Server, waiter: &Waiter) {
    let command = server.table.by_id(waiter.command);
    let args: Vec<&[u8]> = waiter.argv.iter().map(|a| &**a).collect();
    key_positions(command.command.keys, &args, |at, _| {
        let id = SlotId::new(waiter.db, slot_of(args[at]));
        let mut unit = Unit::new(&server.keyspace);
        // A slot held by a long unit keeps the record, which its next service drops.
        if lock_patiently(&mut unit, id) {
            leave(unit.data_mut(id), args[at], waiter);
        }
    });
}
