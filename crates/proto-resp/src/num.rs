//! Numbers as text, by Redis's rules: what counts as an integer or a float in an
//! argument, and how a number is printed in a reply or stored in a value.
//!
//! | here | in Redis 7.2 |
//! | --- | --- |
//! | [`parse_i64`] | `string2ll` |
//! | [`parse_f64`] | `string2d`, `getDoubleFromObject` |
//! | [`format_i64`] | `ll2string` |
//! | [`write_score`] | `addReplyDouble`; `%.17g` before 7.2 |
//! | [`format_f64`] | `d2string` (`fpconv_dtoa`) |
//! | [`LongDouble`] | `string2ld`, `ld2string` in its human mode |

mod float_text;
mod long_double;
mod score;

pub use long_double::LongDouble;
pub use score::{Digits, general, write_score};

use float_text::{Scanned, scan};

/// Room for any `i64` or `u64` as text.
pub const INT_LEN_MAX: usize = 24;
/// Room for any `f64` as [`format_f64`] prints it.
pub const FLOAT_LEN_MAX: usize = 40;

/// The integer a string stands for, or `None`. O(length), at most 20 bytes are looked at.
///
/// Redis's strict rule: the text must be exactly what printing the integer gives, so no plus
/// sign, no leading zero, no space, no `-0`.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let magnitude = parse_digits(digits, negative)?;
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// As [`parse_i64`], for the unsigned range.
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    parse_digits(text, false)
}

/// Decimal digits without a leading zero; a lone `0` only where `negative` is false.
fn parse_digits(digits: &[u8], negative: bool) -> Option<u64> {
    match digits {
        [] => return None,
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 20 => {}
        _ => return None,
    }
    let mut value = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The double a string stands for, or `None`. O(length).
///
/// What C's `strtod` accepts, provided it consumes every byte and the text does not begin with
/// white space: a sign, decimals with or without exponent, hexadecimal floats, `inf` and
/// `infinity` in any case. Refused, as in Redis: the empty string, `nan`, overflow, and
/// underflow to zero.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    const EXACT: u64 = 1 << 53;
    if let Some(int) = parse_i64(text)
        && int.unsigned_abs() <= EXACT
    {
        return Some(int as f64);
    }
    match scan(text)? {
        Scanned::Infinity { negative: true } => Some(f64::NEG_INFINITY),
        Scanned::Infinity { negative: false } => Some(f64::INFINITY),
        Scanned::Decimal(decimal) => {
            let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
            let lost = value.is_infinite() || (value == 0.0 && !decimal.is_zero());
            (!lost).then_some(value)
        }
        Scanned::Hex(hex) => hex.to_f64(),
    }
}

/// The text of `value`, in `buffer`.
pub fn format_i64(value: i64, buffer: &mut [u8; INT_LEN_MAX]) -> &[u8] {
    let mut itoa = itoa::Buffer::new();
    copy_into(itoa.format(value).as_bytes(), buffer)
}

/// The text of `value`, in `buffer`.
pub fn format_u64(value: u64, buffer: &mut [u8; INT_LEN_MAX]) -> &[u8] {
    let mut itoa = itoa::Buffer::new();
    copy_into(itoa.format(value).as_bytes(), buffer)
}

/// Appends the text of `value`.
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the text of `value`.
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// How many bytes `ll2string` would write for `value`.
pub fn len_i64(value: i64) -> usize {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(value < 0)
}

/// Appends the text of `value` as [`format_f64`] prints it.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(format_f64(value, &mut [0; FLOAT_LEN_MAX]));
}

/// `value` if it is an integer that Redis prints and stores as one: within ±2^62.
pub fn f64_as_i64(value: f64) -> Option<i64> {
    const LIMIT: f64 = (1u64 << 62) as f64;
    if !(-LIMIT..=LIMIT).contains(&value) {
        return None;
    }
    let int = value as i64;
    (int as f64 == value).then_some(int)
}

