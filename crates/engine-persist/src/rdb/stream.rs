//! Streams: nodes as they lie in memory, then the counters, then groups with their consumers.
//!
//! ```text
//! nodes:len (id:string listpack:string)*  length:len  last-id:2 len
//!   first-id:2 len  max-deleted-id:2 len  entries-added:len                 from STREAM_2 on
//! groups:len group*
//! group     name:string  last-id:2 len  [entries-read:len]  pending  consumers:len consumer*
//! pending   count:len (id:16 bytes  delivered:i64 le  deliveries:len)*
//! consumer  name:string  seen:i64 le  [active:i64 le, from STREAM_3 on]  count:len (id:16 bytes)*
//! ```

use super::encode::{RdbOut, put_length, put_string};
use super::error::RdbError;
use super::kind::types;
use super::legacy::Malformed;
use super::read::Source;
use engine_types::stream::{Consumer, Group};
use engine_types::{Listpack, Stream, StreamId};
use std::collections::BTreeMap;
use std::io::Read;

/// Appends a stream in the form of [`types::STREAM_2`].
pub(super) fn put_stream<O: RdbOut + ?Sized>(out: &mut O, stream: &Stream) {
    let entries = stream.entries();
    put_length(out.buf(), entries.nodes_len() as u64);
    for (id, pack) in entries.nodes() {
        put_string(out, &id.to_bytes());
        put_string(out, pack.as_bytes());
    }
    put_length(out.buf(), entries.len() as u64);
    put_id(out, entries.last_id());
    put_id(out, entries.first_id());
    put_id(out, entries.max_deleted_id());
    put_length(out.buf(), entries.added());
    put_length(out.buf(), stream.groups_len() as u64);
    for group in stream.groups() {
        put_group(out, group);
    }
}

fn put_id<O: RdbOut + ?Sized>(out: &mut O, id: StreamId) {
    put_length(out.buf(), id.ms);
    put_length(out.buf(), id.seq);
}

fn put_group<O: RdbOut + ?Sized>(out: &mut O, group: &Group) {
    put_string(out, group.name());
    put_id(out, group.last_id());
    put_length(out.buf(), group.entries_read() as u64);
    put_length(out.buf(), group.pending_len() as u64);
    for pending in group.pending_from(StreamId::MIN) {
        let buf = out.buf();
        buf.extend_from_slice(&pending.id.to_bytes());
        buf.extend_from_slice(&pending.delivered_ms.to_le_bytes());
        put_length(buf, pending.deliveries);
        out.element_done();
    }
    put_length(out.buf(), group.consumers_len() as u64);
    for consumer in group.consumers() {
        put_consumer(out, consumer);
    }
}

fn put_consumer<O: RdbOut + ?Sized>(out: &mut O, consumer: &Consumer) {
    put_string(out, consumer.name());
    out.buf().extend_from_slice(&consumer.seen_ms.to_le_bytes());
    put_length(out.buf(), consumer.pending_len() as u64);
    for id in consumer.pending_from(StreamId::MIN) {
        out.buf().extend_from_slice(&id.to_bytes());
        out.element_done();
    }
}

/// Reads a stream of any of the three types. All of it is checked: nodes entry by entry, and that
/// what is pending for a group is pending for one of its consumers.
pub(super) fn load_stream<R: Read>(source: &mut Source<R>, kind: u8) -> Result<Stream, RdbError> {
    let mut stream = Stream::new();
    for _ in 0..source.length()? {
        let id = source.string()?;
        let Ok(id) = id.try_into() else {
            return Err(source.corrupt("a stream node's ID is not 16 bytes long"));
        };
        let pack = Listpack::from_bytes(source.string()?).map_err(|_| Malformed("listpack"))?;
        stream
            .push_node(StreamId::from_bytes(id), pack)
            .map_err(|_| Malformed("stream node"))?;
    }
    if source.length()? != stream.len() as u64 {
        return Err(source.corrupt("a stream's length is not that of its nodes"));
    }
    let last_id = load_id(source)?;
    if stream.entries().last_present_id() > Some(last_id) {
        return Err(source.corrupt("a stream's last ID is smaller than an entry's"));
    }
    let (mut max_deleted_id, mut added) = (StreamId::MIN, stream.len() as u64);
    if kind >= types::STREAM_2 {
        // The first entry's ID is known already.
        load_id(source)?;
        max_deleted_id = load_id(source)?;
        added = source.length()?;
    }
    stream.set_counters(last_id, Some(added), Some(max_deleted_id));
    for _ in 0..source.length()? {
        let group = load_group(source, kind, &stream)?;
        if !stream.add_group(group) {
            return Err(source.corrupt("a stream holds a group twice"));
        }
    }
    Ok(stream)
}

fn load_id<R: Read>(source: &mut Source<R>) -> Result<StreamId, RdbError> {
    Ok(StreamId::new(source.length()?, source.length()?))
}

