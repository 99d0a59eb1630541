//! Keys whose time has come: who removes them, and what the journal is told.

use engine_dispatch::expire::Sweep;
use engine_session::transcript::Stage;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn stage() -> Stage {
    Stage::new(engine_commands::table())
}

fn sweep(stage: &mut Stage) {
    Sweep::default().run(stage.server, &mut stage.worker, 1, Duration::from_secs(60));
}

#[test]
fn the_sweep_removes_what_is_due_and_nothing_else() {
    let mut stage = stage();
    for n in 0..3000 {
        stage.send(
            "a",
            format!("SET {{t}}{n} v PX {}\r\n", 10 + n % 2 * 1000).as_bytes(),
        );
        stage.send(
            "a",
            format!("SET k{n} v PX {}\r\n", 10 + n % 2 * 1000).as_bytes(),
        );
    }
    stage.play(
        "> SET stays v\n< +OK\n> SELECT 3\n< +OK\n> SET k v PX 10\n< +OK\n> SELECT 0\n< +OK\n+ 10",
    );
    sweep(&mut stage);
    stage.play("> DBSIZE\n< :3001\n> SELECT 3\n< +OK\n> DBSIZE\n< :0\n> SELECT 0\n< +OK\n+ 1000");
    assert_eq!(stage.server.totals().expired, 3001);
    sweep(&mut stage);
    stage.play("> DBSIZE\n< :1\n> EXISTS stays\n< :1");
    let info = String::from_utf8(stage.send("a", b"INFO stats\r\n")).unwrap();
    assert!(info.contains("\r\nexpired_keys:6001\r\n"), "{info}");
}

#[test]
fn the_sweep_does_not_run_where_it_must_not() {
    let mut stage = stage();
    stage.play("> SET k v PX 10\n< +OK\n+ 10");
    stage.server.active_expire.store(false, Ordering::Relaxed);
    sweep(&mut stage);
    assert_eq!(stage.server.keyspace.db(0).keys.get(), 1);
    stage.server.active_expire.store(true, Ordering::Relaxed);
    stage.server.is_replica.store(true, Ordering::Relaxed);
    sweep(&mut stage);
    stage.play("> DBSIZE\n< :1\n> GET k\n< $-1\n> DBSIZE\n< :1");
    stage.server.is_replica.store(false, Ordering::Relaxed);
    stage.server.pause.begin(i64::MAX, false, 0);
    sweep(&mut stage);
    stage.play("> GET k\n< $-1\n> DBSIZE\n< :1");
    stage.server.pause.end();
    sweep(&mut stage);
    stage.play("> DBSIZE\n< :0");
}

/// As in Redis: a removal that the command did not ask for is no part of a transaction made of it.
#[test]
fn removals_found_on_the_way_are_journalled_each_by_itself() {
    let mut stage = stage();
    let from = stage.journal_on();
    stage.play(
        "> SET {t}a v PX 10
         < +OK
         > SET {t}b v PX 10
         < +OK
         > SET c v PX 10
         < +OK
         + 10
         > SCAN 0 COUNT 1000
         < *2
         < $1
         < 0
         < *0
         > DBSIZE
         < :0
         > SET d v PX 10
         < +OK
         + 10
         > RANDOMKEY
         < $-1
         > DBSIZE
         < :0
         > SET e v PX 10
         < +OK
         + 10
         > KEYS *
         < *0
         > DBSIZE
         < :1
         > MULTI
         < +OK
         > SCAN 0 COUNT 1000
         < +QUEUED
         > EXEC
         < *1
         < *2
         < $1
         < 0
         < *0
         > DBSIZE
         < :0",
    );
    let effects = stage.effects(from);
    let removals: Vec<&String> = effects.iter().filter(|e| !e.starts_with("SET")).collect();
    let mut first: Vec<&str> = removals[1..4].iter().map(|e| e.as_str()).collect();
    first.sort_unstable();
    assert_eq!(removals[0], "SELECT 0");
    assert_eq!(first, ["DEL c", "DEL {t}a", "DEL {t}b"]);
    assert_eq!(removals[4..], ["DEL d", "DEL e"]);
}

#[test]
fn a_replica_hides_and_does_not_remove() {
    let mut stage = stage();
    stage.play("> SET k v PX 10\n< +OK\n+ 10");
    stage.server.is_replica.store(true, Ordering::Relaxed);
    stage.play(
        "> SCAN 0 COUNT 1000
         < *2
         < $1
         < 0
         < *0
         > RANDOMKEY
         < $-1
         > GET k
         < $-1
         > EXISTS k
         < :0
         > DBSIZE
         < :1",
    );
}
