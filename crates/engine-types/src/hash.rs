//! Hashes: field and value in turn in one listpack while small, a trie of elements when large.

use crate::elem::{Elem, Field, Thin};
use crate::item::{Corrupt, ItemRef};
use crate::limits::Limits;
use crate::listpack::{self, Listpack, SAFE_LEN_MAX};
use crate::rng::Rng;
use crate::trie::{self, Trie};
use proto_resp::num::INT_LEN_MAX;
use times::Times;
pub use times::{FIELD_EXPIRY_MAX_MS, Live, LiveIter};

mod times;

/// See the module's page. A large one clones in O(1).
#[derive(Clone)]
pub struct Hash {
    repr: Repr,
    /// Made when a field first gets an expiry.
    times: Option<Box<Times>>,
}

#[derive(Clone)]
enum Repr {
    Packed(Listpack),
    Table(Trie<Field>),
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
            times: None,
        }
    }

    /// A packed hash as loaded: refused unless fields and values come in pairs and no field
    /// comes twice. O(n log n).
    pub fn from_listpack(pack: Listpack) -> Result<Hash, Corrupt> {
        if !pack.len().is_multiple_of(2) || pack.has_duplicates(2) {
            return Err(Corrupt);
        }
        Ok(Hash {
            repr: Repr::Packed(pack),
            times: None,
        })
    }

    /// The packed bytes, for saving; `None` when large.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::Packed(pack) => Some(pack),
            Repr::Table(_) => None,
        }
    }

    /// Number of fields. O(1).
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Packed(pack) => pack.len() / 2,
            Repr::Table(table) => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Redis's name: `listpack`, `listpackex` if fields have had expiries, or `hashtable`.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Packed(_) if self.times.is_some() => "listpackex",
            Repr::Packed(_) => "listpack",
            Repr::Table(_) => "hashtable",
        }
    }

    /// A field's value. O(1), in a packed hash O(n).
    pub fn get(&self, field: &[u8]) -> Option<ItemRef<'_>> {
        match &self.repr {
            Repr::Packed(pack) => {
                let at = pack.find(pack.first()?, field, 1)?;
                pack.get(pack.next(at)?)
            }
            Repr::Table(table) => Some(ItemRef::Bytes(table.get(field)?.value())),
        }
    }

    /// Whether there is such a field. As [`Self::get`].
    pub fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    /// Sets a field, which then has no expiry; true if it is new. O(1), in a packed hash O(n).
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        self.forget_time(field);
        self.set_keeping_expiry(field, value, limits)
    }

    /// As [`Self::set`], but the field's expiry stays.
    pub fn set_keeping_expiry(&mut self, field: &[u8], value: &[u8], limits: &Limits) -> bool {
        if let Repr::Packed(pack) = &self.repr {
            let longest = field.len().max(value.len());
            let bytes = pack.byte_len() + field.len() + value.len();
            if longest > limits.hash_max_listpack_value || bytes > SAFE_LEN_MAX {
                self.convert(limits);
            }
        }
        match &mut self.repr {
            Repr::Packed(pack) => {
                let created = packed_set(pack, field, value);
                self.fit(limits);
                created
            }
            Repr::Table(table) => table_set(table, field, value),
        }
    }

    /// Leaves the packed encoding if there are more fields than it may hold; for packed
    /// hashes that were loaded.
    pub fn fit(&mut self, limits: &Limits) {
        if let Repr::Packed(pack) = &self.repr
            && pack.len() / 2 > limits.hash_max_listpack_entries
        {
            self.convert(limits);
        }
    }

    fn convert(&mut self, limits: &Limits) {
        let mut table = Trie::new(limits.hash_seed);
        let (mut field_text, mut value_text) = ([0; INT_LEN_MAX], [0; INT_LEN_MAX]);
        for (field, value) in self.iter() {
            let field = field.as_bytes(&mut field_text);
            table.insert(Thin::field(field, value.as_bytes(&mut value_text)));
        }
        self.repr = Repr::Table(table);
    }

    /// Removes a field; whether it was there. O(1), in a packed hash O(n).
    pub fn remove(&mut self, field: &[u8]) -> bool {
        self.forget_time(field);
        match &mut self.repr {
            Repr::Packed(pack) => {
                let found = pack.first().and_then(|first| pack.find(first, field, 1));
                found.is_some_and(|at| pack.remove(at, 2) == 2)
            }
            Repr::Table(table) => table.remove(field).is_some(),
        }
    }

    /// All fields and values: in order of insertion when packed, of hash when large.
    pub fn iter(&self) -> Iter<'_> {
        match &self.repr {
            Repr::Packed(pack) => Iter(IterRepr::Packed(pack.iter())),
            Repr::Table(table) => Iter(IterRepr::Table(table.iter())),
        }
    }

    /// The pair with this index in the order of [`Self::iter`]. O(log n), packed O(n).
    pub fn nth(&self, index: usize) -> Option<(ItemRef<'_>, ItemRef<'_>)> {
        match &self.repr {
            Repr::Packed(pack) => {
                let at = pack.seek(i64::try_from(index.checked_mul(2)?).ok()?)?;
                Some((pack.get(at)?, pack.get(pack.next(at)?)?))
            }
            Repr::Table(table) => table.nth(index).map(pair),
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
        match &self.repr {
            Repr::Packed(_) => {
                self.iter().for_each(|(field, value)| emit(field, value));
                0
            }
            Repr::Table(table) => table.scan(cursor, count, |elem| {
                let (field, value) = pair(elem);
                emit(field, value);
            }),
        }
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        let times = self.times.as_ref().map_or(0, |times| times.memory_bytes());
        times
            + match &self.repr {
                Repr::Packed(pack) => pack.byte_capacity(),
                Repr::Table(table) => table.memory_bytes(),
            }
    }

    /// How much work freeing it is, in elements: 1 when packed, as in Redis.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Packed(_) => 1,
            Repr::Table(table) => table.len(),
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

fn table_set(table: &mut Trie<Field>, field: &[u8], value: &[u8]) -> bool {
    let Some(word) = table.get_mut(field) else {
        table.insert(Thin::field(field, value));
        return true;
    };
    match word.value_mut() {
        Some(place) if place.len() == value.len() => place.copy_from_slice(value),
        _ => drop(word.replace(Thin::field(field, value))),
    }
    false
}

fn pair(elem: Elem<'_, Field>) -> (ItemRef<'_>, ItemRef<'_>) {
    (ItemRef::Bytes(elem.key()), ItemRef::Bytes(elem.value()))
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Pairs of field and value.
#[derive(Clone)]
pub struct Iter<'a>(IterRepr<'a>);

#[derive(Clone)]
enum IterRepr<'a> {
    Packed(listpack::Iter<'a>),
    Table(trie::Iter<'a, Field>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = (ItemRef<'a>, ItemRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            IterRepr::Packed(iter) => Some((iter.next()?, iter.next()?)),
            IterRepr::Table(iter) => iter.next().map(pair),
        }
    }
}

#[cfg(test)]
mod tests;
