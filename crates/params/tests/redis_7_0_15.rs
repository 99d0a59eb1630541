//! The table and CONFIG SET against what a real Redis 7.0.15 answered (`data/`).

use params::{Config, Id, TABLE};
use proto_resp::inline;

const ALL: &str = include_str!("data/config-get-7.0.15.txt");
const TRANSCRIPT: &str = include_str!("data/config-set-7.0.15.txt");

/// Parameters whose default is not that of the recorded server, and why.
const OTHER_DEFAULTS: [(&str, &str); 2] = [
    (
        "dir",
        "the node sets it to the directory it runs in; the table knows none",
    ),
    ("port", "the recorded server was started on another port"),
];

/// Names the recorded server lists and we hide.
const HIDDEN: [(&str, &str); 1] = [(
    "aof-disable-auto-gc",
    "Redis 7.2 hides it from patterns, and the table follows 7.2",
)];

/// Names we list and the recorded server does not know.
const ADDED: [(&str, &str); 57] = [
    ("active-defrag-cycle-us", "new in Valkey"),
    ("admin-socket", "ours"),
    ("aof-rewrite-cpulist", "name of later versions"),
    ("availability-zone", "new in Valkey"),
    ("bgsave-cpulist", "name of later versions"),
    ("bio-cpulist", "name of later versions"),
    ("cluster-announce-client-ipv4", "new in Valkey"),
    ("cluster-announce-client-ipv6", "new in Valkey"),
    ("cluster-announce-client-port", "new in Valkey"),
    ("cluster-announce-client-tls-port", "new in Valkey"),
    ("cluster-announce-human-nodename", "new in Redis 7.2"),
    ("cluster-blacklist-ttl", "new in Valkey"),
    ("cluster-compatibility-sample-ratio", "new in Redis 8.0"),
    ("cluster-config-save-behavior", "new in Valkey"),
    ("cluster-databases", "new in Valkey"),
    ("cluster-manual-failover-timeout", "new in Valkey"),
    ("cluster-slot-migration-log-max-len", "new in Valkey"),
    ("cluster-slot-stats-enabled", "new in Valkey"),
    ("commandlog-execution-slower-than", "name of later versions"),
    ("commandlog-large-reply-max-len", "new in Valkey"),
    ("commandlog-large-request-max-len", "new in Valkey"),
    ("commandlog-reply-larger-than", "new in Valkey"),
    ("commandlog-request-larger-than", "new in Valkey"),
    (
        "commandlog-slow-execution-max-len",
        "name of later versions",
    ),
    ("dual-channel-replication-enabled", "new in Valkey"),
    ("elastane-link-user", "ours"),
    ("elastane-node-id", "ours"),
    ("engine", "ours"),
    ("engine-version", "ours"),
    ("extended-redis-compatibility", "new in Valkey"),
    ("hash-seed", "new in Valkey"),
    ("hide-user-data-from-log", "new in Redis 8.0 and Valkey 9.1"),
    ("import-mode", "new in Valkey"),
    ("locale-collate", "new in Redis 7.2"),
    ("log-format", "new in Valkey"),
    ("log-timestamp-format", "new in Valkey"),
    (
        "max-new-connections-per-cycle",
        "new in Redis 8.0 and Valkey 9.1",
    ),
    (
        "max-new-tls-connections-per-cycle",
        "new in Redis 8.0 and Valkey 9.1",
    ),
    ("mptcp", "new in Valkey"),
    ("prefetch-batch-max-size", "new in Valkey"),
    ("primaryauth", "name of later versions"),
    ("primaryuser", "name of later versions"),
    ("rdb-version-check", "new in Valkey"),
    ("rdma-bind", "new in Valkey"),
    ("rdma-completion-vector", "new in Valkey"),
    ("rdma-port", "new in Valkey"),
    ("rdma-rx-size", "new in Valkey"),
    ("repl-mptcp", "new in Valkey"),
    ("replica-full-sync-buffer-limit", "new in Redis 8.0"),
    ("server-cpulist", "name of later versions"),
    ("set-max-listpack-entries", "new in Redis 7.2"),
    ("set-max-listpack-value", "new in Redis 7.2"),
    ("slot-migration-max-failover-repl-bytes", "new in Valkey"),
    ("snapshot-queue-max", "ours"),
    ("tls-auth-clients-user", "new in Valkey"),
    ("tls-auto-reload-interval", "new in Valkey"),
    ("unixsocketgroup", "new in Valkey"),
];

