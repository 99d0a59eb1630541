//! A value of any type.

use crate::hash::Hash;
use crate::list::List;
use crate::set::Set;
use crate::str_obj::StrObj;
use crate::stream::Stream;
use crate::zset::ZSet;

/// What `TYPE` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Str,
    List,
    Set,
    Hash,
    ZSet,
    Stream,
}

impl Kind {
    /// Redis's name, as `TYPE` replies it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Str => "string",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::Hash => "hash",
            Kind::ZSet => "zset",
            Kind::Stream => "stream",
        }
    }
}

/// A value. Cloning is O(1) for strings and large collections, and copies the packed bytes of
/// small ones; the clone never changes when the original does.
#[derive(Clone, Debug)]
pub enum Object {
    Str(StrObj),
    List(List),
    Set(Set),
    Hash(Hash),
    ZSet(ZSet),
    Stream(Stream),
}

impl Object {
    pub fn kind(&self) -> Kind {
        match self {
            Object::Str(_) => Kind::Str,
            Object::List(_) => Kind::List,
            Object::Set(_) => Kind::Set,
            Object::Hash(_) => Kind::Hash,
            Object::ZSet(_) => Kind::ZSet,
            Object::Stream(_) => Kind::Stream,
        }
    }

    /// The name `OBJECT ENCODING` replies. Strings held here are `raw`; the keyspace knows of
    /// `int` and `embstr`.
    pub fn encoding(&self) -> &'static str {
        match self {
            Object::Str(_) => "raw",
            Object::List(list) => list.encoding(),
            Object::Set(set) => set.encoding(),
            Object::Hash(hash) => hash.encoding(),
            Object::ZSet(zset) => zset.encoding(),
            Object::Stream(_) => "stream",
        }
    }

    /// Number of elements; bytes of a string.
    pub fn len(&self) -> usize {
        match self {
            Object::Str(text) => text.len(),
            Object::List(list) => list.len(),
            Object::Set(set) => set.len(),
            Object::Hash(hash) => hash.len(),
            Object::ZSet(zset) => zset.len(),
            Object::Stream(stream) => stream.len(),
        }
    }

    /// Whether it is a collection without elements, whose key must go. Strings and streams never
    /// are.
    pub fn is_empty(&self) -> bool {
        !matches!(self, Object::Str(_) | Object::Stream(_)) && self.len() == 0
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Object::Str(text) => text.memory_bytes(),
            Object::List(list) => list.memory_bytes(),
            Object::Set(set) => set.memory_bytes(),
            Object::Hash(hash) => hash.memory_bytes(),
            Object::ZSet(zset) => zset.memory_bytes(),
            Object::Stream(stream) => stream.memory_bytes(),
        }
    }

    /// How much work freeing it is, by Redis's measure (`lazyfreeGetFreeEffort`): above 64 it
    /// is worth another thread.
    pub fn free_effort(&self) -> usize {
        match self {
            Object::Str(_) => 1,
            Object::List(list) => list.free_effort(),
            Object::Set(set) => set.free_effort(),
            Object::Hash(hash) => hash.free_effort(),
            Object::ZSet(zset) => zset.free_effort(),
            Object::Stream(stream) => stream.free_effort(),
        }
    }
}
