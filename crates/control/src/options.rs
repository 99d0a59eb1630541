//! What `elastane serve` is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Options of the service.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where all state is kept: the store, the credentials, the nodes' files.
    pub data_dir: PathBuf,
    /// Where the API listens.
    pub api_addr: SocketAddr,
    /// The account of the first access key, and of every request under `any_credentials`.
    pub account: String,
    /// Accept requests signed with any key. Only while bound to loopback.
    pub any_credentials: bool,
    /// On Ctrl-C or SIGTERM leave the nodes running, to be adopted by the next start.
    pub leave_nodes: bool,
    /// The program that nodes are started from; the running one if none.
    pub node_exe: Option<PathBuf>,
    /// Its arguments before the configuration file.
    pub node_arguments: Vec<String>,
}

impl ServeOptions {
    /// The defaults, with everything kept in `data_dir`.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            api_addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 8600)),
            account: "123456789012".to_owned(),
            any_credentials: false,
            leave_nodes: false,
            node_exe: None,
            node_arguments: vec!["node".to_owned()],
        }
    }
}
