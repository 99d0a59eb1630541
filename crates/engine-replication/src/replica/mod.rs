//! The side that follows.

mod handshake;
mod stream;

pub use handshake::{Handshake, HandshakeConfig, HandshakeError, HandshakeStep, SyncStart};
pub use stream::{StreamCommand, StreamDecoder, StreamError, StreamUnit};