/// The text of a score or any other double in a reply: `inf`, `-inf`, `nan`, `-0`, integers
/// within ±2^62 in full, everything else by the fewest digits that read back as the same double.
///
/// Redis finds the digits with Grisu2, which in about one case of a thousand needs one digit
/// more than the fewest; both texts read back as the same double.
pub fn format_f64(value: f64, buffer: &mut [u8; FLOAT_LEN_MAX]) -> &[u8] {
    if value.is_nan() {
        return copy_into(b"nan", buffer);
    }
    if value.is_infinite() {
        return copy_into(if value < 0.0 { b"-inf" } else { b"inf" }, buffer);
    }
    if value == 0.0 {
        return copy_into(
            if value.is_sign_negative() {
                b"-0"
            } else {
                b"0"
            },
            buffer,
        );
    }
    if let Some(int) = f64_as_i64(value) {
        return copy_into(itoa::Buffer::new().format(int).as_bytes(), buffer);
    }
    let mut out = Cursor { buffer, len: 0 };
    if value < 0.0 {
        out.push(b'-');
    }
    emit_shortest(value.abs(), value < 0.0, &mut out);
    let len = out.len;
    buffer.get(..len).unwrap_or_default()
}

/// Lays the shortest digits out as `fpconv_dtoa` does: plain where that is short, else with an
/// exponent that always carries its sign.
fn emit_shortest(value: f64, negative: bool, out: &mut Cursor<'_>) {
    let (digits, len, exponent) = shortest_digits(value);
    let digits = digits.get(..len).unwrap_or_default();
    let count = len as i32;
    let scientific = exponent + count - 1;
    if exponent >= 0 && scientific.abs() < count + 7 {
        out.extend(digits);
        out.zeros(exponent);
        return;
    }
    if exponent < 0 && (exponent > -7 || scientific.abs() < 4) {
        let offset = count + exponent;
        if offset <= 0 {
            out.extend(b"0.");
            out.zeros(-offset);
            out.extend(digits);
        } else {
            let (whole, fraction) = digits.split_at(offset as usize);
            out.extend(whole);
            out.push(b'.');
            out.extend(fraction);
        }
        return;
    }
    let shown = digits.len().min(18 - usize::from(negative));
    let (first, rest) = digits.split_at(1.min(shown));
    out.extend(first);
    if shown > 1 {
        out.push(b'.');
        out.extend(rest.get(..shown - 1).unwrap_or_default());
    }
    out.push(b'e');
    out.push(if scientific < 0 { b'-' } else { b'+' });
    out.extend(
        itoa::Buffer::new()
            .format(scientific.unsigned_abs())
            .as_bytes(),
    );
}

/// The shortest decimal digits of a positive finite double, without zeros at either end, and
/// the power of ten of the last one.
fn shortest_digits(value: f64) -> ([u8; 20], usize, i32) {
    let mut printer = zmij::Buffer::new();
    let text = printer.format_finite(value).as_bytes();
    let (mut digits, mut len) = ([0u8; 20], 0usize);
    let (mut exponent, mut in_fraction) = (0i32, false);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'.' => in_fraction = true,
            b'e' | b'E' => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let rest = rest.strip_prefix(b"+").unwrap_or(rest);
                exponent += parse_i64(rest).unwrap_or(0) as i32;
                break;
            }
            _ => {
                exponent -= i32::from(in_fraction);
                if len == 0 && byte == b'0' {
                    continue;
                }
                if let Some(place) = digits.get_mut(len) {
                    *place = byte;
                    len += 1;
                } else {
                    exponent += 1;
                }
            }
        }
    }
    while len > 1 && digits.get(len - 1) == Some(&b'0') {
        len -= 1;
        exponent += 1;
    }
    (digits, len, exponent)
}

/// Copies a short text to the front of a buffer that is long enough for it by construction.
fn copy_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let len = text.len().min(buffer.len());
    let (front, _) = buffer.split_at_mut(len);
    front.copy_from_slice(text.get(..len).unwrap_or_default());
    front
}

/// Appends to a fixed buffer; what does not fit is dropped.
struct Cursor<'b> {
    buffer: &'b mut [u8; FLOAT_LEN_MAX],
    len: usize,
}

impl Cursor<'_> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.push(byte));
    }

    fn zeros(&mut self, count: i32) {
        (0..count).for_each(|_| self.push(b'0'));
    }
}

#[cfg(test)]
mod tests;
