//! Where the versions of the servers we speak for disagree: each reply of that kind is decided here.
//!
//! `engine` and `engine-version` say which server that is. A node alone speaks as Redis 7.2.

mod fields;

pub use fields::{
    FieldTexts, FieldsOf, field_expiry_max_ms, field_seconds, field_texts, field_type_comes_first,
    negative_field_expiry, overdue_field_event, wrong_field_option,
};

use crate::acl::selector::Denied;
use crate::acl::user::User;
use crate::error::Error;
use crate::server::Server;
use crate::table::Registered;
use proto_resp::num::Digits;

/// Major and minor of the version that the node says it is.
fn version(config: &params::Config) -> (u32, u32) {
    let text = config.text(params::ENGINE_VERSION);
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// What the node's parameters say of it, read once: they are fixed when it starts.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    valkey: bool,
    /// Major and minor.
    version: (u32, u32),
    /// How scores are printed: before 7.2 with 17 digits.
    pub digits: Digits,
}

impl Dialect {
    /// The dialect of a node with these parameters.
    #[must_use]
    pub fn new(config: &params::Config) -> Self {
        Self {
            valkey: config.choice(params::ENGINE) == "valkey",
            version: version(config),
            digits: if is_before_7_2_by(config) {
                Digits::Seventeen
            } else {
                Digits::Shortest
            },
        }
    }
}

/// Whether the node speaks like Valkey.
#[must_use]
pub fn is_valkey(server: &Server) -> bool {
    server.dialect.valkey
}

/// Whether the dialect is at least this version of Redis, or that of Valkey.
#[must_use]
pub fn is_at_least(server: &Server, redis: (u32, u32), valkey: (u32, u32)) -> bool {
    let least = if is_valkey(server) { valkey } else { redis };
    server.dialect.version >= least
}

/// Whether the node speaks as Redis did before 7.2.
fn is_before_7_2(server: &Server) -> bool {
    is_before_7_2_by(&server.config)
}

/// Whether the node speaks as Redis did before this version.
#[must_use]
pub fn is_before(server: &Server, than: (u32, u32)) -> bool {
    !is_valkey(server) && server.dialect.version < than
}

fn is_before_7_2_by(config: &params::Config) -> bool {
    config.choice(params::ENGINE) == "redis" && version(config) < (7, 2)
}

/// Whether CLIENT LIST tells how many keys a client watches.
pub(crate) fn lists_watched_keys(server: &Server) -> bool {
    is_at_least(server, (7, 4), (8, 0))
}

/// Whether a script that reads anything makes a tracked client's cache depend on the script's declared keys; since 7.2
/// it is the keys that were read.
pub(crate) fn tracks_declared_keys(server: &Server) -> bool {
    is_before_7_2(server)
}

/// Whether a new user says `sanitize-payload` of itself.
pub(crate) fn users_say_sanitize(config: &params::Config) -> bool {
    !is_before_7_2_by(config)
}

/// Whether ACL LOAD leaves those logged in whose user is in the file. Before 7.2 it ended the connections of all but
/// the default user.
pub(crate) fn acl_load_keeps_clients(server: &Server) -> bool {
    !is_before_7_2(server)
}

/// The error for what ACL refuses.
pub(crate) fn no_permission(
    server: &Server,
    user: &User,
    denied: Denied,
    command: &Registered,
) -> Error {
    Error::new(format!(
        "NOPERM {}",
        refusal(server, user, denied, command, None)
    ))
}

/// The error for what ACL refuses to a script.
pub(crate) fn no_permission_in_script(
    server: &Server,
    user: &User,
    denied: Denied,
    command: &Registered,
) -> Error {
    if !is_before_7_2(server) {
        let why = refusal(server, user, denied, command, None);
        return Error::new(format!("NOPERM ACL failure in script: {why}"));
    }
    Error::new(match denied {
        Denied::Command => {
            "NOPERM The user executing the script can't run this command or subcommand"
        }
        Denied::Key(_) => {
            "NOPERM The user executing the script can't access at least one of the keys mentioned in the command arguments"
        }
        Denied::Channel(_) => {
            "NOPERM The user executing the script can't publish to the channel mentioned in the command"
        }
    })
}

/// What ACL refuses, in words; ACL DRYRUN names the `object`, the errors do not.
#[must_use]
pub fn refusal(
    server: &Server,
    user: &User,
    denied: Denied,
    command: &Registered,
    object: Option<&[u8]>,
) -> String {
    let old = is_before_7_2(server);
    let who = match (old, object) {
        (true, None) => "this user".to_string(),
        (true, Some(_)) => "This user".to_string(),
        (false, _) => format!("User {}", String::from_utf8_lossy(&user.name)),
    };
    let kind = match denied {
        Denied::Command => {
            let name = &command.full_name;
            return format!("{who} has no permissions to run the '{name}' command");
        }
        Denied::Key(_) => "key",
        Denied::Channel(_) => "channel",
    };
    match object.map(String::from_utf8_lossy) {
        Some(object) => format!("{who} has no permissions to access the '{object}' {kind}"),
        None if old => {
            format!("{who} has no permissions to access one of the {kind}s used as arguments")
        }
        None => format!("No permissions to access a {kind}"),
    }
}

/// What OBJECT ENCODING calls an encoding. Before 7.2 every list was a quicklist, and a set was an intset or a hash
/// table. Valkey has no packed form for hashes with fields that expire.
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
        (Kind::Hash, "listpackex") if is_valkey(server) => "hashtable",
        _ => encoding,
    }
}

/// Whether consumers tell when they last got something, besides when they last asked; before 7.2 they did not.
#[must_use]
pub fn consumers_tell_activity(server: &Server) -> bool {
    !is_before_7_2(server)
}

/// What one who waits for a stream through a group is told when the stream goes, if anything special.
#[must_use]
pub fn stream_is_gone(server: &Server) -> Option<&'static str> {
    is_before_7_2(server).then_some("UNBLOCKED the stream key no longer exists")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::CommandTable;
    use engine_types::Kind;

    fn server(engine: &str, version: &str) -> &'static Server {
        let config = params::Config::new();
        let pairs: [(&[u8], &[u8]); 2] = [
            (b"engine", engine.as_bytes()),
            (b"engine-version", version.as_bytes()),
        ];
        config.set(&pairs, true).expect("an engine and a version");
        Server::new(CommandTable::new(&[]), config, 1, [1; 28])
    }

    #[test]
    fn small_values_have_the_names_of_their_time() {
        let (old, new) = (server("redis", "7.0.15"), server("redis", "7.2.4"));
        assert_eq!(encoding_name(old, Kind::List, "listpack"), "quicklist");
        assert_eq!(encoding_name(old, Kind::Set, "listpack"), "hashtable");
        assert_eq!(encoding_name(old, Kind::Hash, "listpack"), "listpack");
        assert_eq!(encoding_name(new, Kind::List, "listpack"), "listpack");
        assert_eq!(encoding_name(new, Kind::Hash, "listpackex"), "listpackex");
        let valkey = server("valkey", "9.1.2");
        assert_eq!(encoding_name(valkey, Kind::Hash, "listpackex"), "hashtable");
        assert_eq!(encoding_name(valkey, Kind::List, "listpack"), "listpack");
    }

    #[test]
    fn versions_are_compared_by_engine() {
        assert!(is_at_least(server("redis", "8.0.6"), (7, 4), (9, 0)));
        assert!(!is_at_least(server("valkey", "8.1.0"), (7, 4), (9, 0)));
        assert!(is_valkey(server("valkey", "8.1.0")));
    }
}
