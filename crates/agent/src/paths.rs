//! Where a node's files stand below the data directory:
//!
//! ```text
//! host-id                                    this host's id
//! nodes/<account>/<region>/<cluster id>/
//!     process.json                           the last process (see `process`)
//!     <data>/                                one data directory: working directory of the node
//!         node.conf  node.log
//! run/<16 hexadecimal digits>.sock           admin socket; short, as sun_path holds 108 bytes
//! ```

use std::path::{Path, PathBuf};

use control_model::{CacheClusterId, NodeSpec, Scope};

/// Longest data directory whose sockets still have legal names.
pub(crate) const DATA_DIR_BYTES_MAX: usize = 70;

/// The files of one node.
#[derive(Clone, Debug)]
pub(crate) struct NodePaths {
    root: PathBuf,
    run: PathBuf,
    name: String,
}

impl NodePaths {
    pub(crate) fn new(data_dir: &Path, scope: &Scope, id: &CacheClusterId) -> Self {
        let nodes = data_dir.join("nodes");
        Self {
            root: nodes
                .join(&scope.account)
                .join(&scope.region)
                .join(id.as_str()),
            run: data_dir.join("run"),
            name: format!("{scope}/{id}"),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn process_file(&self) -> PathBuf {
        self.root.join("process.json")
    }

    pub(crate) fn data(&self, data: u32) -> PathBuf {
        self.root.join(data.to_string())
    }

    pub(crate) fn config(&self, data: u32) -> PathBuf {
        self.data(data).join("node.conf")
    }

    pub(crate) fn log(&self, data: u32) -> PathBuf {
        self.data(data).join("node.log")
    }

    pub(crate) fn admin_socket(&self, data: u32) -> PathBuf {
        let name = format!("{}/{data}", self.name);
        self.run
            .join(format!("{:016x}.sock", fnv1a(name.as_bytes())))
    }
}

/// The id a node says back in `Hello`.
pub(crate) fn node_id(spec: &NodeSpec, data: u32) -> String {
    format!("{}/{}/{data}", spec.scope, spec.cluster)
}

/// FNV-1a, 64 bits: the same in every version, so that a new program finds the
/// sockets of nodes that an older one started.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_names_are_short_and_never_change() {
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        let scope = Scope::new("123456789012", "us-east-1").unwrap();
        let id = CacheClusterId::parse(&"x".repeat(50)).unwrap();
        let dir = "/".repeat(DATA_DIR_BYTES_MAX);
        let socket = NodePaths::new(Path::new(&dir), &scope, &id).admin_socket(u32::MAX);
        assert!(socket.as_os_str().len() < 108);
    }
}
