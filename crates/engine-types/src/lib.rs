//! Purpose: the values a key can hold: strings, lists, sets, hashes, sorted sets; packed bytes while small, shared-node structures when large.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: keys, slots, commands, replies.
//! Design: docs/design/values.md

pub mod glob;
pub mod intset;
mod item;
mod limits;
pub mod listpack;
pub mod rng;

pub use intset::Intset;
pub use item::{Corrupt, ItemRef};
pub use limits::Limits;
pub use listpack::Listpack;
pub use rng::Rng;
