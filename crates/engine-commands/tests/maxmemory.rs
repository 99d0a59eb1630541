//! `maxmemory`: who is refused, what is evicted, and what is written into the journal about it.

use engine_dispatch::Server;
use engine_dispatch::evict::{self, Room};
use engine_dispatch::server::{Process, Shutdown};
use engine_session::transcript::Stage;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a key of these tests takes: 8 bytes of header, about 8 of key, 64 of value, 8 in the table.
const KEY_BYTES: u64 = 88;

/// A process whose memory is the keys' and an amount that the test sets.
struct Memory {
    server: &'static Server,
    other: Arc<AtomicU64>,
}

impl Process for Memory {
    fn memory_used(&self) -> u64 {
        let keys = self.server.keyspace.db(0).keys.get().max(0) as u64;
        self.other.load(Ordering::Relaxed) + keys * KEY_BYTES
    }
    fn apply(&self, _: params::Id) -> Result<(), String> {
        Ok(())
    }
    fn shutdown(&self, _: Shutdown) {}
    fn config_file(&self) -> Option<String> {
        None
    }
    fn port(&self) -> u16 {
        0
    }
}

struct Node {
    stage: Stage,
    other: Arc<AtomicU64>,
}

impl Node {
    fn new(policy: &str, seed: u64) -> Self {
        let mut stage = Stage::new(engine_commands::table());
        let other = Arc::new(AtomicU64::new(0));
        let memory = Memory {
            server: stage.server,
            other: other.clone(),
        };
        stage.server.set_process(Box::new(memory));
        stage.worker.random = SmallRng::seed_from_u64(seed);
        let mut node = Self { stage, other };
        // Time is no part of these tests.
        node.run("CONFIG SET maxmemory-eviction-tenacity 100");
        node.run(&format!("CONFIG SET maxmemory-policy {policy}"));
        node
    }

    fn run(&mut self, command: &str) -> String {
        let out = self.stage.send("a", format!("{command}\r\n").as_bytes());
        String::from_utf8(out).unwrap()
    }

    fn put(&mut self, key: &str, options: &str) -> String {
        self.run(&format!("SET {key} {} {options}", "v".repeat(64)))
    }

    fn limit_keys(&mut self, keys: u64) {
        assert_eq!(
            self.run(&format!("CONFIG SET maxmemory {}", keys * KEY_BYTES)),
            "+OK\r\n"
        );
    }

    fn has(&mut self, key: &str) -> bool {
        self.run(&format!("EXISTS {key}")) == ":1\r\n"
    }

    fn keys(&self) -> i64 {
        self.stage.server.keyspace.db(0).keys.get()
    }

    fn evicted(&self) -> u64 {
        self.stage.server.totals().evicted
    }
}

const OOM: &str = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

#[test]
fn without_eviction_what_takes_memory_is_refused() {
    let mut node = Node::new("noeviction", 1);
    node.put("k", "");
    node.other.store(10_000, Ordering::Relaxed);
    node.limit_keys(1);
    node.stage.play(
        "> SET other v
         < -OOM command not allowed when used memory > 'maxmemory'.
         > LPUSH l x
         < -OOM command not allowed when used memory > 'maxmemory'.
         > EXISTS k
         < :1
         > EXPIRE k 100
         < :1
         > MULTI
         < +OK
         > SET other v
         < -OOM command not allowed when used memory > 'maxmemory'.
         > EXEC
         < -EXECABORT Transaction discarded because of previous errors.
         > MULTI
         < +OK
         > DEL none
         < +QUEUED
         > EXEC
         < *1
         < :0
         > DEL k
         < :1",
    );
    // Queued while there was memory, run when there is none: refused as a whole, its transaction is over.
    node.other.store(0, Ordering::Relaxed);
    node.run("MULTI");
    assert_eq!(node.run("SET a 1"), "+QUEUED\r\n");
    node.other.store(10_000, Ordering::Relaxed);
    assert_eq!(
        node.run("EXEC"),
        "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n"
    );
    assert_eq!(node.run("EXEC"), "-ERR EXEC without MULTI\r\n");
    assert!(!node.has("a"));
    let info = node.run("INFO stats");
    assert!(info.contains("evicted_keys:0\r\n"), "{info}");
}

