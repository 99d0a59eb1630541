//! Reading arguments as Redis reads them, with its error texts.

use engine_dispatch::Error;
use proto_resp::num;

/// An integer, by Redis's strict rule.
///
/// # Errors
/// "value is not an integer or out of range".
pub fn int(arg: &[u8]) -> Result<i64, Error> {
    num::parse_i64(arg).ok_or(Error::NOT_INT)
}

/// An integer that must not be negative.
///
/// # Errors
/// "value is out of range, must be positive", also for what is no integer (as `getPositiveLongFromObject` does).
pub fn positive(arg: &[u8]) -> Result<usize, Error> {
    match num::parse_i64(arg) {
        Some(n) if n >= 0 => Ok(n as usize),
        _ => Err(Error::POSITIVE),
    }
}

/// An integer that can be negated: any but the least.
///
/// # Errors
/// "value is not an integer or out of range", or Redis's words for the one number that is refused.
pub fn negatable(arg: &[u8]) -> Result<i64, Error> {
    match int(arg)? {
        i64::MIN => Err(Error::new(
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        )),
        n => Ok(n),
    }
}

/// A count that must be at least `least`.
///
/// # Errors
/// `text`, whatever is wrong with it.
pub fn at_least(arg: &[u8], least: i64, text: &'static str) -> Result<usize, Error> {
    match num::parse_i64(arg) {
        Some(n) if n >= least => Ok(n as usize),
        _ => Err(Error::new(text)),
    }
}

/// A float.
///
/// # Errors
/// "value is not a valid float".
pub fn float(arg: &[u8]) -> Result<f64, Error> {
    num::parse_f64(arg).ok_or(Error::NOT_FLOAT)
}

/// A time-out in seconds, as milliseconds; 0 means none.
///
/// # Errors
/// The texts of `getTimeoutFromObjectOrReply`.
pub fn timeout_ms(arg: &[u8]) -> Result<i64, Error> {
    let seconds = num::parse_f64(arg).ok_or(Error::TIMEOUT_NOT_FLOAT)?;
    let ms = (seconds * 1000.0).ceil();
    if ms > i64::MAX as f64 / 2.0 {
        Err(Error::TIMEOUT_RANGE)
    } else if ms < 0.0 {
        Err(Error::TIMEOUT_NEGATIVE)
    } else {
        Ok(ms as i64)
    }
}

/// Whether an argument is this word, in any case.
#[must_use]
pub fn is(arg: &[u8], word: &str) -> bool {
    arg.eq_ignore_ascii_case(word.as_bytes())
}
