//! Values from RDB bytes, in every form that versions up to the newest write.

use super::error::RdbError;
use super::kind::types;
use super::legacy::{self, Malformed, ziplist, zipmap};
use super::read::{Source, parse_f64};
use super::stream::load_stream;
use super::value::{NO_FIELD_EXPIRY, NODE_PACKED};
use engine_types::{Hash, Intset, ItemRef, Limits, List, Listpack, Object, Set, ZSet};
use std::collections::HashSet;
use std::io::Read;

/// A value that was read.
#[derive(Debug)]
pub enum Loaded {
    /// A string.
    Bytes(Vec<u8>),
    /// A collection with at least one element.
    Object(Object),
}

/// Reads a value of type `kind`; `None` for an empty collection, which Redis leaves out.
pub(super) fn load_value<R: Read>(
    source: &mut Source<R>,
    kind: u8,
    limits: &Limits,
) -> Result<Option<Loaded>, RdbError> {
    let object = match kind {
        types::STRING => return Ok(Some(Loaded::Bytes(source.string()?))),
        types::LIST | types::LIST_ZIPLIST | types::LIST_QUICKLIST | types::LIST_QUICKLIST_2 => {
            Object::List(list(source, kind, limits)?)
        }
        types::SET => Object::Set(set(source, limits)?),
        types::SET_INTSET => {
            let ints = Intset::from_bytes(source.string()?).map_err(|_| Malformed("intset"))?;
            Object::Set(set_of_ints(ints, limits))
        }
        types::SET_LISTPACK => Object::Set(packed_set(listpack(source)?, limits)?),
        types::HASH => Object::Hash(hash(source, limits)?),
        types::HASH_2 => Object::Hash(timed_hash(source, limits)?),
        types::HASH_LISTPACK => Object::Hash(packed_hash(listpack(source)?, limits)?),
        types::HASH_ZIPLIST => {
            let bytes = source.string()?;
            Object::Hash(pairs_to_hash(ziplist(&bytes), "ziplist", limits)?)
        }
        types::HASH_ZIPMAP => {
            let bytes = source.string()?;
            Object::Hash(pairs_to_hash(zipmap(&bytes), "zipmap", limits)?)
        }
        types::ZSET | types::ZSET_2 => Object::ZSet(zset(source, kind, limits)?),
        types::ZSET_LISTPACK => Object::ZSet(packed_zset(listpack(source)?, limits)?),
        types::ZSET_ZIPLIST => {
            let bytes = source.string()?;
            Object::ZSet(pairs_to_zset(ziplist(&bytes), "ziplist", limits)?)
        }
        types::STREAM | types::STREAM_2 | types::STREAM_3 => {
            Object::Stream(load_stream(source, kind)?)
        }
        kind => return Err(RdbError::UnsupportedType { kind }),
    };
    Ok((!object.is_empty()).then_some(Loaded::Object(object)))
}

fn listpack<R: Read>(source: &mut Source<R>) -> Result<Listpack, RdbError> {
    Ok(Listpack::from_bytes(source.string()?).map_err(|_| Malformed("listpack"))?)
}

fn list<R: Read>(source: &mut Source<R>, kind: u8, limits: &Limits) -> Result<List, RdbError> {
    let mut list = List::new();
    let nodes = match kind {
        types::LIST_ZIPLIST => 1,
        _ => source.length()?,
    };
    for _ in 0..nodes {
        match kind {
            types::LIST => list.push_back(&source.string()?, limits),
            types::LIST_QUICKLIST_2 => match source.length()? {
                1 => list.push_back(&source.string()?, limits),
                NODE_PACKED => list.append_listpack(&listpack(source)?, limits),
                _ => return Err(source.corrupt("unknown kind of list node")),
            },
            _ => {
                let bytes = source.string()?;
                for element in ziplist(&bytes) {
                    list.push_back(&element?.to_vec(), limits);
                }
            }
        }
    }
    Ok(list)
}

fn set<R: Read>(source: &mut Source<R>, limits: &Limits) -> Result<Set, RdbError> {
    let mut set = Set::new();
    for _ in 0..source.length()? {
        if !set.add(&source.string()?, limits) {
            return Err(source.corrupt("a set holds a member twice"));
        }
    }
    Ok(set)
}

fn set_of_ints(ints: Intset, limits: &Limits) -> Set {
    if ints.len() <= limits.set_max_intset_entries {
        return Set::from_intset(ints);
    }
    let mut set = Set::new();
    for n in ints.iter() {
        set.add(&ItemRef::Int(n).to_vec(), limits);
    }
    set
}

fn hash<R: Read>(source: &mut Source<R>, limits: &Limits) -> Result<Hash, RdbError> {
    let mut hash = Hash::new();
    for _ in 0..source.length()? {
        let field = source.string()?;
        if !hash.set(&field, &source.string()?, limits) {
            return Err(source.corrupt("a hash holds a field twice"));
        }
    }
    Ok(hash)
}

