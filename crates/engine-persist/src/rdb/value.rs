//! Values: which type byte, and the bytes behind it.

use super::encode::{RdbOut, put_int_string, put_length, put_string};
use super::kind::types;
use super::stream::put_stream;
use engine_types::{Hash, ItemRef, List, Object, Set, ZSet};

/// A value to be written.
#[derive(Debug, Clone, Copy)]
pub enum RdbValue<'a> {
    /// A string.
    Bytes(&'a [u8]),
    /// A string that is a number in canonical form.
    Int(i64),
    /// Any value.
    Object(&'a Object),
}

/// A quicklist node that holds a listpack (1 would be a single large element).
pub(super) const NODE_PACKED: u64 = 2;
/// The time of a field that does not expire, in a hash in which others do.
pub(super) const NO_FIELD_EXPIRY: i64 = -1;

impl RdbValue<'_> {
    /// The type byte that stands before the key: of several forms the one that Redis 7.0 loads.
    pub fn kind(&self) -> u8 {
        match self {
            RdbValue::Bytes(_) | RdbValue::Int(_) | RdbValue::Object(Object::Str(_)) => {
                types::STRING
            }
            RdbValue::Object(Object::List(_)) => types::LIST_QUICKLIST_2,
            RdbValue::Object(Object::Set(set)) if set.as_intset().is_some() => types::SET_INTSET,
            // A packed set has a form of its own only from 7.2 on.
            RdbValue::Object(Object::Set(_)) => types::SET,
            RdbValue::Object(Object::Hash(hash)) if has_times(hash) => types::HASH_2,
            RdbValue::Object(Object::Hash(hash)) if hash.as_listpack().is_some() => {
                types::HASH_LISTPACK
            }
            RdbValue::Object(Object::Hash(_)) => types::HASH,
            RdbValue::Object(Object::ZSet(zset)) if zset.as_listpack().is_some() => {
                types::ZSET_LISTPACK
            }
            RdbValue::Object(Object::ZSet(_)) => types::ZSET_2,
            RdbValue::Object(Object::Stream(_)) => types::STREAM_2,
        }
    }
}

/// Appends a value without its type byte, in the form that [`RdbValue::kind`] names.
pub(super) fn put_value<O: RdbOut + ?Sized>(out: &mut O, value: RdbValue<'_>) {
    match value {
        RdbValue::Bytes(bytes) => put_string(out, bytes),
        RdbValue::Int(n) => put_int_string(out, n),
        RdbValue::Object(Object::Str(text)) => put_string(out, text.as_bytes()),
        RdbValue::Object(Object::List(list)) => put_list(out, list),
        RdbValue::Object(Object::Set(set)) => put_set(out, set),
        RdbValue::Object(Object::Hash(hash)) => put_hash(out, hash),
        RdbValue::Object(Object::ZSet(zset)) => put_zset(out, zset),
        RdbValue::Object(Object::Stream(stream)) => put_stream(out, stream),
    }
}

fn put_list<O: RdbOut + ?Sized>(out: &mut O, list: &List) {
    put_length(out.buf(), list.pieces().count() as u64);
    for piece in list.pieces() {
        put_length(out.buf(), NODE_PACKED);
        put_string(out, piece.as_bytes());
    }
}

fn put_set<O: RdbOut + ?Sized>(out: &mut O, set: &Set) {
    if let Some(ints) = set.as_intset() {
        return put_string(out, ints.as_bytes());
    }
    put_length(out.buf(), set.len() as u64);
    for member in set.iter() {
        put_item(out, member);
    }
}

/// Whether fields expire: then no form of Redis 7.0 holds the value.
fn has_times(hash: &Hash) -> bool {
    hash.earliest_field_expiry().is_some()
}

/// Field, value and expiry in turn.
fn put_timed_hash<O: RdbOut + ?Sized>(out: &mut O, hash: &Hash) {
    put_length(out.buf(), hash.len() as u64);
    for (field, value) in hash.iter() {
        put_item(out, field);
        put_item(out, value);
        let at = hash.field_expiry(&field.to_vec());
        let at = at.unwrap_or(NO_FIELD_EXPIRY);
        out.buf().extend_from_slice(&at.to_le_bytes());
    }
}

fn put_hash<O: RdbOut + ?Sized>(out: &mut O, hash: &Hash) {
    if has_times(hash) {
        return put_timed_hash(out, hash);
    }
    if let Some(pack) = hash.as_listpack() {
        return put_string(out, pack.as_bytes());
    }
    put_length(out.buf(), hash.len() as u64);
    for (field, value) in hash.iter() {
        put_item(out, field);
        put_item(out, value);
    }
}

/// Members go from the highest down: whoever inserts them in this order inserts at the head of a
/// skip list, which is why Redis does so.
fn put_zset<O: RdbOut + ?Sized>(out: &mut O, zset: &ZSet) {
    if let Some(pack) = zset.as_listpack() {
        return put_string(out, pack.as_bytes());
    }
    put_length(out.buf(), zset.len() as u64);
    for (member, score) in zset.iter().rev() {
        put_item(out, member);
        out.buf().extend_from_slice(&score.to_le_bytes());
    }
}

fn put_item<O: RdbOut + ?Sized>(out: &mut O, item: ItemRef<'_>) {
    match item {
        ItemRef::Int(n) => put_int_string(out, n),
        ItemRef::Bytes(bytes) => put_string(out, bytes),
    }
}
