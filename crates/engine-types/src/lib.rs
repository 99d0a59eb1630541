//! Purpose: the values a key can hold: strings, lists, sets, hashes, sorted sets; packed bytes while small, shared-node structures when large.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: keys, slots, commands, replies.
//! Design: docs/design/values.md
