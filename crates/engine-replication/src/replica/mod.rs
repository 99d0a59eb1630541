//! The side that follows.

mod handshake;
mod link;
mod transfer;
mod wire;

pub use engine_persist::journal::{StreamDecoder, StreamError, StreamUnit};
pub use handshake::{Handshake, HandshakeConfig, HandshakeError, HandshakeStep, SyncStart};
pub use link::{Follower, LinkError, LinkPhase, LinkStatus, follow};
pub use transfer::Framing;
pub use wire::Transport;
