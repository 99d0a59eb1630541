//! Purpose: what outlives or leaves the process: journal, RDB codec, point-in-time snapshot.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: sockets, sessions, the command table.
//! Design: docs/design/journal.md, docs/design/rdb.md, docs/design/snapshot.md, docs/design/aof.md

pub mod aof;
pub mod blocks;
pub mod disk;
pub mod journal;
pub mod rdb;
pub mod snapshot;
