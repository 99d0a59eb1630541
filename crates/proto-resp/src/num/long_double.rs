//! The 80-bit float of x86, in software.
//!
//! INCRBYFLOAT and HINCRBYFLOAT compute in C's `long double`, and their results are stored and
//! replicated as text, so `10.5 + 0.1` must come out as `10.6` and not as the nearest double's
//! seventeen digits. This is that arithmetic bit for bit (64 bits of significand, exponents to
//! ±2^14, round half to even), on every platform; a Redis built for ARM computes in 128 bits
//! and may print other digits after the nineteenth.

use super::float_text::{Decimal, Scanned, round, scan};

const BITS: u32 = 64;
/// The exponent of the last bit of the smallest denormal.
const EXPONENT_MIN: i64 = -16445;
/// The largest exponent of the last bit.
const EXPONENT_MAX: i64 = 16384 - 64;
/// Longer texts are refused, as by Redis (`MAX_LONG_DOUBLE_CHARS`).
const TEXT_LEN_MAX: usize = 5 * 1024;

/// An 80-bit float that is not NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    infinite: bool,
    /// The value is `significand × 2^exponent`.
    significand: u64,
    exponent: i32,
}

impl LongDouble {
    /// The number a text stands for, by the rules of [`super::parse_f64`] with the wider range.
    /// At most 5 KB of text; O(length × size of the exponent).
    pub fn parse(text: &[u8]) -> Option<LongDouble> {
        if text.len() >= TEXT_LEN_MAX {
            return None;
        }
        match scan(text)? {
            Scanned::Infinity { negative } => Some(LongDouble {
                negative,
                infinite: true,
                significand: 0,
                exponent: 0,
            }),
            Scanned::Decimal(decimal) => from_decimal(&decimal),
            Scanned::Hex(hex) if hex.significand == 0 => Some(zero(hex.negative)),
            Scanned::Hex(hex) => finite(hex.negative, hex.significand, hex.sticky, hex.exponent)
                .filter(|value| !value.infinite),
        }
    }

    /// An integer, exactly.
    pub fn from_i64(value: i64) -> LongDouble {
        LongDouble {
            negative: value < 0,
            infinite: false,
            significand: value.unsigned_abs(),
            exponent: 0,
        }
    }

    pub fn is_infinite(&self) -> bool {
        self.infinite
    }

    /// The rounded sum; `None` for NaN (`inf - inf`). O(1).
    pub fn checked_add(self, other: LongDouble) -> Option<LongDouble> {
        if self.infinite || other.infinite {
            return match (self.infinite, other.infinite) {
                (true, true) if self.negative != other.negative => None,
                (true, _) => Some(self),
                _ => Some(other),
            };
        }
        if self.significand == 0 {
            let both = self.negative && other.negative;
            return Some(if other.significand == 0 {
                zero(both)
            } else {
                other
            });
        }
        if other.significand == 0 {
            return Some(self);
        }
        Some(add_finite(self.normalised(), other.normalised()))
    }

    /// With the top bit of the significand set.
    fn normalised(self) -> LongDouble {
        let shift = self.significand.leading_zeros();
        LongDouble {
            significand: self.significand << shift,
            exponent: self.exponent - shift as i32,
            ..self
        }
    }

    /// Appends the text Redis stores and replies: no exponent, at most 17 decimals, no zeros
    /// at their end, no `-0`. Up to 4,951 bytes for the largest numbers.
    pub fn write_human(&self, out: &mut Vec<u8>) {
        let start = out.len();
        if self.negative {
            out.push(b'-');
        }
        if self.infinite {
            out.extend_from_slice(b"inf");
            return;
        }
        if self.exponent >= 0 {
            let mut whole = Big::from(u128::from(self.significand));
            whole.shift_left(self.exponent as u32);
            whole.write_decimal(out);
        } else {
            self.write_fraction(out);
        }
        if out.get(start..) == Some(b"-0") {
            out.truncate(start);
            out.push(b'0');
        }
    }

