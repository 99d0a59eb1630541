//! Purpose: the commands, one file each: table entry, handler, tests.
//! Layer: verbs. Only processes depend on it.
//! Must not know: sockets, threads.
//! Design: docs/design/execution.md
