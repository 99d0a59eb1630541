//! Streams read by several: who waits, who is served with what, and what replicas hear of it. Most cases are faults
//! that users of other servers met.

use engine_session::transcript::Stage;

fn play(transcript: &str) {
    Stage::new(engine_commands::table()).play(transcript);
}

#[test]
fn count_holds_for_what_a_transaction_adds() {
    play(
        "> XGROUP CREATE s g $ MKSTREAM
         < +OK
         > XREADGROUP GROUP g c COUNT 1 BLOCK 5000 STREAMS s >
         <
         b> MULTI
         < +OK
         b> XADD s 1-1 a 1
         < +QUEUED
         b> XADD s 1-2 a 2
         < +QUEUED
         b> EXEC
         < *2
         < $3
         < 1-1
         < $3
         < 1-2
         a>
         < *1
         < *2
         < $1
         < s
         < *1
         < *2
         < $3
         < 1-1
         < *2
         < $1
         < a
         < $1
         < 1
         b> XINFO GROUPS s
         < *1
         < *12
         < $4
         < name
         < $1
         < g
         < $9
         < consumers
         < :1
         < $7
         < pending
         < :1
         < $17
         < last-delivered-id
         < $3
         < 1-1
         < $12
         < entries-read
         < :1
         < $3
         < lag
         < :1",
    );
}

#[test]
fn the_longest_waiting_of_a_group_is_served() {
    play(
        "> XGROUP CREATE s g 0 MKSTREAM
         < +OK
         > XREADGROUP GROUP g a COUNT 1 BLOCK 1000 STREAMS s >
         <
         b> XREADGROUP GROUP g b COUNT 1 BLOCK 1000 STREAMS s >
         <
         c> XADD s 1-1 a b
         < $3
         < 1-1
         a>
         < *1
         < *2
         < $1
         < s
         < *1
         < *2
         < $3
         < 1-1
         < *2
         < $1
         < a
         < $1
         < b
         b>
         <
         + 1000
         < *-1",
    );
}

/// What releases one who waits through a group, and what it is told.
fn released_by(commands: &str, told: &str) {
    play(&format!(
        "> XGROUP CREATE s g 0 MKSTREAM
         < +OK
         b> SET other x
         < +OK
         > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
         <
         {commands}
         a>
         < {told}"
    ));
}

const NO_GROUP: &str =
    "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

#[test]
fn whoever_waits_is_told_when_the_stream_goes() {
    released_by("b> DEL s\n < :1", NO_GROUP);
    released_by("b> FLUSHALL\n < +OK", NO_GROUP);
    released_by("b> SET s x\n < +OK", WRONG_TYPE);
    released_by("b> RENAME other s\n < +OK", WRONG_TYPE);
    released_by("b> XGROUP DESTROY s g\n < :1", NO_GROUP);
    released_by("b> PEXPIRE s 5\n < :1\n + 6\n b> EXISTS s\n < :0", NO_GROUP);
}

#[test]
fn a_node_that_speaks_as_7_0_says_it_in_its_words() {
    let mut stage = Stage::new(engine_commands::table());
    let version = [(&b"engine-version"[..], &b"7.0.15"[..])];
    stage.server.config.set(&version, true).expect("a version");
    stage.play(
        "> XGROUP CREATE s g 0 MKSTREAM
         < +OK
         > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
         <
         b> DEL s
         < :1
         a>
         < -UNBLOCKED the stream key no longer exists",
    );
}

#[test]
fn what_is_beside_the_entries_serves_nobody() {
    play(
        "> XGROUP CREATE s g 0 MKSTREAM
         < +OK
         > XREADGROUP GROUP g c BLOCK 0 STREAMS s >
         <
         b> XGROUP DELCONSUMER s g c
         < :0
         b> XGROUP CREATECONSUMER s g d
         < :1
         b> XGROUP DELCONSUMER s g c
         < :0
         c> WATCH s
         < +OK
         c> MULTI
         < +OK
         c> PING
         < +QUEUED
         b> XGROUP SETID s g 5
         < +OK
         b> XACK s g 1
         < :0
         c> EXEC
         < *1
         < +PONG
         b> XADD s 6-0 a 1
         < $3
         < 6-0
         a>
         < *1
         < *2
         < $1
         < s
         < *1
         < *2
         < $3
         < 6-0
         < *2
         < $1
         < a
         < $1
         < 1",
    );
}

#[test]
fn each_stream_is_read_from_a_place_of_its_own() {
    play(
        "> XADD x 6-1 f v
         < $3
         < 6-1
         > XADD y 1-1 a b
         < $3
         < 1-1
         > XGROUP CREATE x g 0
         < +OK
         > XGROUP CREATE y g 0
         < +OK
         > XREADGROUP GROUP g w STREAMS x y > 0
         < *2
         < *2
         < $1
         < x
         < *1
         < *2
         < $3
         < 6-1
         < *2
         < $1
         < f
         < $1
         < v
         < *2
         < $1
         < y
         < *0
         3> XREADGROUP GROUP g w STREAMS x y 0 >
         < %2
         < $1
         < x
         < *1
         < *2
         < $3
         < 6-1
         < *2
         < $1
         < f
         < $1
         < v
         < $1
         < y
         < *1
         < *2
         < $3
         < 1-1
         < *2
         < $1
         < a
         < $1
         < b",
    );
}

