//! Notes of who has read a key, and telling them that it has changed.

use super::{Mode, Receiver};
use crate::client::ClientInfo;
use crate::command::{Command, Flags, Group, key_positions};
use crate::cx::Cx;
use crate::dialect;
use crate::inbox::Message;
use crate::keys::Keys;
use crate::pubsub::{Frame, Publisher, Pushes};
use crate::server::Server;
use crate::table::Registered;
use engine_keyspace::slot::{SlotData, TRACKED};
use engine_keyspace::{SlotId, Unit};
use proto_resp::{Reply, Version};
use std::sync::atomic::Ordering;

/// Keys forgotten in one go where more are noted than may be.
const EFFORT: usize = 100;

/// Writes that these keys (an array), or all keys, are copied in vain: as a push, or to RESP2 clients that listen and
/// that another client's messages are redirected to, as a message.
pub fn write_invalidation(
    out: &mut Vec<u8>,
    receiver: Receiver,
    redirected: bool,
    keys: Option<&Frame>,
) {
    let mut reply = Reply::new(out, receiver.version);
    if receiver.version == Version::Resp3 {
        reply.push(2);
        reply.bulk(b"invalidate");
    } else if redirected && receiver.listens {
        reply.array(3);
        reply.bulk(b"message");
        reply.bulk(b"__redis__:invalidate");
    } else {
        return;
    }
    match keys {
        Some(keys) => reply.raw(keys),
        None => reply.null(),
    }
}

pub(super) fn array<'k>(keys: impl ExactSizeIterator<Item = &'k [u8]>) -> Frame {
    let mut bytes = Vec::new();
    let mut reply = Reply::new(&mut bytes, Version::Resp2);
    reply.array(keys.len());
    keys.for_each(|key| reply.bulk(key));
    bytes.into()
}

/// Sends an invalidation on its way to a tracked client, or to whom its messages are redirected.
pub(super) fn deliver(
    server: &Server,
    info: &ClientInfo,
    keys: Option<&Frame>,
    own: Option<(Publisher, &mut Pushes)>,
) {
    let redirect = info.redirect.load(Ordering::Relaxed);
    let mut target = (info.thread, info.id);
    if redirect != 0 {
        match server.clients.get(redirect) {
            Some(other) => target = (other.thread, other.id),
            None => return redirect_is_broken(server, info, redirect),
        }
    }
    let redirected = redirect != 0;
    if let Some((publisher, pushes)) = own
        && publisher.session == target.1
    {
        pushes.pull(server, publisher);
        write_invalidation(&mut pushes.after, publisher.receiver, redirected, keys);
        return;
    }
    let message = Message::Invalidate {
        session: target.1,
        redirected,
        keys: keys.cloned(),
    };
    server.tell(target.0, message);
}

#[cold]
fn redirect_is_broken(server: &Server, info: &ClientInfo, redirect: u64) {
    info.tracking
        .fetch_or(Mode::BROKEN_REDIRECT.bits(), Ordering::Relaxed);
    if !info.resp3.load(Ordering::Relaxed) {
        return;
    }
    let mut bytes = Vec::new();
    let mut reply = Reply::new(&mut bytes, Version::Resp3);
    reply.push(2);
    reply.bulk(b"tracking-redir-broken");
    reply.int(redirect as i64);
    let (session, bytes) = (info.id, bytes.into());
    server.tell(info.thread, Message::Push { session, bytes });
}

/// Notes that a tracked client has read the keys of a command, whose slots its unit holds.
pub(crate) fn remember(cx: &mut Cx<'_>, command: &Registered, args: &[&[u8]], in_script: bool) {
    let (mode, caching) = (cx.client.tracking, cx.client.caching);
    let command = command.command;
    if mode.contains(Mode::BCAST)
        || (mode.contains(Mode::OPTIN) && !caching)
        || (mode.contains(Mode::OPTOUT) && caching)
    {
        return;
    }
    if command.group == Group::Scripting {
        if std::mem::take(&mut cx.db.script_has_read) {
            note(cx, command, args);
        }
    } else if command.flags.contains(Flags::READONLY) {
        if in_script && dialect::tracks_declared_keys(cx.server) {
            cx.db.script_has_read = true;
        } else {
            note(cx, command, args);
        }
    }
}

