//! Hashes: field and value in turn in one listpack while small, a trie of elements when large.

use crate::item::{Corrupt, ItemRef};
use crate::limits::Limits;
use crate::listpack::{self, Listpack};
use crate::rng::Rng;

/// See the module's page. A large one clones in O(1).
#[derive(Clone, Debug)]
pub struct Hash {
    repr: Repr,
}

#[derive(Clone, Debug)]
enum Repr {
    Packed(Listpack),
}

impl Default for Hash {
    fn default() -> Self {
        Hash::new()
    }
}

impl Hash {
    pub fn new() -> Hash {
        Hash {
            repr: Repr::Packed(Listpack::new()),
        }
    }

    /// A packed hash as loaded: refused unless fields and values come in pairs.
    pub fn from_listpack(pack: Listpack) -> Result<Hash, Corrupt> {
        if !pack.len().is_multiple_of(2) {
            return Err(Corrupt);
        }
        Ok(Hash {
            repr: Repr::Packed(pack),
        })
    }

    /// The packed bytes, for saving; `None` when large.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::Packed(pack) => Some(pack),
        }
    }

    /// Number of fields. O(1).
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.len() / 2,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Redis's name: `listpack` or `hashtable`.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) => "listpack",
        }
    }

    /// A field's value. O(1), in a packed hash O(n).
    pub fn get(&self, field: &[u8]) -> Option<ItemRef<'_>> {
        match &self.repr {
            Repr::Packed(pack) => {
                let at = pack.find(pack.first()?, field, 1)?;
                pack.get(pack.next(at)?)
            }
        }
    }

    /// Whether there is such a field. As [`Self::get`].
    pub fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Sets a field; true if it is new. O(1), in a packed hash O(n).
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        let _ = limits;
        match &mut self.repr {
            Repr::Packed(pack) => packed_set(pack, field, value),
        }
    }

    /// Removes a field; whether it was there. O(1), in a packed hash O(n).
    pub fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.repr {
            Repr::Packed(pack) => {
                let found = pack.first().and_then(|first| pack.find(first, field, 1));
                found.is_some_and(|at| pack.remove(at, 2) == 2)
            }
        }
    }

    /// All fields and values: in order of insertion when packed, of hash when large.
    pub fn iter(&self) -> Iter<'_> {
        match &self.repr {
            Repr::Packed(pack) => Iter(IterRepr::Packed(pack.iter())),
        }
    }

    /// The pair with this index in the order of [`Self::iter`]. O(log n), packed O(n).
    pub fn nth(&self, index: usize) -> Option<(ItemRef<'_>, ItemRef<'_>)> {
        match &self.repr {
            Repr::Packed(pack) => {
                let at = pack.seek(i64::try_from(index.checked_mul(2)?).ok()?)?;
                Some((pack.get(at)?, pack.get(pack.next(at)?)?))
            }
        }
    }

    /// A field chosen uniformly. As [`Self::nth`].
    pub fn random(&self, rng: &mut Rng) -> Option<(ItemRef<'_>, ItemRef<'_>)> {
        self.nth(rng.below(self.len()))
    }

    /// Hands about `count` pairs from `cursor` on to `emit` and returns the next cursor, 0 at
    /// the end. A packed hash is handed out whole, as in Redis.
    ///
    /// A field that is present from the call with cursor 0 to the one that returns 0 is
    /// handed out at least once, whatever else changes between the calls.
    pub fn scan(
        &self,
        cursor: u64,
        count: usize,
        mut emit: impl FnMut(ItemRef<'_>, ItemRef<'_>),
    ) -> u64 {
        let _ = (cursor, count);
        match &self.repr {
            Repr::Packed(_) => {
                self.iter().for_each(|(field, value)| emit(field, value));
                0
            }
        }
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.byte_capacity(),
        }
    }

    /// How much work freeing it is, in elements: 1 when packed, as in Redis.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Packed(_) => 1,
        }
    }
}

fn packed_set(pack: &mut Listpack, field: &[u8], value: &[u8]) -> bool {
    let found = pack.first().and_then(|first| pack.find(first, field, 1));
    if let Some(at) = found
        && let Some(value_at) = pack.next(at)
    {
        pack.replace(value_at, value.into());
        return false;
    }
    pack.push_back(field.into());
    pack.push_back(value.into());
    true
}

/// Pairs of field and value.
#[derive(Clone)]
pub struct Iter<'a>(IterRepr<'a>);

#[derive(Clone)]
enum IterRepr<'a> {
    Packed(listpack::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (ItemRef<'a>, ItemRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            IterRepr::Packed(iter) => Some((iter.next()?, iter.next()?)),
        }
    }
}
