//! RDB files exchanged with a real `redis-server` (7.0 or newer), both ways. Without one the tests
//! pass after saying so.

use engine_persist::rdb::{
    Item, KeyMeta, Loaded, RdbReader, RdbValue, RdbWriter, dump_payload, restore_payload,
};
use engine_types::Limits;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Server {
    child: Child,
    client: BufReader<UnixStream>,
}

impl Server {
    /// Starts one in `dir`, at a socket file there; `None`, with a word on why, if there is none.
    fn start(dir: &Path, dbfilename: &str) -> Option<Self> {
        let socket = dir.join(format!("{dbfilename}.sock"));
        let spawned = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--enable-debug-command", "yes"])
            .args(["--dbfilename", dbfilename, "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(dir)
            .stdout(Stdio::null())
            .spawn();
        let Ok(mut child) = spawned else {
            println!("skipped: redis-server is not installed");
            return None;
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Ok(stream) = UnixStream::connect(&socket) {
                let mut server = Self {
                    child,
                    client: BufReader::new(stream),
                };
                while !server.call(&[b"PING"]).starts_with(b"+PONG") {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return Some(server);
            }
            let ended = child.try_wait().expect("child is ours");
            assert!(ended.is_none(), "redis-server ended: {ended:?}");
            assert!(Instant::now() < deadline, "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a command; the reply's first line, or a bulk string's bytes after `$`.
    fn call(&mut self, argv: &[&[u8]]) -> Vec<u8> {
        let mut request = Vec::new();
        engine_persist::journal::encode_command(&mut request, argv);
        self.client
            .get_mut()
            .write_all(&request)
            .expect("server reads");
        let mut line = Vec::new();
        self.client
            .read_until(b'\n', &mut line)
            .expect("server answers");
        line.truncate(line.len().saturating_sub(2));
        if line.first() != Some(&b'$') || line.starts_with(b"$-1") {
            return line;
        }
        let length: usize = String::from_utf8_lossy(&line[1..])
            .parse()
            .expect("a length");
        let mut bulk = vec![0; length + 2];
        self.client.read_exact(&mut bulk).expect("server answers");
        bulk.truncate(length);
        bulk.insert(0, b'$');
        bulk
    }

    /// Has a command carried out whose reply is not sent.
    fn unanswered(&mut self, words: &str) {
        let mut request = Vec::new();
        for line in ["CLIENT REPLY SKIP", words] {
            let argv: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            engine_persist::journal::encode_command(&mut request, &argv);
        }
        self.client
            .get_mut()
            .write_all(&request)
            .expect("server reads");
    }

    fn text(&mut self, words: &str) -> String {
        let argv: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        String::from_utf8_lossy(&self.call(&argv)).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every type, small and large, with and without expiry, in several databases.
fn populate(server: &mut Server) {
    let words = "w".repeat(300);
    for (key, value) in [
        ("int", "-12345"),
        ("wide", "123456789012"),
        ("run", &words),
        ("empty", ""),
    ] {
        assert_eq!(
            server.call(&[b"SET", key.as_bytes(), value.as_bytes()]),
            b"+OK"
        );
    }
    server.call(&[b"SET", b"bytes", &[0, 255, 13, 10, 128]]);
    server.text("SET expiring v PXAT 99999999999999");
    server.text("SELECT 5");
    for n in 0..3 {
        let long = "x".repeat(n * 70);
        server.text(&format!("RPUSH list:small {n} e{n} {}", 1u64 << (n * 20)));
        server.text(&format!(
            "SADD set:ints {} {n}",
            i64::from(i32::MAX) * n as i64
        ));
        server.text(&format!("SADD set:small m{n} {n}"));
        server.text(&format!("HSET hash:small f{n} {n} g{n} v{long}"));
        server.text(&format!(
            "ZADD zset:small {n}.25 m{n} {n} k{n} -inf low inf high"
        ));
    }
    populate_streams(server);
    server.text("SELECT 9");
    for n in 0..3000 {
        server.text(&format!("RPUSH list:large element:{n}"));
        server.text(&format!("SADD set:large {n} m{n}"));
        server.text(&format!("HSET hash:large f{n} {n}"));
        server.text(&format!("ZADD zset:large {} m{n}", f64::from(n) * 1.1));
    }
    server.call(&[b"RPUSH", b"list:plain", &vec![b'p'; 100_000], b"after"]);
    server.text("EXPIREAT hash:large 99999999999");
}

/// Streams of one and of many nodes in database 5, with deleted entries, groups and pending entries.
fn populate_streams(server: &mut Server) {
    for (key, entries) in [("stream:small", 5), ("stream:large", 2000)] {
        for n in 1..=entries {
            let shape = if n % 9 == 0 { "other 1 field" } else { "field" };
            server.text(&format!("XADD {key} {}-{n} {shape} value:{n}", n / 3));
        }
        server.text(&format!("XDEL {key} 0-1 1-3"));
        server.text(&format!("XGROUP CREATE {key} readers 0"));
        server.text(&format!("XGROUP CREATE {key} idle $ ENTRIESREAD {entries}"));
        for (consumer, count) in [("alice", 2), ("bob", 150)] {
            server.unanswered(&format!(
                "XREADGROUP GROUP readers {consumer} COUNT {count} STREAMS {key} >"
            ));
        }
        server.text(&format!("XACK {key} readers 0-2"));
        server.text(&format!("XDEL {key} 1-4"));
        server.text(&format!("XGROUP CREATECONSUMER {key} readers nobody"));
    }
    server.text("XGROUP CREATE stream:empty g $ MKSTREAM");
}

/// A whole RDB file, written again by our writer.
fn rewrite(from: &Path, to: &Path) -> BTreeMap<String, usize> {
    let mut reader =
        RdbReader::new(File::open(from).expect("dump"), Limits::default()).expect("header");
    let mut writer = RdbWriter::new(File::create(to).expect("new file"));
    let mut types = BTreeMap::new();
    while let Some(item) = reader.next().expect("redis's file is well formed") {
        match item {
            Item::Aux { name, value } => writer.aux(&name, &value),
            Item::Function(code) => writer.function(&code),
            Item::EmptyKey(key) => panic!("redis saves no empty key: {key:?}"),
            Item::SelectDb(db) => writer.select_db(db),
            Item::ResizeDb { keys, expiring } => writer.resize_db(keys, expiring),
            Item::Key { key, meta, value } => {
                let (name, value) = match &value {
                    Loaded::Bytes(bytes) => ("string", RdbValue::Bytes(bytes)),
                    Loaded::Object(object) => (object.kind().name(), RdbValue::Object(object)),
                };
                *types.entry(name.to_owned()).or_default() += 1;
                let KeyMeta { expire_at_ms, .. } = meta;
                writer.key(
                    &key,
                    KeyMeta {
                        expire_at_ms,
                        ..KeyMeta::default()
                    },
                    value,
                );
            }
        }
    }
    assert_eq!(reader.into_rest().1, b"");
    writer.finish().expect("file is written");
    types
}

#[test]
fn files_go_both_ways() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let Some(mut theirs) = Server::start(dir.path(), "theirs.rdb") else {
        return;
    };
    populate(&mut theirs);
    assert_eq!(theirs.text("SAVE"), "+OK");
    let digest = theirs.text("DEBUG DIGEST");
    assert!(!digest.ends_with("+0000000000000000000000000000000000000000"));

    let ours = dir.path().join("ours.rdb");
    let types = rewrite(&dir.path().join("theirs.rdb"), &ours);
    let expected = [
        ("hash", 2),
        ("list", 3),
        ("set", 3),
        ("stream", 3),
        ("string", 6),
        ("zset", 2),
    ];
    theirs.text("SELECT 5");
    assert_eq!(theirs.text("XLEN stream:large"), ":1997");
    let streams = ["stream:small", "stream:large", "stream:empty"];
    let dumps = streams.map(|key| theirs.call(&[b"DUMP", key.as_bytes()]));
    assert_eq!(types, expected.map(|(name, n)| (name.to_owned(), n)).into());

    let check = Command::new("redis-check-rdb")
        .arg(&ours)
        .output()
        .expect("comes with the server");
    let report = String::from_utf8_lossy(&check.stdout);
    assert!(
        check.status.success() && report.contains("RDB looks OK"),
        "{report}"
    );

    let Some(mut loaded) = Server::start(dir.path(), "ours.rdb") else {
        return;
    };
    assert_eq!(loaded.text("DEBUG DIGEST"), digest);
    assert_eq!(loaded.text("PEXPIRETIME expiring"), ":99999999999999");
    loaded.text("SELECT 5");
    // The digest leaves groups out, and counters; they are in a payload.
    let again = streams.map(|key| loaded.call(&[b"DUMP", key.as_bytes()]));
    assert!(dumps == again, "streams are not what they were");
    loaded.text("SELECT 9");
    assert_eq!(loaded.text("EXPIRETIME hash:large"), ":99999999999");
}

#[test]
fn payloads_go_both_ways() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let Some(mut server) = Server::start(dir.path(), "dump.rdb") else {
        return;
    };
    populate(&mut server);
    let limits = Limits::default();
    for (db, keys) in [
        (0, &["int", "wide", "run", "empty", "bytes"][..]),
        (
            5,
            &[
                "list:small",
                "set:ints",
                "set:small",
                "hash:small",
                "zset:small",
                "stream:small",
                "stream:large",
                "stream:empty",
            ],
        ),
        (
            9,
            &[
                "list:large",
                "set:large",
                "hash:large",
                "zset:large",
                "list:plain",
            ],
        ),
    ] {
        server.text(&format!("SELECT {db}"));
        for key in keys {
            // The digest of a value tells whether it expires, which a payload does not carry.
            server.text(&format!("PERSIST {key}"));
            let dumped = server.call(&[b"DUMP", key.as_bytes()]);
            let value = restore_payload(&dumped[1..], &limits).expect("redis's payload");
            let payload = dump_payload(match &value {
                Loaded::Bytes(bytes) => RdbValue::Bytes(bytes),
                Loaded::Object(object) => RdbValue::Object(object),
            });
            assert_eq!(
                server.call(&[b"RESTORE", b"copy", b"0", &payload, b"REPLACE"]),
                b"+OK",
                "{key}"
            );
            if key.starts_with("stream") {
                let copied = server.call(&[b"DUMP", b"copy"]);
                assert!(copied == dumped, "{key} is not what it was");
            }
            let digest = |server: &mut Server, key: &str| {
                server.text(&format!("DEBUG DIGEST-VALUE {key}"));
                let mut line = Vec::new();
                server
                    .client
                    .read_until(b'\n', &mut line)
                    .expect("server answers");
                String::from_utf8_lossy(&line).into_owned()
            };
            assert_eq!(
                digest(&mut server, "copy"),
                digest(&mut server, key),
                "{key}"
            );
        }
    }
}
