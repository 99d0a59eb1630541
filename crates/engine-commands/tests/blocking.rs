//! Blocked clients: who is served, in which order, by what, and what the journal says of it.

use engine_keyspace::{SlotId, Unit, slot_of};
use engine_session::transcript::Stage;

fn stage() -> Stage {
    Stage::new(engine_commands::table())
}

fn play(transcript: &str) {
    stage().play(transcript);
}

/// How many records of waiters the queues of a key hold, answered ones included.
fn waiters(stage: &Stage, key: &str) -> usize {
    let id = SlotId::new(0, slot_of(key.as_bytes()));
    let mut unit = Unit::new(&stage.server.keyspace);
    unit.lock(&[id]).unwrap();
    let extra = unit.data(id).extra();
    extra
        .and_then(|extra| extra.waiting.get(key.as_bytes()))
        .map_or(0, |queue| queue.len())
}

#[test]
fn first_come_first_served() {
    play(
        "a> BLPOP k 0
         <
         b> BRPOP k 0
         <
         c> BLPOP k 0
         <
         d> RPUSH k 1
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < 1
         b>
         <
         d> RPUSH k 2 3 4
         < :3
         b>
         < *2
         < $1
         < k
         < $1
         < 4
         c>
         < *2
         < $1
         < k
         < $1
         < 2
         d> LRANGE k 0 -1
         < *1
         < $1
         < 3",
    );
}

#[test]
fn two_waiters_one_value() {
    play(
        "a> BLPOP k 0
         <
         b> BLPOP k 0.1
         <
         d> LPUSH k x
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < x
         b>
         <
         + 100
         < *-1
         d> LPUSH k y
         < :1
         d> LLEN k
         < :1",
    );
}

#[test]
fn a_thousand_waiters_keep_their_order() {
    let mut stage = stage();
    for n in 0..1000 {
        assert_eq!(stage.send(&format!("w{n}"), b"BLPOP k 0\r\n"), b"");
    }
    for n in 0..1000 {
        stage.send("p", format!("RPUSH k v{n}\r\n").as_bytes());
        let got = String::from_utf8(stage.output(&format!("w{n}"))).unwrap();
        assert!(got.ends_with(&format!("\r\nv{n}\r\n")), "{n}: {got:?}");
    }
    assert_eq!(waiters(&stage, "k"), 0);
}

#[test]
fn a_waiter_on_several_keys_is_served_once() {
    play(
        "a> BLPOP one two three 0
         <
         b> RPUSH two x
         < :1
         a>
         < *2
         < $3
         < two
         < $1
         < x
         b> RPUSH one y
         < :1
         b> RPUSH three z
         < :1
         a>
         <
         a> BRPOP one two three 0
         < *2
         < $3
         < one
         < $1
         < y",
    );
}

#[test]
fn of_several_ready_keys_the_first_named_serves() {
    play(
        "a> BLPOP one two 0
         <
         b> MULTI
         < +OK
         b> RPUSH two x
         < +QUEUED
         b> RPUSH one y
         < +QUEUED
         b> EXEC
         < *2
         < :1
         < :1
         a>
         < *2
         < $3
         < one
         < $1
         < y
         b> LLEN two
         < :1",
    );
}

#[test]
fn a_key_named_twice_is_one_wish() {
    let mut stage = stage();
    stage.play(
        "a> BLPOP k k 0
         <
         b> RPUSH k 1 2
         < :2
         a>
         < *2
         < $1
         < k
         < $1
         < 1
         b> LLEN k
         < :1",
    );
    assert_eq!(waiters(&stage, "k"), 0);
}

#[test]
fn no_queue_grows_while_another_key_serves() {
    let mut stage = stage();
    for _ in 0..100 {
        stage.send("a", b"BLPOP busy idle 0\r\n");
        assert_eq!(waiters(&stage, "idle"), 1);
        stage.send("b", b"RPUSH busy x\r\n");
        assert!(!stage.output("a").is_empty());
    }
    assert_eq!(waiters(&stage, "busy"), 0);
    assert_eq!(waiters(&stage, "idle"), 0);
    for _ in 0..100 {
        stage.send("a", b"BLPOP busy idle 0.01\r\n");
        stage.advance(10);
        assert_eq!(stage.output("a"), b"*-1\r\n");
    }
    assert_eq!(waiters(&stage, "idle"), 0);
}

