//! BITCOUNT

use super::shared_range::{Given, masked};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use std::ops::Range;

pub(crate) const COMMAND: Command = Command {
    name: "bitcount",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Bitmap,
    since: "2.6.0",
    complexity: "O(N)",
    summary: "Counts the bits set in a string or a part of it.",
    syntax: "key [start end [BYTE | BIT]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args.len() == 3 {
        return Err(Error::SYNTAX);
    }
    let given = Given::parse(&args[2..])?;
    let mut digits = Vec::new();
    let string = cx.db.string(args[1])?;
    let bytes = string.as_ref().map_or(&[][..], |s| s.as_bytes(&mut digits));
    let count = if given.is_crossed() {
        0
    } else {
        count(bytes, &given.bits(bytes.len()))
    };
    cx.out.int(count as i64);
    Ok(())
}

fn count(bytes: &[u8], range: &Range<usize>) -> u64 {
    let ones = |byte: u8| u64::from(byte.count_ones());
    if range.is_empty() {
        return 0;
    }
    let (first, last) = (range.start / 8, (range.end - 1) / 8);
    if first == last {
        return ones(masked(bytes, first, range));
    }
    let edges = ones(masked(bytes, first, range)) + ones(masked(bytes, last, range));
    let between = bytes.get(first + 1..last).unwrap_or_default();
    let (words, rest) = between.as_chunks::<8>();
    let words = words
        .iter()
        .map(|word| u64::from(u64::from_ne_bytes(*word).count_ones()));
    edges + words.sum::<u64>() + rest.iter().map(|byte| ones(*byte)).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_whole_and_parts() {
        play(
            "> SET k foobar
             < +OK
             > BITCOUNT k
             < :26
             > BITCOUNT k 0 0
             < :4
             > BITCOUNT k 1 1
             < :6
             > BITCOUNT k 1 1 BYTE
             < :6
             > BITCOUNT k 5 30 BIT
             < :17
             > BITCOUNT k -2 -1
             < :7
             > BITCOUNT k -1 -2
             < :0
             > BITCOUNT k -100 -200
             < :0
             > BITCOUNT k 4 2
             < :0
             > BITCOUNT k 0 -1 bit
             < :26
             > BITCOUNT none
             < :0
             > BITCOUNT none 0 -1
             < :0",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> BITCOUNT k 0
             < -ERR syntax error
             > BITCOUNT k 0 1 BOTH
             < -ERR syntax error
             > BITCOUNT k 0 1 BIT 2
             < -ERR syntax error
             > BITCOUNT k a b
             < -ERR value is not an integer or out of range
             > RPUSH l x
             < :1
             > BITCOUNT l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > BITCOUNT
             < -ERR wrong number of arguments for 'bitcount' command",
        );
    }

    #[test]
    fn counting_in_words_is_counting_bit_by_bit() {
        let bytes: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(37)).collect();
        let bit = |at: usize| u64::from(bytes[at / 8] >> (7 - at % 8) & 1);
        for start in 0..90 {
            for end in (start..800).step_by(7) {
                let want: u64 = (start..end).map(bit).sum();
                assert_eq!(super::count(&bytes, &(start..end)), want);
            }
        }
    }
}