#[test]
fn every_policy_keeps_to_the_limit_and_to_the_keys_it_may_take() {
    let policies = [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ];
    for policy in policies {
        let mut node = Node::new(policy, 2);
        node.limit_keys(300);
        for n in 0..200 {
            node.put(&format!("stays:{n:03}"), "");
        }
        for n in 0..400 {
            assert_eq!(
                node.put(&format!("comes:{n:03}"), "EX 1000"),
                "+OK\r\n",
                "{policy}"
            );
            assert!(node.keys() <= 301, "{policy}: {}", node.keys());
        }
        assert!(node.evicted() >= 299, "{policy}: {}", node.evicted());
        let stay = (0..200)
            .filter(|n| node.has(&format!("stays:{n:03}")))
            .count();
        if policy.starts_with("volatile") {
            assert_eq!(stay, 200, "{policy}");
            // When only such keys are left there is nothing to be evicted.
            node.limit_keys(100);
            assert_eq!(node.put("more", ""), OOM, "{policy}");
            assert_eq!(node.keys(), 200, "{policy}");
        } else {
            assert!(stay < 200, "{policy}");
        }
    }
}

#[test]
fn a_limit_that_is_lowered_counts_at_once() {
    let mut node = Node::new("allkeys-lru", 3);
    for n in 0..500 {
        node.put(&format!("key:{n:04}"), "");
    }
    node.limit_keys(100);
    assert!(node.stage.server.eviction.is_running());
    assert_eq!(
        evict::make_room(node.stage.server, &mut node.stage.worker),
        Room::Enough
    );
    assert!(!node.stage.server.eviction.is_running());
    assert!((85..=100).contains(&node.keys()), "{}", node.keys());
}

#[test]
fn evictions_are_journalled_each_by_itself() {
    for (lazy, verb) in [("no", "DEL"), ("yes", "UNLINK")] {
        let mut node = Node::new("allkeys-random", 4);
        node.run(&format!("CONFIG SET lazyfree-lazy-eviction {lazy}"));
        for n in 0..3 {
            node.put(&format!("key:{n:04}"), "");
        }
        let from = node.stage.journal_on();
        node.run("CONFIG SET maxmemory 1");
        evict::make_room(node.stage.server, &mut node.stage.worker);
        node.run("CONFIG SET maxmemory 0");
        node.run("SET a 1");
        let mut effects = node.stage.effects(from);
        assert_eq!(effects.remove(0), "SELECT 0");
        assert_eq!(effects.pop().unwrap(), "SET a 1");
        effects.sort();
        assert_eq!(effects, [0, 1, 2].map(|n| format!("{verb} key:{n:04}")));
        assert_eq!(node.evicted(), 3);
    }
}

#[test]
fn nothing_is_evicted_inside_a_transaction_nor_while_clients_are_paused() {
    let mut node = Node::new("allkeys-lru", 5);
    node.limit_keys(100);
    for n in 0..100 {
        node.put(&format!("key:{n:04}"), "");
    }
    node.run("MULTI");
    for n in 0..50 {
        node.put(&format!("more:{n:03}"), "");
    }
    node.run("EXEC");
    assert_eq!((node.keys(), node.evicted()), (150, 0));
    node.stage.server.pause.begin(i64::MAX, false, 0);
    assert_eq!(
        evict::make_room(node.stage.server, &mut node.stage.worker),
        Room::Enough
    );
    assert_eq!(node.evicted(), 0);
    node.stage.server.pause.end();
    evict::make_room(node.stage.server, &mut node.stage.worker);
    assert!(node.keys() <= 100);
}

#[test]
fn a_replica_leaves_eviction_to_its_primary() {
    let mut node = Node::new("allkeys-lru", 6);
    for n in 0..50 {
        node.put(&format!("key:{n:04}"), "");
    }
    node.stage.server.is_replica.store(true, Ordering::Relaxed);
    node.run("CONFIG SET maxmemory 1");
    assert_eq!(
        evict::make_room(node.stage.server, &mut node.stage.worker),
        Room::Enough
    );
    assert_eq!(node.keys(), 50);
    node.run("CONFIG SET replica-ignore-maxmemory no");
    evict::make_room(node.stage.server, &mut node.stage.worker);
    assert_eq!(node.keys(), 0);
}

