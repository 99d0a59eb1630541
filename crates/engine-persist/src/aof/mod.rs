//! The append-only file: a directory of one base and increments, named by a manifest (docs/design/aof.md).

pub mod manifest;
