//! Directives of a node's configuration file that are ours. The rest of the
//! file is redis.conf.

/// `admin-socket PATH`: the unix socket the agent talks to. Its presence makes
/// a node a managed one.
pub const ADMIN_SOCKET: &str = "admin-socket";
/// `engine redis|valkey`: whose dialect the node speaks.
pub const ENGINE: &str = "engine";
/// `engine-version V`: the version the node gives of itself.
pub const ENGINE_VERSION: &str = "engine-version";
/// `elastane-node-id ID`: said back in `Hello`, so that an agent knows it has
/// reached the node it means.
pub const NODE_ID: &str = "elastane-node-id";
/// `elastane-link-user NAME`: the hidden user that replicas log in as.
pub const LINK_USER: &str = "elastane-link-user";
/// `elastane-link-secret SECRET`: that user's password.
pub const LINK_SECRET: &str = "elastane-link-secret";