fn note(cx: &mut Cx<'_>, command: &Command, args: &[&[u8]]) {
    let (session, db, tracking) = (cx.client.info.id, cx.db.db, &cx.server.tracking);
    key_positions(command.keys, args, |at, _| {
        let (id, _) = cx.db.locate_in(db, args[at]);
        if !cx.db.unit.holds(id) {
            return;
        }
        let data = cx.db.unit.data_mut(id);
        data.interest |= TRACKED;
        let extra = data.extra_mut();
        if !std::mem::replace(&mut extra.in_tracked_slots, true) {
            tracking.slots.lock().push(id);
        }
        let sessions = match extra.tracked.get_mut(args[at]) {
            Some(sessions) => sessions,
            None => {
                tracking.keys.fetch_add(1, Ordering::Relaxed);
                extra.tracked.entry(args[at].into()).or_default()
            }
        };
        if let Err(place) = sessions.binary_search(&session) {
            sessions.insert(place, session);
            tracking.items.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Takes the note of a key out of its slot.
fn forget(server: &Server, data: &mut SlotData, key: &[u8]) -> Option<Vec<u64>> {
    let extra = data.extra_mut();
    let sessions = extra.tracked.remove(key)?;
    if extra.tracked.is_empty() {
        data.interest &= !TRACKED;
    }
    server.tracking.forget(1, sessions.len());
    Some(sessions)
}

impl Keys {
    /// A key of a slot with notes has changed: tells those who read it.
    pub(crate) fn invalidate(&mut self, id: SlotId, key: &[u8]) {
        let server = self.server;
        let Some(sessions) = forget(server, self.unit.data_mut(id), key) else {
            return;
        };
        let keys = array([key].into_iter());
        for session in sessions {
            let Some(info) = server.clients.get(session) else {
                continue;
            };
            let mode = Mode::from_bits_truncate(info.tracking.load(Ordering::Relaxed));
            let own = self.publisher.is_some_and(|own| own.session == session);
            if !mode.contains(Mode::ON)
                || mode.contains(Mode::BCAST)
                || (own && mode.contains(Mode::NOLOOP))
            {
                continue;
            }
            self.deliver(&info, Some(&keys));
        }
    }

    fn deliver(&self, info: &ClientInfo, keys: Option<&Frame>) {
        if let Some(served) = &self.served
            && served.session == info.id
            && info.redirect.load(Ordering::Relaxed) == 0
        {
            let receiver = Receiver {
                version: if info.resp3.load(Ordering::Relaxed) {
                    Version::Resp3
                } else {
                    Version::Resp2
                },
                listens: info.listens(),
            };
            return write_invalidation(&mut served.told.borrow_mut(), receiver, false, keys);
        }
        let pushes = &mut *self.pushes.borrow_mut();
        let own = self.publisher.map(|own| (own, pushes));
        deliver(self.server, info, keys, own);
    }

    /// Tells all tracked clients that whatever they have copied is out of date (FLUSHDB, FLUSHALL).
    pub fn invalidate_all(&mut self) {
        for info in self.server.clients.all() {
            if info.tracking.load(Ordering::Relaxed) & Mode::ON.bits() != 0 {
                self.deliver(&info, None);
            }
        }
    }

    /// Forgets the notes of a slot whose keys go all at once; their readers are told by [`Self::invalidate_all`].
    pub(crate) fn forget_tracked(&mut self, id: SlotId) {
        let server = self.server;
        let data = self.unit.data_mut(id);
        if data.interest & TRACKED == 0 {
            return;
        }
        data.interest &= !TRACKED;
        let tracked = std::mem::take(&mut data.extra_mut().tracked);
        let items = tracked.values().map(Vec::len).sum();
        server.tracking.forget(tracked.len(), items);
    }

    /// Tells the readers of all noted keys of a slot whose keys are exchanged for others (SWAPDB).
    pub(crate) fn invalidate_slot(&mut self, id: SlotId) {
        let data = self.unit.data(id);
        if data.interest & TRACKED == 0 {
            return;
        }
        let noted = data.extra().into_iter().flat_map(|e| e.tracked.keys());
        let keys: Vec<Box<[u8]>> = noted.cloned().collect();
        keys.iter().for_each(|key| self.invalidate(id, key));
    }
}

/// Forgets some keys where more are noted than `tracking-table-max-keys` allows, and tells their readers as if the
/// keys had changed. The caller holds nothing.
pub fn limit(server: &'static Server) {
    let tracking = &server.tracking;
    let most = server.config.int(params::TRACKING_TABLE_MAX_KEYS);
    let over = |most: i64| most > 0 && tracking.keys() as i64 > most;
    if !over(most) {
        return;
    }
    for n in 0..EFFORT {
        let chosen = {
            let slots = tracking.slots.lock();
            (!slots.is_empty()).then(|| slots[n % slots.len()])
        };
        let Some(id) = chosen.filter(|_| over(most)) else {
            return;
        };
        let mut unit = Unit::new(&server.keyspace);
        if unit.lock(&[id]).is_err() {
            continue;
        }
        let data = unit.data_mut(id);
        let extra = data.extra_mut();
        let Some(key) = extra.tracked.keys().next().cloned() else {
            extra.in_tracked_slots = false;
            tracking.slots.lock().retain(|slot| *slot != id);
            continue;
        };
        let keys = array([&*key].into_iter());
        for session in forget(server, data, &key).into_iter().flatten() {
            if let Some(info) = server.clients.get(session)
                && info.tracking.load(Ordering::Relaxed) & (Mode::ON | Mode::BCAST).bits()
                    == Mode::ON.bits()
            {
                deliver(server, &info, Some(&keys), None);
            }
        }
    }
}