/// Keys in the order of their last use; those evicted should be among the first. Redis with five samples and its pool
/// takes nine of ten from the third that was used least lately.
#[test]
fn lru_takes_what_was_not_used_lately() {
    let mut node = Node::new("allkeys-lru", 7);
    for n in 0..1000 {
        node.put(&format!("key:{n:04}"), "");
        node.stage.advance(1000);
    }
    // The even ones are used again.
    for n in (0..1000).step_by(2) {
        node.run(&format!("GET key:{n:04}"));
        node.stage.advance(1000);
    }
    node.limit_keys(750);
    evict::make_room(node.stage.server, &mut node.stage.worker);
    let gone: Vec<usize> = (0..1000)
        .filter(|n| !node.has(&format!("key:{n:04}")))
        .collect();
    assert!((250..270).contains(&gone.len()));
    let odd = gone.iter().filter(|n| *n % 2 == 1).count();
    assert!(odd * 100 >= gone.len() * 95, "{odd} of {}", gone.len());
    let old = gone.iter().filter(|n| **n < 667).count();
    assert!(old * 100 >= gone.len() * 80, "{old} of {}", gone.len());
}

/// Accesses by a power law while new keys come: what is used often stays.
#[test]
fn lfu_keeps_what_is_used_often() {
    let mut node = Node::new("allkeys-lfu", 8);
    node.run("CONFIG SET lfu-log-factor 1");
    node.limit_keys(500);
    for n in 0..100 {
        node.put(&format!("hot:{n:05}"), "");
    }
    for round in 0..40 {
        for n in 0..100 {
            node.run(&format!("GET hot:{n:05}"));
        }
        for n in 0..50 {
            node.put(&format!("cold:{round:02}{n:02}"), "");
        }
    }
    let hot = (0..100)
        .filter(|n| node.has(&format!("hot:{n:05}")))
        .count();
    assert!(hot >= 98, "{hot} of 100");
    assert!(node.evicted() > 1500);
    let often = node.run("OBJECT FREQ hot:00001");
    let rarely = node.run("OBJECT FREQ cold:3949");
    assert_eq!(rarely, ":5\r\n");
    let often: i64 = often.trim_start_matches(':').trim_end().parse().unwrap();
    assert!((10..=30).contains(&often), "{often}");
    // An hour without use.
    node.stage.advance(3_600_000);
    assert_eq!(node.run("OBJECT FREQ hot:00001"), ":0\r\n");
    assert!(
        node.run("OBJECT IDLETIME hot:00001")
            .starts_with("-ERR An LFU maxmemory policy is selected")
    );
}

#[test]
fn how_often_a_key_is_used_outlives_its_values() {
    let mut node = Node::new("allkeys-lfu", 9);
    node.run("CONFIG SET lfu-log-factor 0");
    node.stage.play(
        "> SET k v
         < +OK
         > OBJECT FREQ k
         < :5
         > SET k a-value-of-another-size-altogether
         < +OK
         > APPEND k x
         < :35
         > GET k
         < $35
         < a-value-of-another-size-altogetherx
         > OBJECT FREQ k
         < :8
         > CLIENT NO-TOUCH on
         < +OK
         > GET k
         < $35
         < a-value-of-another-size-altogetherx
         > OBJECT FREQ k
         < :8
         > DEL k
         < :1
         > SET k v
         < +OK
         > OBJECT FREQ k
         < :5",
    );
}

#[test]
fn the_soonest_to_expire_go_first() {
    let mut node = Node::new("volatile-ttl", 10);
    for n in 0..1000 {
        node.put(&format!("key:{n:04}"), &format!("EX {}", 1000 + n));
    }
    node.limit_keys(750);
    evict::make_room(node.stage.server, &mut node.stage.worker);
    let gone: Vec<usize> = (0..1000)
        .filter(|n| !node.has(&format!("key:{n:04}")))
        .collect();
    let soon = gone.iter().filter(|n| **n < 500).count();
    assert!(soon * 100 >= gone.len() * 95, "{soon} of {}", gone.len());
}

/// Half of the keys share a tag, and with it a slot: each key is as likely to go as any other.
#[test]
fn a_slot_with_many_keys_is_sampled_by_its_share() {
    for policy in ["allkeys-random", "allkeys-lru", "volatile-random"] {
        let mut node = Node::new(policy, 11);
        for n in 0..2000 {
            node.put(&format!("{{tag}}{n:04}"), "EX 10000");
            node.put(&format!("key:{n:05}"), "EX 10000");
        }
        node.limit_keys(3000);
        evict::make_room(node.stage.server, &mut node.stage.worker);
        let tagged = (0..2000)
            .filter(|n| !node.has(&format!("{{tag}}{n:04}")))
            .count();
        assert!((350..=650).contains(&tagged), "{policy}: {tagged} of 1000");
    }
}
