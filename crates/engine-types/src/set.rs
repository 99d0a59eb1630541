//! Sets: an intset while all members are integers, a listpack while small, else a trie.

use crate::elem::{Elem, Member, Thin};
use crate::intset::Intset;
use crate::item::{Corrupt, ItemRef};
use crate::limits::Limits;
use crate::listpack::{self, Listpack, SAFE_LEN_MAX};
use crate::rng::Rng;
use crate::trie::{self, Trie};
use proto_resp::num::{INT_LEN_MAX, len_i64, parse_i64};

/// See the module's page. A large one clones in O(1).
#[derive(Clone)]
pub struct Set {
    repr: Repr,
}

#[derive(Clone)]
enum Repr {
    Ints(Intset),
    Packed(Listpack),
    Table(Trie<Member>),
}

impl Default for Set {
    fn default() -> Self {
        Set::new()
    }
}

impl Set {
    /// Empty, with the integer encoding; the first members decide what it becomes.
    pub fn new() -> Set {
        Set {
            repr: Repr::Ints(Intset::new()),
        }
    }

    pub fn from_intset(ints: Intset) -> Set {
        Set {
            repr: Repr::Ints(ints),
        }
    }

    /// A packed set as loaded: refused if a member is there twice. O(n log n).
    pub fn from_listpack(pack: Listpack) -> Result<Set, Corrupt> {
        if pack.has_duplicates(1) {
            return Err(Corrupt);
        }
        Ok(Set {
            repr: Repr::Packed(pack),
        })
    }

    /// The integers' bytes, for saving; `None` in another encoding.
    pub fn as_intset(&self) -> Option<&Intset> {
        match &self.repr {
            Repr::Ints(ints) => Some(ints),
            _ => None,
        }
    }

    /// The packed bytes, for saving; `None` in another encoding.
    pub fn as_listpack(&self) -> Option<&Listpack> {
        match &self.repr {
            Repr::Packed(pack) => Some(pack),
            _ => None,
        }
    }