fn load_raw_id<R: Read>(source: &mut Source<R>) -> Result<StreamId, RdbError> {
    source.array().map(StreamId::from_bytes)
}

fn load_group<R: Read>(
    source: &mut Source<R>,
    kind: u8,
    stream: &Stream,
) -> Result<Group, RdbError> {
    let name = source.string()?;
    let last_id = load_id(source)?;
    let entries_read = match kind {
        types::STREAM => stream.entries().count_up_to(last_id).unwrap_or(-1),
        _ => source.length()? as i64,
    };
    let mut group = Group::new(&name, last_id, entries_read);
    let mut pending = BTreeMap::new();
    for _ in 0..source.length()? {
        let id = load_raw_id(source)?;
        let delivered_ms = source.array().map(i64::from_le_bytes)?;
        let deliveries = source.length()?;
        if pending.insert(id, (delivered_ms, deliveries)).is_some() {
            return Err(source.corrupt("an entry is pending twice in a group"));
        }
    }
    for _ in 0..source.length()? {
        let name = source.string()?;
        let seen_ms = source.array().map(i64::from_le_bytes)?;
        let active_ms = match kind {
            types::STREAM_3 => source.array().map(i64::from_le_bytes)?,
            // The best there is.
            _ => seen_ms,
        };
        if !group.create_consumer(&name, seen_ms) {
            return Err(source.corrupt("a group holds a consumer twice"));
        }
        group.set_times(&name, seen_ms, active_ms);
        for _ in 0..source.length()? {
            let id = load_raw_id(source)?;
            let Some((delivered_ms, deliveries)) = pending.remove(&id) else {
                return Err(source.corrupt("an entry is pending for a consumer but not the group"));
            };
            group.assign(id, &name, delivered_ms, deliveries);
        }
    }
    if pending.is_empty() {
        Ok(group)
    } else {
        Err(source.corrupt("an entry is pending for no consumer"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Loaded, RdbValue, dump_payload, restore_payload};
    use super::*;
    use engine_types::{Limits, Object};
    use proptest::prelude::*;

    fn sample() -> Stream {
        let mut stream = Stream::new();
        let limits = Limits::default();
        for n in 1..=250u64 {
            let fields: &[&[u8]] = &[b"n", b"1", b"text", b"some text"];
            let width = if n % 7 == 0 { 2 } else { 4 };
            stream.append(StreamId::new(n / 3 + 5, n), &fields[..width], &limits);
        }
        stream.delete(StreamId::new(5, 2));
        for name in [b"one", b"two"] {
            let mut group = Group::new(name, StreamId::new(9, 12), -1);
            group.create_consumer(b"alice", 1000);
            group.create_consumer(b"bob", 2000);
            for n in 1..9 {
                let who: &[u8] = if n % 3 == 0 { b"alice" } else { b"bob" };
                group.assign(StreamId::new(6, n), who, 5000 + n as i64, n);
            }
            stream.add_group(group);
        }
        stream
    }

    fn restored(payload: &[u8]) -> Option<Stream> {
        match restore_payload(payload, &Limits::default()).ok()? {
            Loaded::Object(Object::Stream(stream)) => Some(stream),
            _ => None,
        }
    }

    fn payload(stream: &Stream) -> Vec<u8> {
        dump_payload(RdbValue::Object(&Object::Stream(stream.clone())))
    }

    #[test]
    fn comes_back_as_it_was() {
        let bytes = payload(&sample());
        let back = restored(&bytes).expect("own bytes");
        assert_eq!(payload(&back), bytes);
        assert_eq!(back.len(), 249);
        let group = back.group(b"two").expect("a group");
        assert_eq!(
            group.pending(StreamId::new(6, 3)).map(|p| p.deliveries),
            Some(3)
        );
        let empty = restored(&payload(&Stream::new())).expect("an empty stream is one");
        assert!(empty.is_empty());
    }

    /// The value with some byte changed and the checksum made right again.
    fn sealed(mut body: Vec<u8>) -> Vec<u8> {
        let crc = super::super::crc64::crc64(0, &body);
        body.extend_from_slice(&crc.to_le_bytes());
        body
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn hostile_payloads_never_panic(at in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut bytes = payload(&sample());
            bytes.truncate(bytes.len() - 8);
            let at = at % (bytes.len() - 2);
            bytes[at] = byte;
            if cut {
                bytes.drain(at..bytes.len() - 2);
            }
            if let Some(mut stream) = restored(&sealed(bytes)) {
                let entries = stream.entries();
                let forward = entries.range(StreamId::MIN, StreamId::MAX).count();
                prop_assert_eq!(forward, entries.len());
                let back = entries.range_back(StreamId::MIN, StreamId::MAX).count();
                prop_assert_eq!(back, forward);
                stream.trim(engine_types::stream::Trim::ToLen(3), false, 0);
                prop_assert!(restored(&payload(&stream)).is_some());
            }
        }
    }
}
