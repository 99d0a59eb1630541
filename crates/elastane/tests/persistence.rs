//! Saving and loading of a whole node: what a file shows, and what is left after kill -9, a broken file, a lost folder.

mod node;

use node::{Client, Server};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Every type in every form, with and without expiry, in two databases.
fn populate(client: &mut Client) {
    let long = "x".repeat(500);
    for (key, value) in [
        ("int", "-12345"),
        ("wide", "123456789012"),
        ("run", &long),
        ("text", "é"),
    ] {
        assert_eq!(client.call(&format!("SET {key} {value}")), "+OK");
    }
    client.call("SET expiring v PXAT 99999999999999");
    for n in 0..700 {
        let word = format!("word-{n}-{}", &long[..n % 80]);
        client.call(&format!("RPUSH list:large {word} {n}"));
        client.call(&format!("SADD set:large {word} {n}"));
        client.call(&format!("SADD set:ints:large {}", n * 1_000_003));
        client.call(&format!("HSET hash:large f{n} {word}"));
        client.call(&format!("ZADD zset:large {n}.5 {word}"));
        client.call(&format!("XADD stream:large {n}-1 name {word} n {n}"));
        if n == 5 {
            for kind in ["list", "set", "set:ints", "hash", "zset", "stream"] {
                let copied = client.call(&format!("COPY {kind}:large {kind}:small"));
                assert_eq!(copied, ":1", "{kind}");
            }
        }
    }
    client.call("XGROUP CREATE stream:large group 3-1");
    client.call("XREADGROUP GROUP group alice COUNT 20 STREAMS stream:large >");
    client.call("XDEL stream:large 10-1");
    client.call("PEXPIREAT hash:large 88888888888888");
    client.call("SELECT 5");
    client.call("SET other database");
    client.call("RPUSH l -1 -128 -32769 2147483648 inf");
    client.call("SELECT 0");
}

#[test]
fn files_go_both_ways_between_us_and_redis() {
    let (ours, theirs) = (folder(), folder());
    let mut node = Server::node(ours.path(), &["--save", ""]);
    let mut client = node.client();
    populate(&mut client);
    let digest = client.call("DEBUG DIGEST");
    client.save_in_background();
    assert_eq!(client.call("DEBUG RELOAD"), "+OK");
    assert_eq!(client.call("DEBUG DIGEST"), digest);
    std::fs::copy(ours.path().join("dump.rdb"), theirs.path().join("dump.rdb")).expect("a file");
    let Some(mut redis) = Server::redis(theirs.path(), &["--save", ""]) else {
        println!("skipped: redis-server is not installed");
        return;
    };
    let mut other = redis.client();
    assert_eq!(other.call("DEBUG DIGEST"), digest);
    // What it saves, and what it made itself.
    assert_eq!(other.call("FLUSHALL"), "+OK");
    populate(&mut other);
    let digest = other.call("DEBUG DIGEST");
    assert_eq!(other.call("SAVE"), "+OK");
    redis.kill();
    node.kill();
    std::fs::copy(theirs.path().join("dump.rdb"), ours.path().join("dump.rdb")).expect("a file");
    let mut node = Server::node(ours.path(), &["--save", ""]);
    let mut client = node.client();
    assert_eq!(client.call("DEBUG DIGEST"), digest);
    assert_eq!(client.call("PEXPIRETIME hash:large"), ":88888888888888");
}

const ACCOUNTS: usize = 300;

