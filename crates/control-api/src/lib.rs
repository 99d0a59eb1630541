//! Purpose: the API actions, one file each: validation, handler, tests.
//! Layer: verbs. Only processes depend on it.
//! Must not know: HTTP servers, processes.
//! Design: docs/design/control-api.md

mod arn;
mod call;
mod choices;
mod context;
mod describe;
mod dispatch;
mod engines;
mod handle;
mod http;
mod identifiers;
mod node_types;
mod not_carried_out;
mod pagination;
mod placement;
mod reference_page;
mod tags;
#[cfg(test)]
mod testing;
mod windows;

pub use context::{ApiContext, Credentials};
pub use dispatch::ACTIONS;
pub use handle::handle;
pub use http::{HttpRequest, HttpResponse};
pub use node_types::NODE_TYPES;
pub use reference_page::reference_page;
