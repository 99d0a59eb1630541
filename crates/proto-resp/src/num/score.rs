//! Doubles with as many digits as the servers of a time print.

use super::write_f64;

/// How many digits of a double are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Digits {
    /// As few as read back to the same double.
    #[default]
    Shortest,
    /// 17, without zeros at the end: C's `%.17g`.
    Seventeen,
}

/// Appends a double.
pub fn write_score(out: &mut Vec<u8>, n: f64, digits: Digits) {
    if digits == Digits::Shortest || !n.is_finite() {
        return write_f64(out, n);
    }
    out.extend_from_slice(general(n, 17).as_bytes());
}

/// A finite double as C's `%.<digits>g` prints it; no digits count as one.
#[must_use]
pub fn general(n: f64, digits: usize) -> String {
    let digits = digits.max(1);
    let scientific = format!("{:.*e}", digits - 1, n);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| -> String {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text.to_string()
        }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    trim(&format!("{n:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventeen_digits() {
        let text = |n, digits| {
            let mut out = Vec::new();
            write_score(&mut out, n, digits);
            String::from_utf8(out).expect("digits")
        };
        let old = |n| text(n, Digits::Seventeen);
        assert_eq!(old(0.0), "0");
        assert_eq!(old(3.0), "3");
        assert_eq!(old(-1.5), "-1.5");
        assert_eq!(old(0.1), "0.10000000000000001");
        assert_eq!(old(1e17), "1e+17");
        assert_eq!(old(1e16), "10000000000000000");
        assert_eq!(old(1.25e-7), "1.2499999999999999e-07");
        assert_eq!(old(f64::INFINITY), "inf");
        assert_eq!(text(0.1, Digits::Shortest), "0.1");
    }
}
