//! What the journal says of sorted sets, places and HyperLogLogs: plain forms where commands wait, choose among keys
//! or reckon with floats.

use engine_session::transcript::Stage;

/// What is journalled while a transcript plays, without the SELECT at its front.
fn journal(transcript: &str) -> Vec<String> {
    let mut stage = Stage::new(engine_commands::table());
    let from = stage.journal_on();
    stage.play(transcript);
    let mut effects = stage.effects(from);
    assert_eq!(effects.remove(0), "SELECT 0");
    effects
}

#[test]
fn pops_are_journalled_in_their_plain_form() {
    assert_eq!(
        journal(
            "> ZADD z 1 a 2 b 3 c 4 d 5 e 6 f
             > BZPOPMIN nothing z 0
             > BZPOPMAX z 0
             > ZMPOP 2 nothing z MIN COUNT 2
             > BZMPOP 0 2 nothing z MAX COUNT 9
             > ZMPOP 2 nothing z MIN
             > ZPOPMIN z"
        ),
        [
            "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
            "ZPOPMIN z",
            "ZPOPMAX z",
            "ZPOPMIN z 2",
            "ZPOPMAX z 2"
        ]
    );
}

#[test]
fn who_waited_is_journalled_behind_what_served_him() {
    assert_eq!(
        journal(
            "a> BZPOPMIN x z 0
             b> BZMPOP 0 2 y z MAX COUNT 2
             d> ZADD z 1 a 2 b 3 c 4 d"
        ),
        ["ZADD z 1 a 2 b 3 c 4 d", "ZPOPMIN z", "ZPOPMAX z 2"]
    );
}

#[test]
fn what_changes_nothing_is_not_journalled() {
    let nothing: [&str; 1] = ["ZADD z 1 a"];
    assert_eq!(
        journal(
            "> ZADD z 1 a
             > ZADD z 1 a
             > ZADD z NX 2 a
             > ZADD z GT 0 a
             > ZADD z XX 1 b
             > ZINCRBY z 0 a
             > ZREM z nothing
             > ZREMRANGEBYSCORE z 5 6
             > ZUNIONSTORE d 1 nothing
             > ZRANGESTORE d z 5 6
             > GEOADD z XX 1 1 nothing
             > ZPOPMIN z 0
             > PFCOUNT nothing"
        ),
        nothing
    );
}

#[test]
fn places_are_journalled_as_their_scores() {
    assert_eq!(
        journal(
            "> GEOADD Sicily CH 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             > GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1 km"
        ),
        [
            "ZADD Sicily CH 3479099956230698 Palermo 3479447370796909 Catania",
            "GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1 km"
        ]
    );
}

#[test]
fn a_count_that_is_kept_is_journalled_once() {
    assert_eq!(
        journal(
            "> PFADD h a b
             > PFADD h a
             > PFCOUNT h
             > PFCOUNT h
             > PFCOUNT h h
             > PFMERGE h h
             > PFDEBUG TODENSE h
             > PFDEBUG GETREG h"
        ),
        [
            "PFADD h a b",
            "PFCOUNT h",
            "PFMERGE h h",
            "PFDEBUG TODENSE h"
        ]
    );
}
