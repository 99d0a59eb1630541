//! Purpose: reconcilers: compare desired with observed, take the next idempotent step (create, delete, failover, replacement).
//! Layer: mechanisms.
//! Must not know: HTTP, the engine, processes (they speak to agents through the store).
//! Design: docs/design/reconcile.md
