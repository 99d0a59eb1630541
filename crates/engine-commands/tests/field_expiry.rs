//! Fields that expire: the sweep, replicas, and hashes with more due fields than are removed at once.

use engine_dispatch::expire::Sweep;
use engine_session::transcript::Stage;
use std::time::Duration;

fn stage() -> Stage {
    Stage::new(engine_commands::table())
}

fn sweep(stage: &mut Stage, rounds: usize) {
    let mut sweep = Sweep::default();
    for _ in 0..rounds {
        sweep.run(stage.server, &mut stage.worker, 1, Duration::from_secs(60));
    }
}

/// A hash of `count` fields that are due in ten milliseconds, and one that stays.
fn many(stage: &mut Stage, count: usize) {
    let names: Vec<String> = (0..count).map(|n| format!("f{n}")).collect();
    let pairs: Vec<String> = names.iter().map(|name| format!("{name} v")).collect();
    stage.play(&format!(
        "> HSET h {} stays v\n< :{}",
        pairs.join(" "),
        count + 1
    ));
    stage.send(
        "a",
        format!("HPEXPIRE h 10 FIELDS {count} {}\r\n", names.join(" ")).as_bytes(),
    );
}

#[test]
fn the_sweep_removes_what_nobody_asks_for() {
    let mut stage = stage();
    let from = stage.journal_on();
    many(&mut stage, 3000);
    let before = stage.effects(from).len();
    stage.advance(10);
    assert_eq!(stage.server.keyspace.db(0).fields_expire.get(), 1);
    sweep(&mut stage, 5);
    assert_eq!(stage.server.keyspace.db(0).fields_expire.get(), 0);
    let removed: usize = stage.effects(from)[before..]
        .iter()
        .filter_map(|effect| effect.strip_prefix("HDEL h "))
        .map(|names| names.split(' ').count())
        .sum();
    assert_eq!(removed, 3000);
    stage.play("> HLEN h\n< :1");
}

#[test]
fn more_due_fields_than_are_removed_at_once_are_hidden_all_the_same() {
    let mut stage = stage();
    many(&mut stage, 3000);
    stage.advance(10);
    stage.play(
        "> HRANDFIELD h
         < $5
         < stays
         > HLEN h
         < :1
         > HSETNX h f2999 new
         < :1
         > HGET h f2999
         < $3
         < new
         > HDEL h f2998
         < :0",
    );
}

#[test]
fn a_hash_whose_last_field_expires_goes_in_the_sweep() {
    let mut stage = stage();
    stage.play(
        "> HSET h f v
         < :1
         > HPEXPIRE h 10 FIELDS 1 f
         < *1
         < :1
         + 10",
    );
    sweep(&mut stage, 1);
    assert_eq!(stage.server.keyspace.db(0).keys.get(), 0);
    stage.play("> RANDOMKEY\n< $-1\n> DBSIZE\n< :0");
}

#[test]
fn flushing_and_swapping_keep_the_count_of_such_hashes() {
    let mut stage = stage();
    stage.play(
        "> HSETEX h EX 10 FIELDS 1 f v
         < :1
         > SWAPDB 0 1
         < +OK",
    );
    let count = |stage: &Stage, db| stage.server.keyspace.db(db).fields_expire.get();
    assert_eq!((count(&stage, 0), count(&stage, 1)), (0, 1));
    stage.play("> SELECT 1\n< +OK\n> HSET h f v\n< :0");
    assert_eq!(count(&stage, 1), 0);
    stage.play("> HSETEX h EX 10 FIELDS 1 f v\n< :1\n> FLUSHALL\n< +OK");
    assert_eq!(count(&stage, 1), 0);
}