    /// As [`Self::write_human`], into a new buffer.
    pub fn to_human(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24);
        self.write_human(&mut out);
        out
    }

    fn write_fraction(&self, out: &mut Vec<u8>) {
        const SCALE: u128 = 100_000_000_000_000_000;
        let shift = self.exponent.unsigned_abs();
        let significand = u128::from(self.significand);
        let (mut whole, fraction) = if shift >= 64 {
            (0, significand)
        } else {
            (significand >> shift, significand & ((1 << shift) - 1))
        };
        // At most 64 + 57 bits.
        let scaled = fraction * SCALE;
        let mut decimals = 0;
        if shift < 128 {
            let rest = scaled & ((1 << shift) - 1);
            let half = 1u128 << (shift - 1);
            decimals = scaled >> shift;
            if rest > half || (rest == half && decimals & 1 == 1) {
                decimals += 1;
            }
        }
        if decimals == SCALE {
            whole += 1;
            decimals = 0;
        }
        out.extend_from_slice(whole.to_string().as_bytes());
        if decimals == 0 {
            return;
        }
        let text = format!("{decimals:017}");
        out.push(b'.');
        out.extend_from_slice(text.trim_end_matches('0').as_bytes());
    }
}

fn zero(negative: bool) -> LongDouble {
    LongDouble {
        negative,
        infinite: false,
        significand: 0,
        exponent: 0,
    }
}

/// Rounds to 64 bits; infinite on overflow, `None` on underflow to zero.
fn finite(negative: bool, significand: u128, sticky: bool, exponent: i64) -> Option<LongDouble> {
    let width = i64::from(128 - significand.leading_zeros());
    if width + exponent <= 16384 + 1 {
        let (significand, exponent) = round(significand, sticky, exponent, BITS, EXPONENT_MIN)?;
        let top = i64::from(exponent) + i64::from(64 - significand.leading_zeros());
        if top <= EXPONENT_MAX + 64 {
            return Some(LongDouble {
                negative,
                infinite: false,
                significand,
                exponent,
            });
        }
    }
    Some(LongDouble {
        negative,
        infinite: true,
        significand: 0,
        exponent: 0,
    })
}

/// Both normalised and not zero.
fn add_finite(left: LongDouble, right: LongDouble) -> LongDouble {
    let (big, small) = if (left.exponent, left.significand) >= (right.exponent, right.significand) {
        (left, right)
    } else {
        (right, left)
    };
    // 63 guard bits below, one bit for the carry above.
    let distance = (big.exponent - small.exponent).unsigned_abs();
    let high = u128::from(big.significand) << 63;
    let low = u128::from(small.significand) << 63;
    let (low, sticky) = if distance >= 128 {
        (0, true)
    } else {
        (low >> distance, low & ((1 << distance) - 1) != 0)
    };
    let sum = if big.negative == small.negative {
        high + low
    } else {
        // What was shifted out makes the difference a little smaller than `high - low`.
        high - low - u128::from(sticky)
    };
    if sum == 0 {
        return zero(false);
    }
    let exponent = i64::from(big.exponent) - 63;
    finite(big.negative, sum, sticky, exponent).unwrap_or(zero(big.negative))
}

fn from_decimal(decimal: &Decimal<'_>) -> Option<LongDouble> {
    if decimal.is_zero() {
        return Some(zero(decimal.negative));
    }
    let mut digits: Vec<u8> = decimal.whole.to_vec();
    digits.extend_from_slice(decimal.fraction);
    let mut power = decimal.exponent - decimal.fraction.len() as i64;
    let leading = digits.iter().take_while(|&&digit| digit == b'0').count();
    digits.drain(..leading);
    while digits.last() == Some(&b'0') {
        digits.pop();
        power += 1;
    }
    // Beyond these bounds the result is infinite or zero whatever the digits are.
    let top = power + digits.len() as i64;
    if !(-4970..=4940).contains(&top) {
        return None;
    }
    let mut numerator = Big::from_digits(&digits);
    let value = if power >= 0 {
        numerator.multiply_by_power_of_ten(power as u32);
        let (significand, sticky, exponent) = numerator.top_bits();
        finite(decimal.negative, significand, sticky, exponent)
    } else {
        let mut denominator = Big::from(1);
        denominator.multiply_by_power_of_ten(power.unsigned_abs() as u32);
        // A quotient of 66 to 68 bits: two to round by, and the remainder as sticky bit.
        let shift = denominator.bits() as i64 - numerator.bits() as i64 + 67;
        if shift >= 0 {
            numerator.shift_left(shift as u32);
        } else {
            denominator.shift_left(shift.unsigned_abs() as u32);
        }
        let (quotient, exact) = numerator.divide_small(&denominator);
        finite(decimal.negative, quotient, !exact, -shift)
    };
    value.filter(|value| !value.infinite)
}