/// A hash each of whose fields has a time behind its value; a field that is due already is loaded all the same, and
/// goes as any that comes due.
fn timed_hash<R: Read>(source: &mut Source<R>, limits: &Limits) -> Result<Hash, RdbError> {
    let mut hash = Hash::new();
    for _ in 0..source.length()? {
        let (field, value) = (source.string()?, source.string()?);
        if !hash.set(&field, &value, limits) {
            return Err(source.corrupt("a hash holds a field twice"));
        }
        match i64::from_le_bytes(source.array()?) {
            NO_FIELD_EXPIRY => {}
            at if at < 0 => return Err(source.corrupt("a field expires before 1970")),
            at => hash.set_field_expiry(&field, Some(at), limits),
        }
    }
    Ok(hash)
}

fn zset<R: Read>(source: &mut Source<R>, kind: u8, limits: &Limits) -> Result<ZSet, RdbError> {
    let mut zset = ZSet::new();
    for _ in 0..source.length()? {
        let member = source.string()?;
        let score = match kind {
            types::ZSET => source.text_f64()?,
            _ => source.binary_f64()?,
        };
        if score.is_nan() {
            return Err(source.corrupt("a score is not a number"));
        }
        if zset.insert(&member, score, limits).is_some() {
            return Err(source.corrupt("a sorted set holds a member twice"));
        }
    }
    Ok(zset)
}

/// Whether a loaded listpack may stay as it is: within this node's limits.
fn fits(pack: &Listpack, entries_max: usize, value_max: usize) -> bool {
    pack.len() <= entries_max && pack.iter().all(|element| element.len() <= value_max)
}

/// A member of a packed sorted set must be there once: its form cannot say so.
fn distinct_members(pack: &Listpack) -> Result<(), Malformed> {
    let mut seen = HashSet::new();
    let keys = pack.iter().step_by(2);
    // An integer's text is never stored as bytes, so that variants need not be compared.
    let mut each = keys.map(|key| match key {
        ItemRef::Int(n) => (Some(n), &[][..]),
        ItemRef::Bytes(bytes) => (None, bytes),
    });
    if each.all(|key| seen.insert(key)) {
        Ok(())
    } else {
        Err(Malformed("listpack"))
    }
}

fn packed_set(pack: Listpack, limits: &Limits) -> Result<Set, Malformed> {
    if fits(
        &pack,
        limits.set_max_listpack_entries,
        limits.set_max_listpack_value,
    ) {
        return Set::from_listpack(pack).map_err(|_| Malformed("listpack"));
    }
    let mut set = Set::new();
    let mut members = pack.iter();
    if members.all(|member| set.add(&member.to_vec(), limits)) {
        Ok(set)
    } else {
        Err(Malformed("listpack"))
    }
}

fn packed_hash(pack: Listpack, limits: &Limits) -> Result<Hash, Malformed> {
    let entries_max = limits.hash_max_listpack_entries.saturating_mul(2);
    if fits(&pack, entries_max, limits.hash_max_listpack_value) {
        return Hash::from_listpack(pack).map_err(|_| Malformed("listpack"));
    }
    pairs_to_hash(pack.iter().map(Ok), "listpack", limits)
}

fn packed_zset(pack: Listpack, limits: &Limits) -> Result<ZSet, Malformed> {
    distinct_members(&pack)?;
    let entries_max = limits.zset_max_listpack_entries.saturating_mul(2);
    if fits(&pack, entries_max, limits.zset_max_listpack_value) {
        return ZSet::from_listpack(pack).map_err(|_| Malformed("listpack"));
    }
    pairs_to_zset(pack.iter().map(Ok), "listpack", limits)
}

type Element<'a> = Result<ItemRef<'a>, legacy::Malformed>;

/// Elements two by two.
fn pairs<'a>(
    mut elements: impl Iterator<Item = Element<'a>>,
    form: &'static str,
    mut each: impl FnMut(ItemRef<'a>, ItemRef<'a>) -> bool,
) -> Result<(), Malformed> {
    while let Some(first) = elements.next() {
        let second = elements.next().unwrap_or(Err(Malformed(form)))?;
        if !each(first?, second) {
            return Err(Malformed(form));
        }
    }
    Ok(())
}

fn pairs_to_hash<'a>(
    elements: impl Iterator<Item = Element<'a>>,
    form: &'static str,
    limits: &Limits,
) -> Result<Hash, Malformed> {
    let mut hash = Hash::new();
    pairs(elements, form, |field, value| {
        hash.set(&field.to_vec(), &value.to_vec(), limits)
    })?;
    Ok(hash)
}

fn pairs_to_zset<'a>(
    elements: impl Iterator<Item = Element<'a>>,
    form: &'static str,
    limits: &Limits,
) -> Result<ZSet, Malformed> {
    let mut zset = ZSet::new();
    pairs(elements, form, |member, score| {
        let score = match score {
            ItemRef::Int(n) => Some(n as f64),
            ItemRef::Bytes(text) => parse_f64(text).filter(|score| !score.is_nan()),
        };
        score.is_some_and(|score| zset.insert(&member.to_vec(), score, limits).is_none())
    })?;
    Ok(zset)
}
