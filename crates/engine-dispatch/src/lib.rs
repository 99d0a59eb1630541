//! Purpose: what happens between a parsed request and its reply: command table, units and locks, the one change function, waiters, transactions.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: sockets, single commands (their table is handed in at start).
//! Design: docs/design/execution.md