#[test]
fn one_element_pushed_in_a_transaction_serves_one() {
    play(
        "a> BLPOP k 0
         <
         b> BLPOP k 0
         <
         d> MULTI
         < +OK
         d> RPUSH k x
         < +QUEUED
         d> LLEN k
         < +QUEUED
         d> EXEC
         < *2
         < :1
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < x
         b>
         <
         d> LPUSH k y
         < :1
         b>
         < *2
         < $1
         < k
         < $1
         < y",
    );
}

#[test]
fn what_a_transaction_takes_back_serves_nobody() {
    play(
        "a> BLPOP k 0
         <
         d> MULTI
         < +OK
         d> RPUSH k x
         < +QUEUED
         d> LPOP k
         < +QUEUED
         d> EXEC
         < *2
         < :1
         < $1
         < x
         a>
         <
         d> MULTI
         < +OK
         d> RPUSH k x
         < +QUEUED
         d> DEL k
         < +QUEUED
         d> SET k s
         < +QUEUED
         d> EXEC
         < *3
         < :1
         < :1
         < +OK
         a>
         <
         d> MULTI
         < +OK
         d> DEL k
         < +QUEUED
         d> RPUSH k x
         < +QUEUED
         d> DEL k
         < +QUEUED
         d> RPUSH k y
         < +QUEUED
         d> EXEC
         < *4
         < :1
         < :1
         < :1
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < y",
    );
}

#[test]
fn nobody_waits_inside_a_transaction() {
    play(
        "> MULTI
         < +OK
         > BLPOP k 0
         < +QUEUED
         > BLMOVE k l LEFT LEFT 0
         < +QUEUED
         > BRPOPLPUSH k l 0
         < +QUEUED
         > BLMPOP 0 1 k LEFT
         < +QUEUED
         > RPUSH k 1
         < +QUEUED
         > BRPOP k 0
         < +QUEUED
         > EXEC
         < *6
         < *-1
         < $-1
         < $-1
         < *-1
         < :1
         < *2
         < $1
         < k
         < $1
         < 1",
    );
}

#[test]
fn an_element_moves_on_through_all_who_wait() {
    play(
        "a> BLMOVE one two LEFT RIGHT 0
         <
         b> BLMOVE two three LEFT RIGHT 0
         <
         c> BLPOP three 0
         <
         d> RPUSH one x
         < :1
         a>
         < $1
         < x
         b>
         < $1
         < x
         c>
         < *2
         < $5
         < three
         < $1
         < x
         d> EXISTS one two three
         < :0",
    );
}

#[test]
fn a_ring_of_moves_turns_once() {
    play(
        "a> BLMOVE x y LEFT RIGHT 0
         <
         b> BLMOVE y x LEFT RIGHT 0
         <
         c> BRPOPLPUSH self self 0
         <
         d> RPUSH x 1
         < :1
         a>
         < $1
         < 1
         b>
         < $1
         < 1
         d> LLEN x
         < :1
         d> LLEN y
         < :0
         d> RPUSH self 1 2
         < :2
         c>
         < $1
         < 2
         d> LRANGE self 0 -1
         < *2
         < $1
         < 2
         < $1
         < 1",
    );
}

#[test]
fn a_move_within_one_slot_serves_those_beyond_it() {
    play(
        "a> BLMOVE {t}1 {t}2 LEFT RIGHT 0
         <
         b> BLMOVE {t}2 elsewhere LEFT RIGHT 0
         <
         c> BLPOP elsewhere 0
         <
         d> RPUSH {t}1 x
         < :1
         c>
         < *2
         < $9
         < elsewhere
         < $1
         < x",
    );
}

