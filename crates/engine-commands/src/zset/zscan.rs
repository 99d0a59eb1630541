//! ZSCAN

use crate::scanning::{self, Of, Options};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;
use proto_resp::num::write_f64;

pub(crate) const COMMAND: Command = Command {
    name: "zscan",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::SortedSet,
    since: "2.8.0",
    complexity: "O(1) for every call, O(N) for a whole iteration.",
    summary: "Iterates over the members of a sorted set with their scores, some at each call.",
    syntax: "key cursor [MATCH pattern] [COUNT count] [NOSCORES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let cursor = scanning::cursor(args[2])?;
    let Some(zset) = cx.db.read::<ZSet>(args[1])? else {
        scanning::reply_nothing(&mut cx.out);
        return Ok(());
    };
    let options = Options::parse(&args[3..], Of::ZSet)?;
    let packed = zset.as_listpack().is_some();
    let mut found = Vec::new();
    let next = zset.scan(cursor, options.count, |member, score| {
        if options.wants(member) {
            found.push(member.to_vec());
            if !options.bare {
                found.push(text_of(score, packed));
            }
        }
    });
    scanning::reply_found(&mut cx.out, next, &found);
    Ok(())
}

/// Scores as Redis's ZSCAN prints them: of a small sorted set as they are packed, else with 17 digits.
fn text_of(score: f64, packed: bool) -> Vec<u8> {
    let mut text = Vec::new();
    if packed || score.is_infinite() {
        write_f64(&mut text, score);
        return text;
    }
    significant(score).into_bytes()
}

/// What C prints for `%.17g`.
fn significant(value: f64) -> String {
    const DIGITS: i32 = 17;
    let text = format!("{value:.16e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if (-4..DIGITS).contains(&exponent) {
        let places = (DIGITS - 1 - exponent) as usize;
        return trimmed(&format!("{value:.places$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_small_one_at_once() {
        play(
            "> ZADD z 1 a 2.5 bb 3 12
             < :3
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *6
             < $1
             < a
             < $1
             < 1
             < $2
             < bb
             < $3
             < 2.5
             < $2
             < 12
             < $1
             < 3
             3> ZSCAN z 0 MATCH b* COUNT 1
             < *2
             < $1
             < 0
             < *2
             < $2
             < bb
             < $3
             < 2.5
             > ZSCAN z 0 MATCH 1?
             < *2
             < $1
             < 0
             < *2
             < $2
             < 12
             < $1
             < 3
             > ZSCAN z 0 NOSCORES
             < *2
             < $1
             < 0
             < *3
             < $1
             < a
             < $2
             < bb
             < $2
             < 12
             > ZSCAN nothing 0
             < *2
             < $1
             < 0
             < *0",
        );
    }

    #[test]
    fn a_large_one_has_seventeen_digits() {
        play(
            "> ZADD z 0.1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < :1
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *2
             < $99
             < aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < $19
             < 0.10000000000000001
             > ZADD z 3 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < :0
             > ZSCAN z 0
             < *2
             < $1
             < 0
             < *2
             < $99
             < aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
             < $1
             < 3",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZSCAN z x
             < -ERR invalid cursor
             > ZADD z 1 a
             < :1
             > ZSCAN z 0 COUNT 0
             < -ERR syntax error
             > ZSCAN z 0 COUNT x
             < -ERR value is not an integer or out of range
             > ZSCAN z 0 TYPE zset
             < -ERR syntax error
             > ZSCAN z 0 MATCH
             < -ERR syntax error
             > SET s v
             < +OK
             > ZSCAN s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
