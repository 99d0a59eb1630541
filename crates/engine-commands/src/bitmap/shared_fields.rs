//! BITFIELD and BITFIELD_RO.

use super::shared_offset::bit_offset;
use crate::args::{int, is};
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome};
use proto_resp::num::parse_i64;

/// A type of number: `i1`–`i64`, `u1`–`u63`.
#[derive(Debug, Clone, Copy)]
struct Kind {
    signed: bool,
    width: u32,
}

/// What happens to a sum that the type cannot hold.
#[derive(Debug, Clone, Copy)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Get,
    Set(i64, Overflow),
    Add(i64, Overflow),
}

/// One step: on which number, where.
#[derive(Debug, Clone, Copy)]
struct Step {
    kind: Kind,
    offset: u64,
    action: Action,
}

impl Kind {
    fn parse(arg: &[u8]) -> Result<Self, Error> {
        let (signed, most, digits) = match arg {
            [b'i', digits @ ..] => (true, 64, digits),
            [b'u', digits @ ..] => (false, 63, digits),
            _ => (false, 0, arg),
        };
        match parse_i64(digits) {
            Some(width) if (1..=most).contains(&width) => Ok(Self {
                signed,
                width: width as u32,
            }),
            _ => Err(Error::new(
                "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
            )),
        }
    }

    fn range(self) -> (i128, i128) {
        if self.signed {
            let half = 1i128 << (self.width - 1);
            (-half, half - 1)
        } else {
            (0, (1i128 << self.width) - 1)
        }
    }

    /// The number that `raw`, the lowest `width` bits, stands for.
    fn number(self, raw: u64) -> i128 {
        let unused = 64 - self.width;
        if self.signed {
            i128::from(((raw << unused) as i64) >> unused)
        } else {
            i128::from((raw << unused) >> unused)
        }
    }

    /// What is kept of `wanted`, which may be beyond the range; `None` if that is to fail.
    fn fit(self, wanted: i128, overflow: Overflow) -> Option<i128> {
        let (min, max) = self.range();
        if (min..=max).contains(&wanted) {
            return Some(wanted);
        }
        match overflow {
            Overflow::Wrap => Some(self.number(wanted as u64)),
            Overflow::Saturate => Some(wanted.clamp(min, max)),
            Overflow::Fail => None,
        }
    }
}

fn parse(cx: &Cx<'_>, args: &[&[u8]]) -> Result<Vec<Step>, Error> {
    let (mut steps, mut overflow, mut at) = (Vec::new(), Overflow::Wrap, 0);
    while let Some(word) = args.get(at) {
        let rest = &args[at + 1..];
        let (is_set, is_add) = (is(word, "SET"), is(word, "INCRBY"));
        match rest {
            [name, ..] if is(word, "OVERFLOW") => {
                overflow = match *name {
                    name if is(name, "WRAP") => Overflow::Wrap,
                    name if is(name, "SAT") => Overflow::Saturate,
                    name if is(name, "FAIL") => Overflow::Fail,
                    _ => return Err(Error::new("ERR Invalid OVERFLOW type specified")),
                };
                at += 2;
            }
            [kind, offset, ..] if is(word, "GET") => {
                let kind = Kind::parse(kind)?;
                steps.push(Step {
                    kind,
                    offset: bit_offset(cx, offset, Some(kind.width))?,
                    action: Action::Get,
                });
                at += 3;
            }
            [kind, offset, number, ..] if is_set || is_add => {
                let kind = Kind::parse(kind)?;
                let offset = bit_offset(cx, offset, Some(kind.width))?;
                let number = int(number)?;
                let action = if is_set {
                    Action::Set(number, overflow)
                } else {
                    Action::Add(number, overflow)
                };
                steps.push(Step {
                    kind,
                    offset,
                    action,
                });
                at += 4;
            }
            _ => return Err(Error::SYNTAX),
        }
    }
    Ok(steps)
}