#[test]
fn a_consumer_called_streams() {
    play(
        "> XGROUP CREATE s g 0 MKSTREAM
         < +OK
         > COMMAND GETKEYS XREADGROUP GROUP g STREAMS STREAMS s >
         < *1
         < $1
         < s
         > XREADGROUP GROUP g STREAMS STREAMS s >
         < *-1
         > XREADGROUP COUNT 1 GROUP g STREAMS STREAMS s >
         < *-1
         > XREADGROUP COUNT 1 GROUP g STREAMS BLOCK STREAMS STREAMS s >
         < -ERR timeout is not an integer or out of range",
    );
}

#[test]
fn errors_are_counted_by_their_codes() {
    let mut stage = Stage::new(engine_commands::table());
    stage.play(
        "> XGROUP CREATE s g $ MKSTREAM
         < +OK
         > XGROUP CREATE s g $ MKSTREAM
         < -BUSYGROUP Consumer Group name already exists
         > XREADGROUP GROUP none c STREAMS s >
         < -NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option
         > XCLAIM s none c 0 1-1
         < -NOGROUP No such key 's' or consumer group 'none'",
    );
    let info = stage.send("a", b"INFO errorstats\r\n");
    let info = String::from_utf8_lossy(&info).into_owned();
    assert!(info.contains("errorstat_BUSYGROUP:count=1"), "{info}");
    assert!(info.contains("errorstat_NOGROUP:count=2"), "{info}");
}

/// Plays a transcript, and gives what replicas hear.
fn effects(stage: &mut Stage, transcript: &str) -> Vec<String> {
    let from = stage.journal_on();
    stage.play(transcript);
    stage.effects(from)
}

/// The commands with their times, which depend on the clock, made `T`.
fn without_times(effects: &[String]) -> Vec<String> {
    let mut plain = Vec::new();
    for effect in effects {
        let mut words: Vec<&str> = effect.split(' ').collect();
        if let Some(at) = words.iter().position(|word| *word == "TIME") {
            words[at + 1] = "T";
        }
        plain.push(words.join(" "));
    }
    plain
}

const DELIVERIES: &str = "> XGROUP CREATE s g $ MKSTREAM
     < +OK
     > XADD s 1-0 a 1
     < $3
     < 1-0
     > XADD s 2-0 a 2
     < $3
     < 2-0
     > XREADGROUP GROUP g c COUNT 1 STREAMS s >
     < *1
     < *2
     < $1
     < s
     < *1
     < *2
     < $3
     < 1-0
     < *2
     < $1
     < a
     < $1
     < 1
     > XREADGROUP GROUP g d NOACK STREAMS s >
     < *1
     < *2
     < $1
     < s
     < *1
     < *2
     < $3
     < 2-0
     < *2
     < $1
     < a
     < $1
     < 2
     > XREADGROUP GROUP g e STREAMS s >
     < *-1
     > XREADGROUP GROUP g c STREAMS s 0
     < *1
     < *2
     < $1
     < s
     < *1
     < *2
     < $3
     < 1-0
     < *2
     < $1
     < a
     < $1
     < 1
     > XCLAIM s g d 0 1-0 JUSTID
     < *1
     < $3
     < 1-0
     > XDEL s 1-0
     < :1
     > XAUTOCLAIM s g f 0 0
     < *3
     < $3
     < 0-0
     < *0
     < *1
     < $3
     < 1-0
     > XCLAIM s g f 0 9-0 LASTID 9-0
     < *0";

#[test]
fn replicas_hear_what_came_of_it() {
    let mut stage = Stage::new(engine_commands::table());
    let effects = effects(&mut stage, DELIVERIES);
    assert_eq!(
        without_times(&effects),
        [
            "SELECT 0",
            "XGROUP CREATE s g $ MKSTREAM",
            "XADD s 1-0 a 1",
            "XADD s 2-0 a 2",
            "MULTI",
            "XCLAIM s g c 0 1-0 TIME T RETRYCOUNT 1 FORCE JUSTID LASTID 1-0",
            "XGROUP SETID s g 1-0 ENTRIESREAD 1",
            "EXEC",
            "MULTI",
            "XGROUP CREATECONSUMER s g d",
            "XGROUP SETID s g 2-0 ENTRIESREAD 2",
            "EXEC",
            "XGROUP CREATECONSUMER s g e",
            "XCLAIM s g d 0 1-0 TIME T RETRYCOUNT 2 FORCE JUSTID LASTID 2-0",
            "XDEL s 1-0",
            "MULTI",
            "XCLAIM s g d 0 1-0 TIME T RETRYCOUNT 2 FORCE JUSTID LASTID 2-0",
            "XGROUP CREATECONSUMER s g f",
            "EXEC",
            "XGROUP SETID s g 9-0 ENTRIESREAD 2",
        ]
    );
}

#[test]
fn what_replicas_hear_makes_the_same_groups() {
    let mut stage = Stage::new(engine_commands::table());
    let effects = effects(&mut stage, DELIVERIES);
    let mut replica = Stage::new(engine_commands::table());
    replica.worker.now_ms = stage.worker.now_ms;
    for effect in &effects {
        let reply = replica.send("a", format!("{effect}\r\n").as_bytes());
        assert!(!reply.starts_with(b"-"), "{effect}: {reply:?}");
    }
    for question in [
        "XINFO GROUPS s",
        "XPENDING s g - + 10",
        "XRANGE s - +",
        "XINFO STREAM s",
    ] {
        let question = format!("{question}\r\n");
        let (ours, theirs) = (
            stage.send("a", question.as_bytes()),
            replica.send("a", question.as_bytes()),
        );
        assert_eq!(
            String::from_utf8_lossy(&theirs),
            String::from_utf8_lossy(&ours),
            "{question}"
        );
    }
}
