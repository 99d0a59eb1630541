//! BITCOUNT and BITPOS: the part of a string that is looked at.

use crate::args::{int, is};
use engine_dispatch::Error;
use std::ops::Range;

/// Start, end and unit as given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given {
    start: i64,
    /// None: to the end of the string.
    end: Option<i64>,
    bits: bool,
}

impl Given {
    /// Reads `[start [end [BYTE | BIT]]]`.
    ///
    /// # Errors
    /// A syntax error, or no integer.
    pub(super) fn parse(args: &[&[u8]]) -> Result<Self, Error> {
        let mut given = Self {
            start: 0,
            end: None,
            bits: false,
        };
        if args.len() > 3 {
            return Err(Error::SYNTAX);
        }
        if let Some(start) = args.first() {
            given.start = int(start)?;
        }
        if let Some(unit) = args.get(2) {
            given.bits = is(unit, "BIT");
            if !given.bits && !is(unit, "BYTE") {
                return Err(Error::SYNTAX);
            }
        }
        if let Some(end) = args.get(1) {
            given.end = Some(int(end)?);
        }
        Ok(given)
    }

    /// Whether an end was given.
    pub(super) fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// Whether the end, also counted from the end, lies before the start. Far outside of the string both may still
    /// come to stand at its first byte.
    pub(super) fn is_crossed(&self) -> bool {
        self.start < 0 && self.end.is_some_and(|end| end < 0 && self.start > end)
    }

    /// The bits meant, of a string of `len` bytes.
    pub(super) fn bits(&self, len: usize) -> Range<usize> {
        let total = if self.bits { len * 8 } else { len } as i64;
        let from_end = |n: i64| {
            if n < 0 {
                total.saturating_add(n).max(0)
            } else {
                n
            }
        };
        let start = from_end(self.start);
        let end = from_end(self.end.unwrap_or(-1)).min(total - 1);
        if start > end {
            return 0..0;
        }
        let (start, end) = (start as usize, end as usize + 1);
        if self.bits {
            start..end
        } else {
            start * 8..end * 8
        }
    }
}

/// The byte at `at` with all bits outside of `range` cleared.
pub(crate) fn masked(bytes: &[u8], at: usize, range: &Range<usize>) -> u8 {
    let byte = bytes.get(at).copied().unwrap_or(0);
    let first = range.start.saturating_sub(at * 8).min(8);
    let behind = range.end.saturating_sub(at * 8).min(8);
    let kept = (0xff00u32 >> behind) & (0xffu32 >> first);
    byte & kept as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_outside_of_the_range_are_cleared() {
        let bytes = [0xff, 0xff, 0xff];
        for (range, want) in [
            (0..24, [0xff, 0xff, 0xff]),
            (3..5, [0b0001_1000, 0, 0]),
            (4..20, [0x0f, 0xff, 0xf0]),
            (8..16, [0, 0xff, 0]),
            (23..24, [0, 0, 1]),
        ] {
            for (at, want) in want.iter().enumerate() {
                assert_eq!(masked(&bytes, at, &range), *want, "{range:?} {at}");
            }
        }
    }
}
