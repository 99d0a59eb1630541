//! Byte logs: written once, front to back, by one writer; read by any number of cursors that take
//! no lock and keep alive what they have yet to read. The journal is one; the stream of a full
//! sync, shared by all replicas that wait for it, is another.

mod block;
mod log;
mod reader;
mod wake;

pub use block::{BLOCK_BYTES, End};
pub(crate) use block::{Block, BlockWriter};
pub use log::{ByteLog, ByteLogStart};
pub use reader::Reader;
pub(crate) use wake::Wakers;
pub use wake::{LogWaker, WakeHandle};
