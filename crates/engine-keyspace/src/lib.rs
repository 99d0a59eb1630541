//! Purpose: databases, slots, entries, locks: where keys live and who may touch them.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: commands, replies, sessions, files.
//! Design: docs/design/keyspace.md
