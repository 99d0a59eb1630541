//! What the journal says of blocked clients: the plain forms of their commands, behind what made their keys ready.

use engine_session::transcript::Stage;

/// What is journalled while a transcript plays.
fn journal(transcript: &str) -> Vec<String> {
    let mut stage = Stage::new(engine_commands::table());
    let from = stage.journal_on();
    stage.play(transcript);
    stage.effects(from)
}

#[test]
fn the_journal_tells_the_push_then_what_was_taken() {
    assert_eq!(
        journal(
            "a> BLPOP k 0
             b> BRPOP k 0
             d> RPUSH k 1
             d> RPUSH k 2 3"
        ),
        ["SELECT 0", "RPUSH k 1", "LPOP k", "RPUSH k 2 3", "RPOP k"]
    );
    assert_eq!(
        journal(
            "a> BLMOVE one two LEFT right 0
             b> BRPOPLPUSH two three 0
             c> BLMPOP 0 1 three LEFT COUNT 7
             d> RPUSH one x"
        ),
        [
            "SELECT 0",
            "RPUSH one x",
            "LMOVE one two LEFT right",
            "RPOPLPUSH two three",
            "LPOP three 1"
        ]
    );
}

#[test]
fn the_journal_frames_a_transaction_apart_from_whom_it_serves() {
    assert_eq!(
        journal(
            "a> BLPOP k 0
             d> MULTI
             d> RPUSH k 1
             d> RPUSH l 2
             d> EXEC"
        ),
        [
            "SELECT 0",
            "MULTI",
            "RPUSH k 1",
            "RPUSH l 2",
            "EXEC",
            "LPOP k"
        ]
    );
}

#[test]
fn the_journal_knows_the_waiters_database_and_nothing_of_waiting() {
    assert_eq!(
        journal(
            "a> SELECT 1
             a> BLPOP k 0
             d> RPUSH k x
             d> MOVE k 1"
        ),
        ["SELECT 0", "RPUSH k x", "MOVE k 1", "SELECT 1", "LPOP k"]
    );
    assert_eq!(
        journal(
            "a> BLMOVE one two LEFT LEFT 0
             d> SET two v
             d> RPUSH one x
             b> BLPOP nothing 0.1
             + 100"
        ),
        ["SELECT 0", "SET two v", "RPUSH one x"]
    );
}

#[test]
fn what_is_popped_at_once_is_journalled_in_its_plain_form() {
    assert_eq!(
        journal(
            "> RPUSH l 1 2 3 4 5 6 7
             > BLPOP nothing l 0
             > BRPOP l 0
             > BLMOVE l m LEFT RIGHT 0
             > BRPOPLPUSH l m 0
             > BLMPOP 0 2 nothing l RIGHT COUNT 2
             > LMPOP 2 nothing l LEFT COUNT 9
             > LPOP m 0
             > LMOVE m m LEFT RIGHT"
        ),
        [
            "SELECT 0",
            "RPUSH l 1 2 3 4 5 6 7",
            "LPOP l",
            "RPOP l",
            "LMOVE l m LEFT RIGHT",
            "RPOPLPUSH l m",
            "RPOP l 2",
            "LPOP l 1",
            "LMOVE m m LEFT RIGHT"
        ]
    );
}

#[test]
fn a_key_that_expired_before_it_was_served_is_removed_not_served() {
    assert_eq!(
        journal(
            "b> SELECT 1
             d> SET k v PX 100
             d> DEL k
             d> RPUSH k hello
             d> PEXPIRE k 100
             b> BLPOP k 0
             <
             + 101
             d> SWAPDB 0 1
             b>
             <"
        )
        .last()
        .map(String::as_str),
        Some("DEL k")
    );
}