/// Enough of a glob for `*`, and for names.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    pattern == b"*" || pattern == name
}

fn content(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn recorded() -> Vec<(&'static str, &'static str)> {
    content(ALL)
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .collect()
}

#[test]
fn every_recorded_name_has_the_recorded_default() {
    let config = Config::new();
    assert!(recorded().len() > 190, "the recording is cut off");
    for (name, value) in recorded() {
        let got = config.get(&[name.as_bytes()], glob);
        let [(shown, ours)] = got.as_slice() else {
            panic!("{name} is not known")
        };
        assert_eq!(shown, name);
        let differs = OTHER_DEFAULTS.iter().any(|(other, _)| *other == name);
        let ours = String::from_utf8_lossy(ours);
        assert_eq!(
            ours != value,
            differs,
            "{name}: ours {ours:?}, recorded {value:?}"
        );
    }
}

#[test]
fn a_pattern_lists_what_the_recorded_server_lists() {
    let listed: Vec<String> = Config::new()
        .get(&[b"*"], glob)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for (name, _) in recorded() {
        let hidden = HIDDEN.iter().any(|(other, _)| *other == name);
        assert_eq!(!listed.iter().any(|have| have == name), hidden, "{name}");
    }
    let known = recorded();
    let mut added: Vec<&str> = listed
        .iter()
        .map(String::as_str)
        .filter(|name| !known.iter().any(|(have, _)| have == name))
        .collect();
    added.sort_unstable();
    assert_eq!(added, ADDED.map(|(name, _)| name));
}

/// `+OK`, or the error as it goes out.
fn set(config: &Config, words: &[Vec<u8>]) -> String {
    let pairs: Vec<(&[u8], &[u8])> = words
        .chunks(2)
        .map(|pair| (pair[0].as_slice(), pair[1].as_slice()))
        .collect();
    match config.set(&pairs, false) {
        Ok(_) => "+OK".to_owned(),
        Err(error) => format!("-{} {error}", error.code()),
    }
}

#[test]
fn config_set_answers_and_changes_as_recorded() {
    let config = Config::new();
    let startup: [(&[u8], &[u8]); 3] = [
        (b"port", b"17392"),
        (b"dir", b"/var/lib/example"),
        (b"save", b""),
    ];
    config.set(&startup, true).unwrap();
    let mut lines = content(TRANSCRIPT).peekable();
    let mut groups = 0;
    while let Some(line) = lines.next() {
        let words = inline::split(line.strip_prefix("SET ").unwrap().as_bytes()).unwrap();
        let reply = lines.next().unwrap().strip_prefix("= ").unwrap();
        assert_eq!(set(&config, &words), reply, "{line}");
        for name in words.iter().step_by(2) {
            let expected = lines.next().unwrap().strip_prefix("GET ").unwrap();
            let got = config.get(&[name], glob);
            let got: Vec<Vec<u8>> = got
                .into_iter()
                .flat_map(|(name, value)| [name.into_bytes(), value])
                .collect();
            assert_eq!(
                got,
                inline::split(expected.as_bytes()).unwrap(),
                "after {line}"
            );
        }
        groups += 1;
    }
    assert!(groups > 150, "the recording is cut off");
}

#[test]
fn names_are_unique_and_in_lower_case() {
    let mut names: Vec<&str> = TABLE
        .iter()
        .flat_map(|entry| std::iter::once(entry.name).chain(entry.alias))
        .collect();
    assert!(
        names
            .iter()
            .all(|name| name.bytes().all(|b| !b.is_ascii_uppercase()))
    );
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for id in Id::all() {
        assert_eq!(
            params::lookup(id.name().to_uppercase().as_bytes()),
            Some((id, id.name()))
        );
        assert!(id.param().summary.ends_with('.'), "{}", id.name());
    }
}
