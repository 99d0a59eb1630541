//! Which server the node speaks like (`engine`, `engine-version`).

use engine_dispatch::Server;

/// Major and minor version, as far as the text says.
fn version(server: &Server) -> (u32, u32) {
    let text = server.config.text(params::ENGINE_VERSION);
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Whether the node speaks like Valkey.
pub(crate) fn is_valkey(server: &Server) -> bool {
    server.config.choice(params::ENGINE) == "valkey"
}

/// Whether the dialect is at least this version of Redis, or that of Valkey.
pub(crate) fn is_at_least(server: &Server, redis: (u32, u32), valkey: (u32, u32)) -> bool {
    let least = if is_valkey(server) { valkey } else { redis };
    version(server) >= least
}
