//! Purpose: the control-plane process: HTTP server, reconciler loops, agent on this host.
//! Layer: processes.
//! Must not know: the engine.
//! Design: docs/design/control.md

mod credentials;
mod error;
mod http;
mod options;
mod serve;

pub use error::ServeError;
pub use options::ServeOptions;
pub use serve::{run, serve};
