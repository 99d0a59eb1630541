//! BITPOS

use super::shared_range::{Given, masked};
use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use std::ops::Range;

pub(crate) const COMMAND: Command = Command {
    name: "bitpos",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Bitmap,
    since: "2.8.7",
    complexity: "O(N)",
    summary: "Finds the first bit of a string, or of a part of it, that is set or clear.",
    syntax: "key bit [start [end [BYTE | BIT]]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let bit = int(args[2])?;
    if bit != 0 && bit != 1 {
        return Err(Error::new("ERR The bit argument must be 1 or 0."));
    }
    let given = Given::parse(&args[3..])?;
    let mut digits = Vec::new();
    let found = match cx.db.string(args[1])? {
        // As good as zeros without end.
        None => (bit == 0).then_some(0),
        Some(string) => {
            let bytes = string.as_bytes(&mut digits);
            let range = given.bits(bytes.len());
            let found = position(bytes, &range, bit == 1);
            // Where no end was given, zeros follow the last byte.
            let behind = bit == 0 && !given.has_end() && !range.is_empty();
            found.or_else(|| behind.then_some(range.end))
        }
    };
    cx.out.int(found.map_or(-1, |at| at as i64));
    Ok(())
}

/// The first bit in `range` that is so.
fn position(bytes: &[u8], range: &Range<usize>, set: bool) -> Option<usize> {
    if range.is_empty() {
        return None;
    }
    let (first, last) = (range.start / 8, (range.end - 1) / 8);
    // Bits of a byte that are looked for, as ones.
    let wanted = |at: usize| {
        let here = masked(bytes, at, range);
        if set {
            here
        } else {
            masked(&[0xff], 0, &shifted(range, at)) & !here
        }
    };
    let at_edge =
        |at: usize| (wanted(at) != 0).then(|| at * 8 + wanted(at).leading_zeros() as usize);
    at_edge(first)
        .or_else(|| {
            let dull = if set { 0x00 } else { 0xff };
            let between = bytes.get(first + 1..last).unwrap_or_default();
            let at = between.iter().position(|byte| *byte != dull)?;
            at_edge(first + 1 + at)
        })
        .or_else(|| at_edge(last))
}

/// The range as seen from byte `at` on.
fn shifted(range: &Range<usize>, at: usize) -> Range<usize> {
    range.start.saturating_sub(at * 8)..range.end.saturating_sub(at * 8)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn set_and_clear_bits() {
        play(
            "> SET k \"\\xff\\xf0\\x00\"
             < +OK
             > BITPOS k 0
             < :12
             > SET k \"\\x00\\xff\\xf0\"
             < +OK
             > BITPOS k 1 0
             < :8
             > BITPOS k 1 2
             < :16
             > BITPOS k 1 2 -1 BYTE
             < :16
             > BITPOS k 1 7 15 BIT
             < :8
             > BITPOS k 0 8 19 BIT
             < :-1
             > SET k \"\\x00\\x00\\x00\"
             < +OK
             > BITPOS k 1
             < :-1
             > BITPOS k 0 5
             < :-1
             > SET k \"\\xff\\xff\\xff\"
             < +OK
             > BITPOS k 0
             < :24
             > BITPOS k 0 0
             < :24
             > BITPOS k 0 0 -1
             < :-1
             > BITPOS k 1 -1 -2
             < :-1
             > BITPOS k 1 -100 -200
             < :0
             > BITPOS none 0
             < :0
             > BITPOS none 1
             < :-1
             > BITPOS none 0 5 10
             < :0",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> BITPOS k 2
             < -ERR The bit argument must be 1 or 0.
             > BITPOS k x
             < -ERR value is not an integer or out of range
             > BITPOS k 1 x
             < -ERR value is not an integer or out of range
             > BITPOS k 1 0 1 BOTH
             < -ERR syntax error
             > BITPOS k 1 0 1 BIT 2
             < -ERR syntax error
             > RPUSH l x
             < :1
             > BITPOS l 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > BITPOS k
             < -ERR wrong number of arguments for 'bitpos' command",
        );
    }

    #[test]
    fn the_position_is_that_of_a_search_bit_by_bit() {
        let mut bytes = vec![0u8; 30];
        bytes[3] = 0b0001_0000;
        bytes[20] = 1;
        let flipped: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
        for start in 0..200 {
            for end in (start..240).step_by(3) {
                let bit = |at: &usize| bytes[at / 8] >> (7 - at % 8) & 1 == 1;
                let want = (start..end).find(bit);
                assert_eq!(super::position(&bytes, &(start..end), true), want);
                assert_eq!(super::position(&flipped, &(start..end), false), want);
            }
        }
    }
}