/// Moves amounts between accounts, in different slots, by transactions, until told to stop.
fn transfer(client: &mut Client, seed: u64, stop: &AtomicBool, done: &AtomicU64) {
    let mut random = seed;
    while !stop.load(Ordering::Relaxed) {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let (from, to) = (
            (random >> 33) as usize % ACCOUNTS,
            (random >> 45) as usize % ACCOUNTS,
        );
        client.call("MULTI");
        client.call(&format!("DECRBY account:{from} 3"));
        client.call(&format!("INCRBY account:{to} 3"));
        client.call(&format!(
            "ZADD {{tag}}:board {} member:{}",
            random % 1000,
            random % 20_000
        ));
        client.call("EXEC");
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sum of the accounts in a file, by a node that loads it.
fn sum_in(file: &std::path::Path) -> (i64, i64) {
    let folder = folder();
    std::fs::copy(file, folder.path().join("dump.rdb")).expect("a file");
    let mut node = Server::node(folder.path(), &["--save", ""]);
    let mut client = node.client();
    let keys = client.call("DBSIZE")[1..].parse().expect("a number");
    let names: Vec<String> = (0..ACCOUNTS).map(|n| format!("account:{n}")).collect();
    let values = client.call(&format!("MGET {}", names.join(" ")));
    let sum = values
        .lines()
        .map(|v| v.parse::<i64>().expect("a number"))
        .sum();
    (keys, sum)
}

/// Writers never stop while one save follows another; each file must show one moment: all accounts with their sum.
#[test]
fn each_file_shows_one_moment() {
    let dir = folder();
    let mut node = Server::node(dir.path(), &["--save", "", "--io-threads", "2"]);
    let mut client = node.client();
    for n in 0..ACCOUNTS {
        client.call(&format!("SET account:{n} 1000"));
    }
    // A slot with many keys, and a large sorted set that every transaction changes.
    for n in 0..3_000 {
        client.call(&format!("SET {{tag}}:{n} value"));
        client.call(&format!("ZADD {{tag}}:board {n} member:{n}"));
    }
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            let mut writer = node.client();
            let (stop, done) = (&stop, &done);
            scope.spawn(move || transfer(&mut writer, seed, stop, done));
        }
        for round in 0..6 {
            let before = done.load(Ordering::Relaxed);
            client.save_in_background();
            assert!(
                done.load(Ordering::Relaxed) > before,
                "nobody wrote meanwhile"
            );
            let (keys, sum) = sum_in(&dir.path().join("dump.rdb"));
            assert_eq!(
                (keys, sum),
                (3_301, 1000 * ACCOUNTS as i64),
                "round {round}"
            );
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn kill_during_a_save_leaves_the_file_before_it() {
    let dir = folder();
    let file = dir.path().join("dump.rdb");
    for round in 0..6u64 {
        let mut node = Server::node(dir.path(), &["--save", "", "--rdb-key-save-delay", "200"]);
        let mut client = node.client();
        assert_eq!(client.call("DBSIZE"), format!(":{}", round * 100));
        for n in 0..100 {
            client.call(&format!("SET key:{round}:{n} value"));
        }
        client.save_in_background();
        let good = std::fs::read(&file).expect("saved");
        client.call("SET more data");
        assert_eq!(client.call("BGSAVE"), "+Background saving started");
        std::thread::sleep(Duration::from_millis(round * 3));
        node.kill();
        assert_eq!(
            std::fs::read(&file).expect("still there"),
            good,
            "round {round}"
        );
    }
}

#[test]
fn sigterm_saves_and_the_next_start_has_it() {
    let dir = folder();
    let mut node = Server::node(dir.path(), &[]);
    let mut client = node.client();
    client.call("SET kept value");
    client.call("SET gone value PX 1");
    client.call("HSET h f v");
    node.terminate();
    assert!(node.wait().success());
    let mut node = Server::node(dir.path(), &[]);
    let mut client = node.client();
    assert_eq!(client.call("DBSIZE"), ":2");
    client.call("SET lost value");
    client.send(&[b"SHUTDOWN", b"NOSAVE"]).expect("sent");
    assert!(node.wait().success());
    let mut node = Server::node(dir.path(), &[]);
    let mut client = node.client();
    assert_eq!(client.call("GET kept"), "value");
    assert_eq!(client.call("EXISTS lost"), ":0");
    // With a folder in the file's place nothing can be saved: the node stays.
    let file = dir.path().join("dump.rdb");
    std::fs::remove_file(&file).expect("is there");
    std::fs::create_dir(&file).expect("may be made");
    let error = client.call("SHUTDOWN SAVE");
    assert_eq!(error, "-ERR Errors trying to SHUTDOWN. Check logs.");
    assert_eq!(client.call("SET still writable"), "+OK");
    assert_eq!(client.call("BGSAVE"), "+Background saving started");
    while client.persistence("rdb_last_bgsave_status") != "err" {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(
        client
            .call("SET refused value")
            .starts_with("-MISCONF Redis is configured")
    );
    assert!(client.call("PING").starts_with("-MISCONF"));
    assert_eq!(client.call("GET kept"), "value");
    assert_eq!(client.call("SAVE"), "-ERR");
    std::fs::remove_dir(&file).expect("is empty");
    assert_eq!(client.call("SAVE"), "+OK");
    assert_eq!(client.call("SET accepted value"), "+OK");
}

#[test]
fn flushall_replaces_the_file_and_debug_reload_merges() {
    let dir = folder();
    let mut node = Server::node(dir.path(), &[]);
    let mut client = node.client();
    client.call("SET a 1");
    assert_eq!(client.call("SAVE"), "+OK");
    client.call("DEL a");
    client.call("SET b 2");
    assert_eq!(client.call("DEBUG RELOAD NOSAVE NOFLUSH"), "+OK");
    assert_eq!(client.call("MGET a b"), "1\n2\n");
    let twice = "-ERR Error trying to load the RDB dump, check server logs";
    assert_eq!(client.call("DEBUG RELOAD NOSAVE NOFLUSH"), twice);
    assert_eq!(client.call("DEBUG RELOAD NOSAVE NOFLUSH MERGE"), "+OK");
    assert_eq!(client.call("DBSIZE"), ":2");
    assert_eq!(client.call("FLUSHALL"), "+OK");
    node.kill();
    let mut node = Server::node(dir.path(), &[]);
    assert_eq!(node.client().call("DBSIZE"), ":0");
}

#[test]
fn a_broken_file_ends_the_start() {
    let dir = folder();
    std::fs::write(dir.path().join("dump.rdb"), b"REDIS0010\xfe\0nonsense").expect("may write");
    let mut node = Server::node(dir.path(), &[]);
    assert_eq!(node.wait().code(), Some(1));
    let log = std::fs::read_to_string(dir.path().join("log")).expect("a log");
    assert!(
        log.contains("Fatal error loading the DB, check server logs. Exiting."),
        "{log}"
    );
    assert!(!log.contains("Ready to accept connections"), "{log}");
}
