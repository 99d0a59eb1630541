//! A point-in-time snapshot of all databases without fork (docs/design/snapshot.md).
//!
//! [`cut`] fixes the point while every slot is locked. From then on each entry reaches the
//! snapshot once, as it was at the cut: writers hand over the old entry before their first change
//! of it ([`PreImageQueue`]), and [`walk`] takes the rest, slot by slot, in short bites.

mod cut;
mod queue;
mod turn;
mod walk;

pub use cut::{Cut, DbSizes, Place, cut, cut_for_file};
pub use queue::PreImageQueue;
pub use turn::{Taker, Turn, TurnGuard};
pub use walk::{Access, Ended, KeyPause, Pace, StreamFacts, walk, write_held};

#[cfg(test)]
mod tests;
