//! The grammar of C's `strtod`/`strtold`, without its white space and `nan`.

/// A number's text taken apart; nothing is rounded yet.
pub(super) enum Scanned<'t> {
    Infinity { negative: bool },
    Decimal(Decimal<'t>),
    Hex(Hex),
}

/// `±whole.fraction × 10^exponent`; both parts are digits, either may be empty.
pub(super) struct Decimal<'t> {
    pub(super) negative: bool,
    pub(super) whole: &'t [u8],
    pub(super) fraction: &'t [u8],
    pub(super) exponent: i64,
}

impl Decimal<'_> {
    pub(super) fn is_zero(&self) -> bool {
        self.whole
            .iter()
            .chain(self.fraction)
            .all(|&digit| digit == b'0')
    }
}

/// `±significand × 2^exponent`, plus a little when `sticky`.
pub(super) struct Hex {
    pub(super) negative: bool,
    pub(super) significand: u128,
    pub(super) sticky: bool,
    pub(super) exponent: i64,
}

impl Hex {
    /// The nearest double; `None` on overflow and on underflow to zero.
    pub(super) fn to_f64(&self) -> Option<f64> {
        if self.significand == 0 {
            return Some(if self.negative { -0.0 } else { 0.0 });
        }
        let (mantissa, exponent) = round(self.significand, self.sticky, self.exponent, 53, -1074)?;
        // Two exact steps: a mantissa of at most 53 bits, then powers of two that cannot
        // round because `round` has already respected the smallest exponent.
        let mut value = mantissa as f64;
        let mut left = exponent;
        while left != 0 {
            let step = left.clamp(-1000, 1000);
            value *= 2f64.powi(step);
            left -= step;
        }
        if value.is_infinite() || value == 0.0 {
            return None;
        }
        Some(if self.negative { -value } else { value })
    }
}

/// Rounds `significand × 2^exponent` (a little more when `sticky`) half to even, to at most
/// `bits` bits and to no exponent below `exponent_min`. `None` when nothing is left.
pub(super) fn round(
    significand: u128,
    sticky: bool,
    exponent: i64,
    bits: u32,
    exponent_min: i64,
) -> Option<(u64, i32)> {
    let width = 128 - significand.leading_zeros();
    let for_width = i64::from(width) - i64::from(bits);
    let shift = for_width.max(exponent_min - exponent);
    if shift <= 0 {
        // Fewer bits than asked for: exact, unless a digit beyond them was dropped, which
        // callers avoid by keeping at least `bits + 2` bits before they set `sticky`.
        let exponent = i32::try_from(exponent).ok()?;
        return Some((u64::try_from(significand).ok()?, exponent));
    }
    if shift > 128 {
        return None;
    }
    let (kept, rest, half) = if shift == 128 {
        (0, significand, 1u128 << 127)
    } else {
        let rest = significand & ((1u128 << shift) - 1);
        (significand >> shift, rest, 1u128 << (shift - 1))
    };
    let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
    let kept = kept + u128::from(up);
    if kept == 0 {
        return None;
    }
    let mut exponent = exponent + shift;
    let mut kept = kept;
    if kept >> bits != 0 {
        kept >>= 1;
        exponent += 1;
    }
    Some((u64::try_from(kept).ok()?, i32::try_from(exponent).ok()?))
}

/// Takes a text apart, or refuses it where `strtod` would not consume all of it.
pub(super) fn scan(text: &[u8]) -> Option<Scanned<'_>> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Some(Scanned::Infinity { negative });
    }
    match body {
        [b'0', b'x' | b'X', rest @ ..] => scan_hex(negative, rest).map(Scanned::Hex),
        _ => scan_decimal(negative, body).map(Scanned::Decimal),
    }
}

fn scan_decimal(negative: bool, body: &[u8]) -> Option<Decimal<'_>> {
    let (whole, rest) = split_while(body, |byte| byte.is_ascii_digit());
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_while(rest, |byte| byte.is_ascii_digit()),
        _ => (&rest[..0], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let exponent = match rest {
        [] => 0,
        [b'e' | b'E', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    Some(Decimal {
        negative,
        whole,
        fraction,
        exponent,
    })
}

fn scan_hex(negative: bool, body: &[u8]) -> Option<Hex> {
    let (whole, rest) = split_while(body, |byte| byte.is_ascii_hexdigit());
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_while(rest, |byte| byte.is_ascii_hexdigit()),
        _ => (&rest[..0], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut exponent = match rest {
        [] => 0,
        [b'p' | b'P', rest @ ..] => scan_exponent(rest)?,
        _ => return None,
    };
    exponent -= 4 * fraction.len() as i64;
    let (mut significand, mut sticky) = (0u128, false);
    for &byte in whole.iter().chain(fraction) {
        let digit = (byte as char).to_digit(16)?;
        if significand >> 120 == 0 {
            significand = significand << 4 | u128::from(digit);
        } else {
            sticky |= digit != 0;
            exponent += 4;
        }
    }
    Some(Hex {
        negative,
        significand,
        sticky,
        exponent,
    })
}

/// `[+-]digits`, at least one digit. Saturates far beyond any exponent that matters.
fn scan_exponent(text: &[u8]) -> Option<i64> {
    const FAR: i64 = 1 << 40;
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, &digit| {
        (value * 10 + i64::from(digit - b'0')).min(FAR)
    });
    Some(if negative { -value } else { value })
}

fn split_while(text: &[u8], keep: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|&byte| !keep(byte))
        .unwrap_or(text.len());
    text.split_at(end)
}
