//! The side that is followed: links to replicas, full syncs, acknowledgements.

mod full_sync;
mod link;
mod peer;

pub use full_sync::{FullSyncs, SyncHost};
pub use link::{Link, LinkEnd, PsyncRequest};
pub use peer::{Peer, PeerState, Peers, SyncCounts};
