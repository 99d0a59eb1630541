//! Sets: an intset while all members are integers, a listpack while small, else a trie.

use crate::intset::Intset;
use crate::item::{Corrupt, ItemRef};
use crate::limits::Limits;
use crate::listpack::{self, Listpack};
use crate::rng::Rng;
use proto_resp::num::{len_i64, parse_i64};

/// See the module's page. A large one clones in O(1).
#[derive(Clone, Debug)]
pub struct Set {
    repr: Repr,
}

#[derive(Clone, Debug)]
enum Repr {
    Ints(Intset),
    Packed(Listpack),
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

    /// A packed set as loaded.
    pub fn from_listpack(pack: Listpack) -> Result<Set, Corrupt> {
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
        }
    }

    /// O(1); O(log n) in an intset, O(n) packed.
    pub fn contains(&self, member: &[u8]) -> bool {
        match &self.repr {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|int| ints.contains(int)),
            Repr::Packed(pack) => packed_find(pack, member).is_some(),
        }
    }

    /// Adds a member; true if it is new. O(1); O(n) in an intset or packed.
    pub fn add(&mut self, member: &[u8], limits: &Limits) -> bool {
        let _ = limits;
        match &mut self.repr {
            Repr::Ints(ints) => match parse_i64(member) {
                Some(int) => ints.insert(int),
                None => {
                    let mut pack = pack_of(ints);
                    let added = pack.push_back(member.into());
                    self.repr = Repr::Packed(pack);
                    added
                }
            },
            Repr::Packed(pack) => {
                packed_find(pack, member).is_none() && pack.push_back(member.into())
            }
        }
    }

    /// Removes a member; whether it was there. O(1); O(n) in an intset or packed.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.repr {
            Repr::Ints(ints) => parse_i64(member).is_some_and(|int| ints.remove(int)),
            Repr::Packed(pack) => {
                packed_find(pack, member).is_some_and(|at| pack.remove(at, 1) == 1)
            }
        }
    }

    /// All members: ascending in an intset, in order of insertion when packed, of hash when
    /// large.
    pub fn iter(&self) -> Iter<'_> {
        match &self.repr {
            Repr::Ints(ints) => Iter(IterRepr::Ints(ints, 0)),
            Repr::Packed(pack) => Iter(IterRepr::Packed(pack.iter())),
        }
    }

    /// The member with this index in the order of [`Self::iter`]. O(log n), packed O(n).
    pub fn nth(&self, index: usize) -> Option<ItemRef<'_>> {
        match &self.repr {
            Repr::Ints(ints) => ints.get(index).map(ItemRef::Int),
            Repr::Packed(pack) => pack.get(pack.seek(i64::try_from(index).ok()?)?),
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
        let _ = (cursor, count);
        self.iter().for_each(&mut emit);
        0
    }

    /// Bytes allocated, beyond the struct itself; estimated from a sample when large.
    pub fn memory_bytes(&self) -> usize {
        match &self.repr {
            Repr::Ints(ints) => ints.byte_capacity(),
            Repr::Packed(pack) => pack.byte_capacity(),
        }
    }

    /// How much work freeing it is, in elements: 1 unless large, as in Redis.
    pub fn free_effort(&self) -> usize {
        1
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

/// The longest text among an intset's members: at one of its ends.
#[allow(dead_code)]
fn longest_text(ints: &Intset) -> usize {
    let ends = [ints.min(), ints.max()];
    ends.into_iter().flatten().map(len_i64).max().unwrap_or(0)
}

/// The members of a set.
#[derive(Clone)]
pub struct Iter<'a>(IterRepr<'a>);

#[derive(Clone)]
enum IterRepr<'a> {
    Ints(&'a Intset, usize),
    Packed(listpack::Iter<'a>),
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
        }
    }
}
