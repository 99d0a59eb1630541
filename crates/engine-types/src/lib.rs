//! Purpose: the values a key can hold: strings, lists, sets, hashes, sorted sets, streams; packed bytes while small, shared-node structures when large.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: keys, slots, commands, replies.
//! Design: docs/design/values.md

mod elem;
pub mod glob;
pub mod hash;
pub mod intset;
mod item;
mod limits;
pub mod list;
pub mod listpack;
mod object;
pub mod rng;
pub mod set;
mod str_obj;
pub mod stream;
mod tree;
mod trie;
pub mod zset;

pub use elem::ELEMENT_LEN_MAX;
pub use hash::{FIELD_EXPIRY_MAX_MS, Hash, Live};
pub use intset::Intset;
pub use item::{Corrupt, ItemRef};
pub use limits::Limits;
pub use list::List;
pub use listpack::Listpack;
pub use object::{Kind, Object};
pub use rng::Rng;
pub use set::Set;
pub use str_obj::StrObj;
pub use stream::{Stream, StreamId};
pub use zset::{LexBound, ScoreBound, ZSet};