#[test]
fn other_types_do_not_serve() {
    play(
        "a> BLPOP k 0
         <
         d> SET k v
         < +OK
         d> SADD s x
         < :1
         d> RENAME s k
         < +OK
         d> DEL k
         < :1
         d> HSET k f v
         < :1
         a>
         <
         d> DEL k
         < :1
         d> RPUSH k x
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < x",
    );
}

#[test]
fn a_wrong_type_met_at_service_is_told() {
    play(
        "a> BLMOVE source target LEFT LEFT 0
         <
         b> BLPOP source 0
         <
         d> SET target v
         < +OK
         d> RPUSH source x
         < :1
         a>
         < -WRONGTYPE Operation against a key holding the wrong kind of value
         b>
         < *2
         < $6
         < source
         < $1
         < x
         a> BLPOP one two 0
         <
         d> SET one v
         < +OK
         d> RPUSH two x
         < :1
         a>
         < -WRONGTYPE Operation against a key holding the wrong kind of value
         d> LLEN two
         < :1",
    );
}

#[test]
fn every_way_of_making_a_list_serves() {
    play(
        "a> BLPOP k 0
         <
         d> RPUSH l 1 2 3
         < :3
         d> RENAME l k
         < +OK
         a>
         < *2
         < $1
         < k
         < $1
         < 1
         d> RENAME k l
         < +OK
         a> BLPOP k 0
         <
         d> COPY l k
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < 2
         d> DEL k
         < :1
         a> BLPOP k 0
         <
         d> RENAMENX l k
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < 2
         a> BLPOP other 0
         <
         d> LMOVE k other LEFT LEFT
         < $1
         < 3
         a>
         < *2
         < $5
         < other
         < $1
         < 3",
    );
}

#[test]
fn lists_made_from_elsewhere_serve() {
    let mut stage = stage();
    stage.play(
        "a> BLPOP k 0
         <
         d> RPUSH l 2 1
         < :2
         d> SORT l STORE k
         < :2
         a>
         < *2
         < $1
         < k
         < $1
         < 1
         d> RENAME k l
         < +OK
         a> BLMOVE k target LEFT RIGHT 0
         <",
    );
    // A bulk string: its header, the bytes, the end of its line.
    let dumped = stage.send("d", b"DUMP l\r\n");
    let mut restore = b"*4\r\n$7\r\nRESTORE\r\n$1\r\nk\r\n$1\r\n0\r\n".to_vec();
    restore.extend(dumped);
    assert_eq!(stage.send("d", &restore), b"+OK\r\n");
    assert_eq!(stage.output("a"), b"$1\r\n2\r\n");
    stage.play(
        "d> EXISTS k
         < :0
         d> LLEN target
         < :1",
    );
}

#[test]
fn a_database_swapped_in_serves() {
    play(
        "a> BLPOP k 0
         <
         b> SELECT 1
         < +OK
         b> BLPOP k 0
         <
         d> SELECT 1
         < +OK
         d> RPUSH x 1
         < :1
         d> SWAPDB 0 1
         < +OK
         a>
         <
         d> RENAME x k
         < -ERR no such key
         d> SELECT 0
         < +OK
         d> RENAME x k
         < +OK
         a>
         < *2
         < $1
         < k
         < $1
         < 1
         d> SELECT 2
         < +OK
         d> RPUSH k 2
         < :1
         d> SWAPDB 2 1
         < +OK
         b>
         < *2
         < $1
         < k
         < $1
         < 2",
    );
}

#[test]
fn a_sorted_set_serves_those_who_wait_for_one() {
    play(
        "a> BLPOP k 0
         <
         b> BZPOPMIN k 0
         <
         d> ZADD k 1 m
         < :1
         a>
         <
         b>
         < *3
         < $1
         < k
         < $1
         < m
         < $1
         < 1
         b> BZPOPMAX k 0
         <
         d> RPUSH k x
         < :1
         b>
         <
         a>
         < *2
         < $1
         < k
         < $1
         < x",
    );
}

