//! Sparse registers: runs of equal ones.
//!
//! ```text
//! 00llllll           zeros, l+1 of them
//! 01llllll llllllll  zeros, l+1 of them, the high bits first
//! 1vvvvvll           l+1 registers of value v+1
//! ```

use super::shared_sketch::{HEADER, REGISTERS};

/// The largest value that a run can have.
const VALUE_MAX: u8 = 32;
/// The longest run of a value.
const VALUE_LEN_MAX: usize = 4;
/// The longest run of zeros in one byte.
const ZEROS_LEN_MAX: usize = 64;

/// A run of registers; zeros have value 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    value: u8,
    count: usize,
    /// How it is written: bytes.
    len: usize,
}

/// The run at an offset; a byte that is missing counts as 0.
fn run_at(bytes: &[u8], at: usize) -> Run {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let first = byte(at);
    let zeros = usize::from(first & 63);
    let (value, count, len) = match first >> 6 {
        0 => (0, zeros + 1, 1),
        1 => (0, (zeros << 8 | usize::from(byte(at + 1))) + 1, 2),
        _ => ((first >> 2 & 31) + 1, usize::from(first & 3) + 1, 1),
    };
    Run { value, count, len }
}

/// Writes a run of zeros.
pub(crate) fn write_zeros(count: usize, out: &mut Vec<u8>) {
    let length = count.saturating_sub(1);
    if count > ZEROS_LEN_MAX {
        out.push(1 << 6 | (length >> 8) as u8);
    }
    out.push(length as u8);
}

/// A run of a value that is not 0.
fn value_run(value: u8, count: usize) -> u8 {
    1 << 7 | (value - 1) << 2 | (count - 1) as u8
}

/// Writes a run, if there is anything in it.
fn write(value: u8, count: usize, out: &mut Vec<u8>) {
    match (value, count) {
        (_, 0) => {}
        (0, _) => write_zeros(count, out),
        _ => out.push(value_run(value, count)),
    }
}

/// Hands out each run as its first register, the number of them and their value; false if they are not exactly all
/// registers. Runs beyond the last register are not handed out.
pub(crate) fn runs_with_zeros(bytes: &[u8], mut each: impl FnMut(usize, usize, u8)) -> bool {
    let (mut at, mut index) = (0, 0);
    while at < bytes.len() {
        let run = run_at(bytes, at);
        if index + run.count > REGISTERS {
            return false;
        }
        each(index, run.count, run.value);
        index += run.count;
        at += run.len;
    }
    index == REGISTERS
}

/// As [`runs_with_zeros`], without those of value 0.
pub(crate) fn runs(bytes: &[u8], mut each: impl FnMut(usize, usize, u8)) -> bool {
    runs_with_zeros(bytes, |index, count, value| {
        if value > 0 {
            each(index, count, value);
        }
    })
}

/// The runs in the words of PFDEBUG DECODE: `z` and `Z` for zeros, `v` for values.
pub(crate) fn describe(bytes: &[u8]) -> String {
    let (mut at, mut words) = (0, Vec::new());
    while at < bytes.len() {
        let Run { value, count, len } = run_at(bytes, at);
        words.push(match (value, len) {
            (0, 1) => format!("z:{count}"),
            (0, _) => format!("Z:{count}"),
            _ => format!("v:{value},{count}"),
        });
        at += len;
    }
    words.join(" ")
}

/// What became of the wish to raise a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raised {
    Yes,
    /// It is as high already.
    No,
    /// The sketch must become dense for it.
    DoesNotFit,
    /// These are no runs of registers.
    Malformed,
}

