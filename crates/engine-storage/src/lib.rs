//! Purpose: a node's data on disk: saving snapshots to files, loading them, when to save by itself.
//! Layer: mechanisms. Files through a trait it is given.
//! Must not know: sockets, sessions, single commands.
//! Design: docs/design/saving.md, docs/design/aof.md

mod file;
mod load;
mod replay;
mod rewrite;
mod saver;
mod start;

pub use load::{Counts, LoadError, Loading, Note, Staged, keeps_frequencies, load};
pub use replay::{ReplayError, load_append_only};
pub use rewrite::configure;
pub use saver::{Log, LogLevel, Saver, SaverHandle, facts};
pub use start::{StartError, load_file};
