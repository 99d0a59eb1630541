//! Purpose: the small key-value store that all control-plane coordination goes through: compare-and-swap, watch, leases.
//! Layer: mechanisms.
//! Must not know: what the records mean.
//! Design: docs/design/control-store.md