    /// Number of members. O(1).
    pub fn len(&self) -> usize {
        match &self.repr {
            Repr::Ints(ints) => ints.len(),
            Repr::Packed(pack) => pack.len(),
            Repr::Table(table) => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Redis's name: `intset`, `listpack` or `hashtable`.
    pub fn encoding(&self) -> &'static str {
        match &self.repr {
            Repr::Ints(_) => "intset",
            Repr::Packed(_) => "listpack",
            Repr::Table(_) => "hashtable",
        }
    }

    /// O(1); O(log n) in an intset, O(n) packed.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.repr {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|int| ints.contains(int)),
            Repr::Packed(pack) => packed_find(pack, member).is_some(),
            Repr::Table(table) => table.get(member).is_some(),
        }
    }

    /// Adds a member; true if it is new. O(1); O(n) in an intset or packed.
    pub fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        match &mut self.repr {
            Repr::Ints(ints) => {
                if let Some(int) = parse_i64(member) {
                    let added = ints.insert(int);
                    self.fit(limits);
                    return added;
                }
                // A member that is no integer is new here, whatever encoding follows.
                if packs(ints, member, limits) {
                    self.repr = Repr::Packed(pack_of(ints));
                } else {
                    self.convert(limits);
                }
                self.add(member, limits)
            }
            Repr::Packed(pack) => {
                if packed_find(pack, member).is_some() {
                    return false;
                }
                if pack.len() < limits.set_max_listpack_entries
                    && member.len() <= limits.set_max_listpack_value
                    && pack.byte_len() + member.len() <= SAFE_LEN_MAX
                {
                    return pack.push_back(member.into());
                }
                self.convert(limits);
                self.add(member, limits)
            }
            Repr::Table(table) => {
                // Looked up first: adding what is there must copy no shared nodes.
                if table.get(member).is_some() {
                    return false;
                }
                table.insert(Thin::member(member));
                true
            }
        }
    }

    /// Leaves a small encoding if there are more members than it may hold; for sets that
    /// were loaded.
    pub fn fit(&mut self, limits: &Limits) {
        let most = match &self.repr {
            Repr::Ints(_) => limits.set_max_intset_entries.min(1 << 30),
            Repr::Packed(_) => limits.set_max_listpack_entries,
            Repr::Table(_) => return,
        };
        if self.len() > most {
            self.convert(limits);
        }
    }

    fn convert(&mut self, limits: &Limits) {
        let mut table = Trie::new(limits.hash_seed);
        let mut text = [0; INT_LEN_MAX];
        for member in self.iter() {
            table.insert(Thin::member(member.as_bytes(&mut text)));
        }
        self.repr = Repr::Table(table);
    }

    /// Removes a member; whether it was there. O(1); O(n) in an intset or packed.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.repr {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|int| ints.remove(int)),
            Repr::Packed(pack) => {
                packed_find(pack, member).is_some_and(|at| pack.remove(at, 1) == 1)
            }
            Repr::Table(table) => table.remove(member).is_some(),
        }
    }

    /// All members: ascending in an intset, in order of insertion when packed, of hash when
    /// large.
    pub fn iter(&self) -> Iter<'_> {
        match &self.repr {
            Repr::Ints(ints) => Iter(IterRepr::Ints(ints, 0)),
            Repr::Packed(pack) => Iter(IterRepr::Packed(pack.iter())),
            Repr::Table(table) => Iter(IterRepr::Table(table.iter())),
        }
    }

    /// The member with this index in the order of [`Self::iter`]. O(log n), packed O(n).
    pub fn nth(&self, index: usize) -> Option<ItemRef<'_>> {
        match &self.repr {
            Repr::Ints(ints) => ints.get(index).map(ItemRef::Int),
            Repr::Packed(pack) => pack.get(pack.seek(i64::try_from(index).ok()?)?),
            Repr::Table(table) => table.nth(index).map(item),
        }
    }

    /// A member chosen uniformly. As [`Self::nth`].
    pub fn random(&self, rng: &mut Rng) -> Option<ItemRef<'_>> {
        self.nth(rng.below(self.len()))
    }

    /// Removes a member chosen uniformly and returns its bytes.
    pub fn pop(&mut self, rng: &mut Rng) -> Option<Vec<u8>> {
        let member = self.random(rng)?.to_vec();
        self.remove(&member);
        Some(member)
    }

    /// Hands about `count` members from `cursor` on to `emit` and returns the next cursor,
    /// 0 at the end. Small sets are handed out whole, as in Redis.
    ///
    /// A member that is present from the call with cursor 0 to the one that returns 0 is
    /// handed out at least once, whatever else changes between the calls.
    pub fn scan(&self, cursor: u64, count: usize, mut emit: impl FnMut(ItemRef<'_>)) -> u64 {
        if let Repr::Table(table) = &self.repr {
            return table.scan(cursor, count, |elem| emit(item(elem)));
        }
        self.iter().for_each(&mut emit);
        0
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match &self.repr {
            Repr::Ints(ints) => ints.byte_capacity(),
            Repr::Packed(pack) => pack.byte_capacity(),
            Repr::Table(table) => table.memory_bytes(),
        }
    }

    /// How much work freeing it is, in elements: 1 unless large, as in Redis.
    pub fn free_effort(&self) -> usize {
        match &self.repr {
            Repr::Table(table) => table.len(),
            _ => 1,
        }
    }
}

fn packed_find(pack: &Listpack, member: &[u8]) -> Option<usize> {
    pack.find(pack.first()?, member, 0)
}

fn pack_of(ints: &Intset) -> Listpack {
    let mut pack = Listpack::new();
    for int in ints.iter() {
        pack.push_back(ItemRef::Int(int));
    }
    pack
}

/// Whether integers may become a listpack, with this member besides.
fn packs(ints: &Intset, member: &[u8], limits: &Limits) -> bool {
    // The longest text is at one of the ends.
    let ends = [ints.min(), ints.max()];
    let longest = ends.into_iter().flatten().map(len_i64).max().unwrap_or(0);
    ints.len() < limits.set_max_listpack_entries
        && longest.max(member.len()) <= limits.set_max_listpack_value
}

fn item(elem: Elem<'_, Member>) -> ItemRef<'_> {
    ItemRef::Bytes(elem.key())
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The members of a set.
#[derive(Clone)]
pub struct Iter<'a>(IterRepr<'a>);

#[derive(Clone)]
enum IterRepr<'a> {
    Ints(&'a Intset, usize),
    Packed(listpack::Iter<'a>),
    Table(trie::Iter<'a, Member>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = ItemRef<'a>;

    fn next(&mut self) -> Option<ItemRef<'a>> {
        match &mut self.0 {
            IterRepr::Ints(ints, index) => {
                let int = ints.get(*index)?;
                *index += 1;
                Some(ItemRef::Int(int))
            }
            IterRepr::Packed(iter) => iter.next(),
            IterRepr::Table(iter) => iter.next().map(item),
        }
    }
}

#[cfg(test)]
mod tests;
