//! Purpose: the Redis wire format (RESP2, RESP3): requests in, replies out, numbers as text.
//! Layer: formats. Bytes in, bytes out.
//! Must not know: sockets, clocks, commands, the keyspace.
//! Design: docs/design/resp.md

pub mod inline;
pub mod num;
pub mod reply;
pub mod request;

pub use reply::{Mark, Reply, Version};
pub use request::{Limits, Parser, ProtocolError, Step};