/// A natural number of any size, least significant limb first, without zero limbs on top.
struct Big {
    limbs: Vec<u32>,
}

impl Big {
    fn from(value: u128) -> Big {
        let limbs = (0..4).map(|limb| (value >> (32 * limb)) as u32).collect();
        let mut big = Big { limbs };
        big.trim();
        big
    }

    fn from_digits(digits: &[u8]) -> Big {
        let mut big = Big { limbs: Vec::new() };
        for chunk in digits.chunks(9) {
            let value = chunk
                .iter()
                .fold(0u32, |value, digit| value * 10 + u32::from(digit & 15));
            big.multiply_add(10u32.pow(chunk.len() as u32), value);
        }
        big
    }

    fn trim(&mut self) {
        while self.limbs.last() == Some(&0) {
            self.limbs.pop();
        }
    }

    fn bits(&self) -> usize {
        self.limbs.last().map_or(0, |top| {
            self.limbs.len() * 32 - top.leading_zeros() as usize
        })
    }

    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.limbs {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            self.limbs.push(carry as u32);
        }
    }

    fn multiply_by_power_of_ten(&mut self, power: u32) {
        for _ in 0..power / 9 {
            self.multiply_add(1_000_000_000, 0);
        }
        self.multiply_add(10u32.pow(power % 9), 0);
    }

    fn shift_left(&mut self, bits: u32) {
        if self.limbs.is_empty() {
            return;
        }
        if !bits.is_multiple_of(32) {
            self.multiply_add(1 << (bits % 32), 0);
        }
        let zeros = std::iter::repeat_n(0, (bits / 32) as usize);
        self.limbs.splice(0..0, zeros);
    }

    fn shift_right_one(&mut self) {
        let mut carry = 0;
        for limb in self.limbs.iter_mut().rev() {
            let low = *limb << 31;
            *limb = *limb >> 1 | carry;
            carry = low;
        }
        self.trim();
    }

    /// The top 128 bits, whether any bit below them is set, and the exponent of the last kept.
    fn top_bits(&self) -> (u128, bool, i64) {
        let skip = self.limbs.len().saturating_sub(4);
        let (below, top) = self.limbs.split_at(skip);
        let value = top
            .iter()
            .rev()
            .fold(0u128, |value, &limb| value << 32 | u128::from(limb));
        let sticky = below.iter().any(|&limb| limb != 0);
        (value, sticky, 32 * skip as i64)
    }

    fn at_least(&self, other: &Big) -> bool {
        let longer = self.limbs.len().cmp(&other.limbs.len());
        let order = longer.then_with(|| self.limbs.iter().rev().cmp(other.limbs.iter().rev()));
        order.is_ge()
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = 0i64;
        let others = other.limbs.iter().chain(std::iter::repeat(&0));
        for (limb, &minus) in self.limbs.iter_mut().zip(others) {
            let difference = i64::from(*limb) - i64::from(minus) + borrow;
            *limb = difference as u32;
            borrow = difference >> 32;
        }
        self.trim();
    }

    /// The quotient, which must fit 128 bits, and whether the division left no rest.
    fn divide_small(mut self, divisor: &Big) -> (u128, bool) {
        let mut steps = self.bits().saturating_sub(divisor.bits()).min(127);
        let mut shifted = Big {
            limbs: divisor.limbs.clone(),
        };
        shifted.shift_left(steps as u32);
        let mut quotient = 0u128;
        loop {
            quotient <<= 1;
            if self.at_least(&shifted) {
                self.subtract(&shifted);
                quotient |= 1;
            }
            if steps == 0 {
                return (quotient, self.limbs.is_empty());
            }
            steps -= 1;
            shifted.shift_right_one();
        }
    }

    fn write_decimal(mut self, out: &mut Vec<u8>) {
        let mut groups = Vec::new();
        while !self.limbs.is_empty() {
            let mut rest = 0u64;
            for limb in self.limbs.iter_mut().rev() {
                let value = rest << 32 | u64::from(*limb);
                *limb = (value / 1_000_000_000) as u32;
                rest = value % 1_000_000_000;
            }
            self.trim();
            groups.push(rest);
        }
        let Some(first) = groups.pop() else {
            out.push(b'0');
            return;
        };
        out.extend_from_slice(first.to_string().as_bytes());
        for group in groups.iter().rev() {
            out.extend_from_slice(format!("{group:09}").as_bytes());
        }
    }
}
