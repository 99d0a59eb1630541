//! Reading a stream through a consumer group.

use super::shared_effects::Effects;
use super::shared_read::{self, From, Request};
use super::{shared_entry, shared_id};
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event};
use engine_types::stream::{Entries, Group};
use engine_types::{Stream, StreamId};
use proto_resp::Reply;

pub(crate) const CREATED_CONSUMER: Event = Event::new(Class::Stream, "xgroup-createconsumer");

/// Writes a stream's name and what its consumer gets; false, and nothing written, if that is nothing. A consumer
/// who is new is made, even so.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn read(
    cx: &mut Cx<'_>,
    request: &Request<'_>,
    key: &[u8],
    from: From,
) -> Result<bool, Error> {
    let Some((group, consumer)) = request.group else {
        return Ok(false);
    };
    let mut effects = Effects::new(cx, key, group);
    let now_ms = cx.now_ms();
    let start = cx.out.len();
    shared_read::write_key(cx, key);
    let out = &mut cx.out;
    let served = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        stream.edit_group(group, |entries, group| {
            let created = group.create_consumer(consumer, now_ms);
            group.note_seen(consumer, now_ms);
            let mut delivery = Delivery {
                consumer,
                now_ms,
                count: request.count,
                noack: request.noack,
                out,
                effects: &mut effects,
            };
            if created && (request.noack || !delivery.is_claimed(entries, group, from)) {
                delivery.effects.create_consumer(consumer);
            }
            let served = match from {
                From::Undelivered => delivery.give_new(entries, group),
                From::Behind(id) => {
                    delivery.give_again(entries, group, id);
                    true
                }
            };
            let event = created.then_some(CREATED_CONSUMER);
            change.note_beside(usize::from(created || served), event);
            served
        })
    })?;
    let served = served.flatten().unwrap_or(false);
    if !served {
        cx.out.truncate(start);
    }
    effects.write(cx);
    Ok(served)
}

/// Entries on their way to a consumer.
struct Delivery<'d, 'e, 'o> {
    consumer: &'d [u8],
    now_ms: i64,
    count: usize,
    noack: bool,
    out: &'d mut Reply<'o>,
    effects: &'d mut Effects<'e>,
}

impl Delivery<'_, '_, '_> {
    /// Whether replicas will hear of the consumer by an entry that it gets.
    fn is_claimed(&self, entries: &Entries, group: &Group, from: From) -> bool {
        from == From::Undelivered && undelivered(entries, group).is_some()
    }

    /// Writes what no consumer has been given; false if there is nothing.
    fn give_new(&mut self, entries: &Entries, group: &mut Group) -> bool {
        let Some(start) = undelivered(entries, group) else {
            return false;
        };
        let mark = self.out.begin();
        let mut given = 0;
        for entry in entries.range(start, StreamId::MAX) {
            group.advance(entries, entry.id());
            shared_entry::write(self.out, &entry);
            if !self.noack {
                // Another consumer may have it, if the group was set back.
                group.assign(entry.id(), self.consumer, self.now_ms, 1);
                self.effects.claim(group, entry.id());
            }
            given += 1;
            if given == self.count {
                break;
            }
        }
        self.out.end_array(mark, given);
        if !self.noack {
            group.note_active(self.consumer, self.now_ms);
        }
        self.effects.position(group);
        true
    }

    /// Writes what the consumer was given and has not acknowledged, behind an ID: the name of an entry that is gone
    /// comes with null.
    fn give_again(&mut self, entries: &Entries, group: &mut Group, id: StreamId) {
        let most = if self.count == 0 {
            usize::MAX
        } else {
            self.count
        };
        let consumer = group.consumer(self.consumer);
        let ids: Vec<StreamId> = match (consumer, id.next()) {
            (Some(consumer), Some(start)) => consumer.pending_from(start).take(most).collect(),
            _ => Vec::new(),
        };
        self.out.array(ids.len());
        for id in ids {
            if let Some(entry) = entries.get(id) {
                shared_entry::write(self.out, &entry);
                group.note_delivery(id, self.now_ms);
            } else {
                self.out.array(2);
                shared_id::bulk(self.out, id);
                self.out.null_array();
            }
        }
    }
}

/// Where to begin for what no consumer of the group has been given; `None` if there is nothing.
fn undelivered(entries: &Entries, group: &Group) -> Option<StreamId> {
    let start = group.last_id().next()?;
    if entries.last_id() < start {
        return None;
    }
    entries.range(start, StreamId::MAX).next()?;
    Some(start)
}
