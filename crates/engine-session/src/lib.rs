//! Purpose: one client connection without its socket: bytes in, bytes out, wake-ups; batches, prefetches, suspends.
//! Layer: mechanisms.
//! Must not know: sockets, threads, single commands.
//! Design: docs/design/execution.md
