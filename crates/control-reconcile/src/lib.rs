//! Purpose: reconcilers: compare desired with observed, take the next idempotent step (create, delete, failover, replacement).
//! Layer: mechanisms.
//! Must not know: HTTP, the engine, processes (they speak to agents through the store).
//! Design: docs/design/reconcile.md

mod candidate;
mod create;
mod delete;
mod directives;
mod failover;
mod join;
mod old_events;
mod picture;
mod plan;
mod reconciler;
mod recover;
mod roles;
mod scale;
mod step;

pub use candidate::choose;
pub use reconciler::{ReconcileError, Reconciler};