#[test]
fn client_unblock_releases() {
    play(
        "a> CLIENT ID
         < :1
         a> BLPOP k 0
         <
         d> CLIENT UNBLOCK 1
         < :1
         a>
         < *-1
         a> BLMOVE k l LEFT LEFT 0
         <
         d> CLIENT UNBLOCK 1 TIMEOUT
         < :1
         a>
         < *-1
         a> BLPOP k 0
         <
         d> CLIENT UNBLOCK 1 ERROR
         < :1
         a>
         < -UNBLOCKED client unblocked via CLIENT UNBLOCK
         d> CLIENT UNBLOCK 1
         < :0
         d> RPUSH k x
         < :1
         d> LLEN k
         < :1",
    );
}

#[test]
fn databases_are_apart() {
    play(
        "a> SELECT 1
         < +OK
         a> BLPOP k 0
         <
         d> RPUSH k x
         < :1
         a>
         <
         d> MOVE k 1
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < x",
    );
}

#[test]
fn a_list_that_is_past_its_time_serves_nobody() {
    play(
        "a> BLPOP k 0
         <
         d> MULTI
         < +OK
         d> RPUSH k x
         < +QUEUED
         d> PEXPIREAT k 1
         < +QUEUED
         d> EXEC
         < *2
         < :1
         < :1
         a>
         <
         d> RPUSH k y
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < y",
    );
}

#[test]
fn a_waiter_that_timed_out_is_passed_over() {
    play(
        "a> BLPOP k 0.05
         <
         b> BLPOP k 0
         <
         a>
         <
         + 50
         < *-1
         d> RPUSH k x
         < :1
         a>
         <
         b>
         < *2
         < $1
         < k
         < $1
         < x",
    );
}

#[test]
fn a_waiter_whose_connection_ended_takes_nothing() {
    let mut stage = stage();
    stage.play(
        "a> BLPOP k other 0
         <
         b> BLMOVE k other LEFT LEFT 0
         <",
    );
    let server = stage.server;
    stage.session("a").end(server);
    stage.session("b").end(server);
    assert_eq!(waiters(&stage, "k"), 0);
    assert_eq!(waiters(&stage, "other"), 0);
    stage.play(
        "d> RPUSH k x
         < :1
         d> LLEN k
         < :1",
    );
}

#[test]
fn several_elements_for_one_and_the_rest_for_the_next() {
    play(
        "a> BLMPOP 0 2 one two LEFT COUNT 2
         <
         b> BLMPOP 0 1 two RIGHT COUNT 5
         <
         c> BLPOP two 0
         <
         d> RPUSH two 1 2 3
         < :3
         a>
         < *2
         < $3
         < two
         < *2
         < $1
         < 1
         < $1
         < 2
         b>
         < *2
         < $3
         < two
         < *1
         < $1
         < 3
         c>
         <",
    );
}

#[test]
fn each_is_answered_in_its_own_protocol() {
    play(
        "3> BLPOP k 0.1
         <
         a> BLPOP k 0.1
         <
         + 100
         < *-1
         3>
         < _
         3> BLMOVE k l LEFT LEFT 0
         <
         d> RPUSH k x
         < :1
         3>
         < $1
         < x",
    );
}

#[test]
fn what_was_sent_behind_a_blocked_command_follows_its_answer() {
    play(
        "a> SET n 1
         < +OK
         = BLPOP k 0\\r\\nINCR n\\r\\nBLPOP k 0.1\\r\\nINCR n\\r\\n
         <
         d> GET n
         < $1
         < 1
         d> RPUSH k x
         < :1
         a>
         < *2
         < $1
         < k
         < $1
         < x
         < :2
         + 100
         < *-1
         < :3",
    );
}

#[test]
fn service_is_a_change_for_those_who_watch() {
    play(
        "w> WATCH target
         < +OK
         a> BLMOVE k target LEFT LEFT 0
         <
         d> RPUSH k x
         < :1
         w> MULTI
         < +OK
         w> EXEC
         < *-1",
    );
}
