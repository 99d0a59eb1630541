//! What XINFO tells.

use super::{shared_entry, shared_id};
use engine_types::stream::{Consumer, ENTRIES_READ_UNKNOWN, Entries, Entry, Group};
use engine_types::{Stream, StreamId};
use proto_resp::Reply;

/// Who writes it.
pub(crate) struct Teller<'o> {
    pub out: Reply<'o>,
    pub now_ms: i64,
    /// Whether consumers tell when they last got something.
    pub activity: bool,
}

impl Teller<'_> {
    fn int(&mut self, name: &str, n: i64) {
        self.out.bulk(name.as_bytes());
        self.out.int(n);
    }

    fn int_or_null(&mut self, name: &str, n: Option<i64>) {
        self.out.bulk(name.as_bytes());
        match n {
            Some(n) => self.out.int(n),
            None => self.out.null(),
        }
    }

    fn id(&mut self, name: &str, id: StreamId) {
        self.out.bulk(name.as_bytes());
        shared_id::bulk(&mut self.out, id);
    }

    fn text(&mut self, name: &str, text: &[u8]) {
        self.out.bulk(name.as_bytes());
        self.out.bulk(text);
    }

    fn entry(&mut self, name: &str, entry: Option<Entry<'_>>) {
        self.out.bulk(name.as_bytes());
        match entry {
            Some(entry) => shared_entry::write(&mut self.out, &entry),
            None => self.out.null(),
        }
    }

    /// Most items of a list; 0 for all.
    fn limit(count: usize) -> usize {
        if count == 0 { usize::MAX } else { count }
    }
}

fn counters(teller: &mut Teller<'_>, entries: &Entries) {
    teller.int("length", entries.len() as i64);
    teller.int("radix-tree-keys", entries.nodes_len() as i64);
    teller.int("radix-tree-nodes", entries.tree_nodes_len() as i64);
    teller.id("last-generated-id", entries.last_id());
    teller.id("max-deleted-entry-id", entries.max_deleted_id());
    teller.int("entries-added", entries.added() as i64);
    teller.id("recorded-first-entry-id", entries.first_id());
}

/// XINFO STREAM.
pub(crate) fn stream(teller: &mut Teller<'_>, stream: &Stream) {
    let entries = stream.entries();
    teller.out.map(10);
    counters(teller, entries);
    teller.int("groups", stream.groups_len() as i64);
    let (first, last) = (StreamId::MIN, StreamId::MAX);
    teller.entry("first-entry", entries.range(first, last).next());
    teller.entry("last-entry", entries.range_back(first, last).next());
}

/// XINFO STREAM FULL: at most `count` of each list, all if that is 0.
pub(crate) fn stream_in_full(teller: &mut Teller<'_>, stream: &Stream, count: usize) {
    let entries = stream.entries();
    teller.out.map(9);
    counters(teller, entries);
    teller.out.bulk(b"entries");
    let all = entries.range(StreamId::MIN, StreamId::MAX);
    shared_entry::write_all(&mut teller.out, all, count);
    teller.out.bulk(b"groups");
    teller.out.array(stream.groups_len());
    for group in stream.groups() {
        group_in_full(teller, entries, group, count);
    }
}

/// How far a group has read.
fn position(teller: &mut Teller<'_>, entries: &Entries, group: &Group) {
    teller.id("last-delivered-id", group.last_id());
    let read = Some(group.entries_read()).filter(|read| *read != ENTRIES_READ_UNKNOWN);
    teller.int_or_null("entries-read", read);
    teller.int_or_null("lag", group.lag(entries));
}

fn group_in_full(teller: &mut Teller<'_>, entries: &Entries, group: &Group, count: usize) {
    teller.out.map(7);
    teller.text("name", group.name());
    position(teller, entries, group);
    teller.int("pel-count", group.pending_len() as i64);
    teller.out.bulk(b"pending");
    let most = Teller::limit(count);
    teller.out.array(group.pending_len().min(most));
    for pending in group.pending_from(StreamId::MIN).take(most) {
        teller.out.array(4);
        shared_id::bulk(&mut teller.out, pending.id);
        teller.out.bulk(pending.consumer());
        teller.out.int(pending.delivered_ms);
        teller.out.int(pending.deliveries as i64);
    }
    teller.out.bulk(b"consumers");
    teller.out.array(group.consumers_len());
    for consumer in group.consumers() {
        consumer_in_full(teller, group, consumer, most);
    }
}

fn consumer_in_full(teller: &mut Teller<'_>, group: &Group, consumer: &Consumer, most: usize) {
    teller.out.map(if teller.activity { 5 } else { 4 });
    teller.text("name", consumer.name());
    teller.int("seen-time", consumer.seen_ms);
    if teller.activity {
        teller.int("active-time", consumer.active_ms);
    }
    teller.int("pel-count", consumer.pending_len() as i64);
    teller.out.bulk(b"pending");
    teller.out.array(consumer.pending_len().min(most));
    for id in consumer.pending_from(StreamId::MIN).take(most) {
        let pending = group.pending(id);
        teller.out.array(3);
        shared_id::bulk(&mut teller.out, id);
        teller.out.int(pending.map_or(0, |p| p.delivered_ms));
        teller.out.int(pending.map_or(0, |p| p.deliveries as i64));
    }
}

/// XINFO GROUPS.
pub(crate) fn groups(teller: &mut Teller<'_>, stream: &Stream) {
    teller.out.array(stream.groups_len());
    for group in stream.groups() {
        teller.out.map(6);
        teller.text("name", group.name());
        teller.int("consumers", group.consumers_len() as i64);
        teller.int("pending", group.pending_len() as i64);
        position(teller, stream.entries(), group);
    }
}

/// XINFO CONSUMERS.
pub(crate) fn consumers(teller: &mut Teller<'_>, group: &Group) {
    teller.out.array(group.consumers_len());
    let now_ms = teller.now_ms;
    for consumer in group.consumers() {
        teller.out.map(if teller.activity { 4 } else { 3 });
        teller.text("name", consumer.name());
        teller.int("pending", consumer.pending_len() as i64);
        teller.int("idle", now_ms.saturating_sub(consumer.seen_ms).max(0));
        if teller.activity {
            let inactive_ms = match consumer.active_ms {
                -1 => -1,
                active_ms => now_ms.saturating_sub(active_ms),
            };
            teller.int("inactive", inactive_ms);
        }
    }
}
