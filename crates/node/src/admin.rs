//! The admin socket: what the agent tells a managed node (docs/design/node-api.md).

use crate::accept::Listeners;
use crate::process::NodeProcess;
use engine_dispatch::Server;
use std::sync::Arc;

/// Opens the admin socket, if the configuration names one.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn start(
    server: &'static Server,
    _listeners: &Arc<Listeners>,
    _process: &Arc<NodeProcess>,
    _version: &'static str,
) -> Result<(), String> {
    let path = server.config.text(params::ADMIN_SOCKET);
    if path.is_empty() {
        return Ok(());
    }
    Err("the admin socket comes next".into())
}
