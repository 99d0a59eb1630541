//! GEOADD

use super::shared_place::point;
use crate::args::is;
use crate::zset::shared_add::{Rules, add};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use proto_resp::num::{INT_LEN_MAX, format_u64};

pub(crate) const COMMAND: Command = Command {
    name: "geoadd",
    arity: -5,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Geo,
    since: "3.2.0",
    complexity: "O(log(N)) for each place, N being the size of the sorted set.",
    summary: "Adds places to a sorted set as members whose scores are their coordinates, or moves them.",
    syntax: "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let mut rules = Rules::default();
    let mut at = 2;
    while let Some(word) = args.get(at) {
        match () {
            () if is(word, "NX") => rules.nx = true,
            () if is(word, "XX") => rules.xx = true,
            () if is(word, "CH") => rules.ch = true,
            () => break,
        }
        at += 1;
    }
    let places = args.get(at..).unwrap_or_default();
    if places.is_empty() || !places.len().is_multiple_of(3) || (rules.nx && rules.xx) {
        return Err(Error::SYNTAX);
    }
    let scored = places
        .chunks_exact(3)
        .map(|place| Ok((point(place[0], place[1])?.score(), place[2])))
        .collect::<Result<Vec<_>, Error>>()?;
    let pairs: Vec<(f64, &[u8])> = scored
        .iter()
        .map(|(score, member)| (*score as f64, *member))
        .collect();
    let dirty = cx.db.dirty;
    add(cx, args[1], &pairs, rules)?;
    if cx.db.dirty != dirty {
        journal_as_zadd(cx, &args[1..at], &scored);
    }
    Ok(())
}

/// Whoever reads the journal is given the scores, as from Redis.
fn journal_as_zadd(cx: &mut Cx<'_>, key_and_options: &[&[u8]], scored: &[(u64, &[u8])]) {
    let scores: Vec<Vec<u8>> = scored
        .iter()
        .map(|(score, _)| format_u64(*score, &mut [0; INT_LEN_MAX]).to_vec())
        .collect();
    let mut words: Vec<&[u8]> = vec![b"ZADD"];
    words.extend_from_slice(key_and_options);
    for (score, (_, member)) in scores.iter().zip(scored) {
        words.extend_from_slice(&[score, member]);
    }
    cx.db.rewrite(&words);
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn scores_are_interleaved_coordinates() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > ZRANGE Sicily 0 -1 WITHSCORES
             < *4
             < $7
             < Palermo
             < $16
             < 3479099956230698
             < $7
             < Catania
             < $16
             < 3479447370796909
             > GEOADD edges -180 -85.05112878 sw 180 85.05112878 ne 0 0 middle 179.999999 -85 se
             < :4
             > ZRANGE edges 0 -1
             < *4
             < $2
             < sw
             < $2
             < se
             < $6
             < middle
             < $2
             < ne
             > ZSCORE edges ne
             < $17
             < 13510798882111488
             > ZSCORE edges middle
             < $16
             < 3377699720527872",
        );
    }

    #[test]
    fn options() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEOADD Sicily XX CH 13.4 38.1 Palermo 1 1 new
             < :1
             > GEOADD Sicily NX 13.5 38.1 Palermo 1 1 new
             < :1
             > GEOADD Sicily CH 13.5 38.1 Palermo 1 1 new
             < :1
             > ZCARD Sicily
             < :3",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD k 1 2
             < -ERR wrong number of arguments for 'geoadd' command
             > GEOADD k 1 2 a 3
             < -ERR syntax error
             > GEOADD k NX XX 1 2 a
             < -ERR syntax error
             > GEOADD k CH NX CH
             < -ERR syntax error
             > GEOADD k x 2 a
             < -ERR value is not a valid float
             > GEOADD k 181 2 a
             < -ERR invalid longitude,latitude pair 181.000000,2.000000
             > GEOADD k 1 -86.5 a
             < -ERR invalid longitude,latitude pair 1.000000,-86.500000
             > GEOADD k inf 1 a
             < -ERR invalid longitude,latitude pair inf,1.000000
             > EXISTS k
             < :0
             > SET s v
             < +OK
             > GEOADD s 1 2 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