/// Carries out the steps of a BITFIELD and replies their results.
///
/// # Errors
/// WRONGTYPE; a syntax error; a step that writes where only reading is allowed.
pub(crate) fn run_steps(cx: &mut Cx<'_>, args: &[&[u8]], may_write: bool) -> Outcome {
    let key = args[1];
    let steps = parse(cx, &args[2..])?;
    let ends = steps.iter().filter(|s| !matches!(s.action, Action::Get));
    let end = ends.map(|s| s.offset + u64::from(s.kind.width)).max();
    let answers = match end {
        None => {
            let mut digits = Vec::new();
            let string = cx.db.string(key)?;
            let bytes = string.as_ref().map_or(&[][..], |s| s.as_bytes(&mut digits));
            steps
                .iter()
                .map(|s| Some(s.kind.number(read(bytes, s.offset, s.kind.width))))
                .collect()
        }
        Some(_) if !may_write => {
            return Err(Error::new(
                "ERR BITFIELD_RO only supports the GET subcommand",
            ));
        }
        Some(end) => write_steps(cx, key, &steps, end.div_ceil(8) as usize)?,
    };
    cx.out.array(answers.len());
    for answer in answers {
        match answer {
            Some(number) => cx.out.int(number as i64),
            None => cx.out.null(),
        }
    }
    Ok(())
}

fn write_steps(
    cx: &mut Cx<'_>,
    key: &[u8],
    steps: &[Step],
    len: usize,
) -> Result<Vec<Option<i128>>, Error> {
    cx.db.edit_string(key, |bytes, change| {
        let before = bytes.len();
        bytes.resize(before.max(len), 0);
        let (grown, mut changes) = (bytes.len() > before, 0);
        let mut take = |step: &Step| {
            let kind = step.kind;
            let old = kind.number(read(bytes, step.offset, kind.width));
            let (new, answer) = match step.action {
                Action::Get => return Some(old),
                Action::Set(number, overflow) => {
                    // Beyond the range of an unsigned type a negative number is a very large one.
                    let wanted = if kind.signed {
                        i128::from(number)
                    } else {
                        i128::from(number as u64)
                    };
                    (kind.fit(wanted, overflow)?, old)
                }
                Action::Add(number, overflow) => {
                    let sum = kind.fit(old + i128::from(number), overflow)?;
                    (sum, sum)
                }
            };
            write(bytes, step.offset, kind.width, new as u64);
            changes += usize::from(grown || new != old);
            Some(answer)
        };
        let answers = steps.iter().map(&mut take).collect();
        // The string has its new length even if every step failed; in Redis a replica does not hear of that.
        let changes = changes.max(usize::from(grown));
        change.note(changes, Event::new(Class::String, "setbit"));
        answers
    })
}

/// `width` bits from bit `offset` on; behind the string there are zeros.
fn read(bytes: &[u8], offset: u64, width: u32) -> u64 {
    let (first, shift) = ((offset / 8) as usize, (offset % 8) as u32);
    // Up to 64 bits lie in at most 9 bytes.
    let window = (first..first + 9).fold(0u128, |window, at| {
        window << 8 | u128::from(bytes.get(at).copied().unwrap_or(0))
    });
    (window >> (72 - shift - width)) as u64 & (u64::MAX >> (64 - width))
}

/// Puts the lowest `width` bits of `raw` at bit `offset`; the string is long enough.
fn write(bytes: &mut [u8], offset: u64, width: u32, raw: u64) {
    let (first, shift) = ((offset / 8) as usize, (offset % 8) as u32);
    let place = 72 - shift - width;
    let mask = u128::from(u64::MAX >> (64 - width)) << place;
    let value = (u128::from(raw) << place) & mask;
    for (n, byte) in bytes.iter_mut().skip(first).take(9).enumerate() {
        let down = 64 - 8 * n as u32;
        *byte = *byte & !((mask >> down) as u8) | (value >> down) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_widths_are_read_back_and_touch_nothing_else() {
        for width in 1..=64 {
            for offset in 0..20 {
                for fill in [0x00, 0xff] {
                    let mut bytes = [fill; 12];
                    let raw = 0x9e37_79b9_7f4a_7c15 & (u64::MAX >> (64 - width));
                    write(&mut bytes, offset, width, raw);
                    assert_eq!(read(&bytes, offset, width), raw);
                    let rest = u64::MAX >> (64 - width);
                    write(&mut bytes, offset, width, if fill == 0 { 0 } else { rest });
                    assert_eq!(bytes, [fill; 12]);
                }
            }
        }
    }
}
