//! Where the versions of the servers we speak for disagree: each reply of that kind is decided here.

use crate::server::Server;

/// Major and minor of the version that the node says it is.
fn version(server: &Server) -> (u32, u32) {
    let text = server.config.text(params::ENGINE_VERSION);
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Whether the node speaks as Redis did before 7.2.
fn is_before_7_2(server: &Server) -> bool {
    server.config.choice(params::ENGINE) == "redis" && version(server) < (7, 2)
}

/// What OBJECT ENCODING calls an encoding. Before 7.2 every list was a quicklist, and a set was an intset or a hash
/// table.
#[must_use]
pub fn encoding_name(
    server: &Server,
    kind: engine_types::Kind,
    encoding: &'static str,
) -> &'static str {
    use engine_types::Kind;
    match (kind, encoding) {
        (Kind::List, "listpack") if is_before_7_2(server) => "quicklist",
        (Kind::Set, "listpack") if is_before_7_2(server) => "hashtable",
        _ => encoding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::CommandTable;
    use engine_types::Kind;

    #[test]
    fn small_lists_and_sets_have_the_names_of_their_time() {
        let server = |version: &str| {
            let config = params::Config::new();
            config
                .set(&[(b"engine-version", version.as_bytes())], true)
                .expect("a version");
            Server::new(CommandTable::new(&[]), config, 1, [1; 28])
        };
        let (old, new) = (server("7.0.15"), server("7.2.4"));
        assert_eq!(encoding_name(old, Kind::List, "listpack"), "quicklist");
        assert_eq!(encoding_name(old, Kind::Set, "listpack"), "hashtable");
        assert_eq!(encoding_name(old, Kind::Hash, "listpack"), "listpack");
        assert_eq!(encoding_name(new, Kind::List, "listpack"), "listpack");
    }
}