/// Raises a register of a sketch (with its header) to at least `value`.
pub(crate) fn raise(sketch: &mut Vec<u8>, index: usize, value: u8, len_max: usize) -> Raised {
    if value > VALUE_MAX {
        return Raised::DoesNotFit;
    }
    let (mut at, mut first, mut before) = (HEADER, 0, None);
    let run = loop {
        if at >= sketch.len() {
            return Raised::Malformed;
        }
        let run = run_at(sketch, at);
        if index < first + run.count {
            break run;
        }
        before = Some(at);
        at += run.len;
        first += run.count;
    };
    if run.value >= value {
        return Raised::No;
    }
    let mut split = Vec::with_capacity(5);
    write(run.value, index - first, &mut split);
    write(value, 1, &mut split);
    write(run.value, first + run.count - 1 - index, &mut split);
    if split.len() > run.len && sketch.len() + split.len() - run.len > len_max {
        return Raised::DoesNotFit;
    }
    let end = (at + run.len).min(sketch.len());
    sketch.splice(at..end, split);
    join(sketch, before.unwrap_or(HEADER));
    Raised::Yes
}

/// Joins neighbouring runs of the same value near a change, as far as Redis looks: five steps.
fn join(sketch: &mut Vec<u8>, mut at: usize) {
    for _ in 0..5 {
        if at >= sketch.len() {
            return;
        }
        let run = run_at(sketch, at);
        let next = run_at(sketch, at + 1);
        let count = run.count + next.count;
        let alike = run.value > 0 && at + 1 < sketch.len() && next.value == run.value;
        if alike && count <= VALUE_LEN_MAX {
            // Once more from here: the joined run may go on in the one behind it.
            sketch[at] = value_run(run.value, count);
            sketch.remove(at + 1);
        } else {
            at += run.len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hyperloglog::shared_sketch::empty;

    fn values(sketch: &[u8]) -> Vec<u8> {
        let mut all = vec![0; REGISTERS];
        assert!(runs(&sketch[HEADER..], |index, count, value| {
            all[index..index + count].fill(value);
        }));
        all
    }

    #[test]
    fn runs_are_split_and_joined() {
        let mut sketch = empty();
        assert_eq!(sketch[HEADER..], [0x7f, 0xff]);
        assert_eq!(raise(&mut sketch, 5, 3, 3000), Raised::Yes);
        assert_eq!(raise(&mut sketch, 5, 3, 3000), Raised::No);
        assert_eq!(sketch[HEADER..HEADER + 2], [4, 0b1000_1000]);
        for index in [6, 7, 8, 9] {
            assert_eq!(raise(&mut sketch, index, 3, 3000), Raised::Yes);
        }
        // Four are one run, the fifth begins the next.
        assert_eq!(sketch[HEADER..HEADER + 3], [4, 0b1000_1011, 0b1000_1000]);
        assert_eq!(raise(&mut sketch, 7, 4, 3000), Raised::Yes);
        let tail = &sketch[HEADER + 1..HEADER + 4];
        assert_eq!(tail, [0b1000_1001, 0b1000_1100, 0b1000_1001]);
        assert_eq!(values(&sketch)[5..10], [3, 3, 4, 3, 3]);
    }

    #[test]
    fn many_raises_keep_every_register() {
        let (mut sketch, mut model) = (empty(), vec![0u8; REGISTERS]);
        let mut rng = engine_types::Rng::new(5);
        for _ in 0..3000 {
            let (index, value) = (rng.below(600), rng.below(9) as u8 + 1);
            let raised = raise(&mut sketch, index, value, 3000) == Raised::Yes;
            assert_eq!(raised, model[index] < value);
            model[index] = model[index].max(value);
        }
        assert_eq!(values(&sketch), model);
    }

    #[test]
    fn limits_and_bad_bytes() {
        let mut sketch = empty();
        assert_eq!(raise(&mut sketch, 5, 33, 3000), Raised::DoesNotFit);
        assert_eq!(raise(&mut sketch, 5, 3, 19), Raised::DoesNotFit);
        sketch.truncate(HEADER);
        assert_eq!(raise(&mut sketch, 5, 3, 3000), Raised::Malformed);
        assert!(!runs(&[], |_, _, _| ()));
        assert!(!runs(&[0x7f, 0xff, 0], |_, _, _| ()));
        assert!(!runs(&[0x7f], |_, _, _| ()));
    }
}
