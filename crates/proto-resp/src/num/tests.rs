//! Expected texts are what redis-server 7.0.15 (x86-64) answered, except where a comment says
//! that 7.2 differs.

use super::*;

fn incr(left: &str, right: &str) -> String {
    let left = LongDouble::parse(left.as_bytes()).expect("left");
    let right = LongDouble::parse(right.as_bytes()).expect("right");
    let sum = left.checked_add(right).expect("not NaN");
    String::from_utf8(sum.to_human()).expect("ascii")
}

fn show(value: f64) -> String {
    String::from_utf8(format_f64(value, &mut [0; FLOAT_LEN_MAX]).to_vec()).expect("ascii")
}

#[test]
fn integers_are_strict() {
    for (text, value) in [
        ("0", Some(0)),
        ("-1", Some(-1)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("99999999999999999999", None),
        ("100000000000000000000", None),
        ("", None),
        ("-", None),
        ("-0", None),
        ("+1", None),
        ("01", None),
        ("00", None),
        (" 1", None),
        ("1 ", None),
        ("1a", None),
        ("0x1", None),
    ] {
        assert_eq!(parse_i64(text.as_bytes()), value, "{text:?}");
    }
    assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(parse_u64(b"18446744073709551616"), None);
}

#[test]
fn integers_print() {
    for value in [0, 7, -7, 10, 99, 100, i64::MAX, i64::MIN] {
        let mut buffer = [0; INT_LEN_MAX];
        assert_eq!(format_i64(value, &mut buffer), value.to_string().as_bytes());
        assert_eq!(len_i64(value), value.to_string().len());
    }
}

#[test]
fn floats_parse_like_strtod() {
    for (text, value) in [
        ("1", Some(1.0)),
        ("+5", Some(5.0)),
        (".5", Some(0.5)),
        ("5.", Some(5.0)),
        ("3e+2", Some(300.0)),
        ("0x1p3", Some(8.0)),
        ("0x10", Some(16.0)),
        ("-0x.8", Some(-0.5)),
        ("0x1.fffffffffffff8p0", Some(2.0)),
        ("0x1.00000000000008p0", Some(1.0)),
        (
            "0x1.000000000000080000000000000000000000001p0",
            Some(1.0 + f64::EPSILON),
        ),
        ("0x1p-1074", Some(5e-324)),
        ("0x1p-1076", None),
        ("0x1p1024", None),
        ("4.9e-324", Some(5e-324)),
        ("1e-320", Some(1e-320)),
        ("inf", Some(f64::INFINITY)),
        ("-INF", Some(f64::NEG_INFINITY)),
        ("Infinity", Some(f64::INFINITY)),
        ("1e400", None),
        ("1e99999999999999999999", None),
        ("1e-400", None),
        ("1e-324", None),
        ("0e-400", Some(0.0)),
        ("", None),
        ("nan", None),
        (" 1", None),
        ("1 ", None),
        (".", None),
        ("1e", None),
        ("0x", None),
        ("0x.", None),
        ("1_0", None),
        ("--1", None),
        ("9007199254740993", Some(9007199254740992.0)),
    ] {
        assert_eq!(parse_f64(text.as_bytes()), value, "{text:?}");
    }
}

#[test]
fn floats_print_like_fpconv() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.0, "3"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (0.3, "0.3"),
        (-1.5, "-1.5"),
        (1234.5678, "1234.5678"),
        (1e20, "1e+20"),
        (1.5e300, "1.5e+300"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (0.0000012345, "1.2345e-6"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (4611686018427387904.0, "4611686018427387904"),
        (9223372036854775808.0, "9223372036854776000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ] {
        assert_eq!(show(value), text);
    }
}

#[test]
fn incrbyfloat_adds_as_x87_does() {
    for (left, right, text) in [
        ("10.5", "0.1", "10.6"),
        ("3.0e3", "200", "3200"),
        ("5.0e3", "200", "5200"),
        ("0.1", "0.2", "0.3"),
        ("0.3", "-0.1", "0.2"),
        ("1e17", "1", "100000000000000001"),
        ("123456789012345678.5", "0.25", "123456789012345678.75"),
        ("0x10", "1", "17"),
        ("-1", "1", "0"),
        ("-0.0", "-0.0", "0"),
        ("1e-5", "0", "0.00001"),
        ("3", "-2.999999999", "0.000000001"),
        ("1.1", "1e-18", "1.1"),
        ("12345.678", "0.001", "12345.67900000000000027"),
        ("0", "-1e-4950", "0"),
    ] {
        assert_eq!(incr(left, right), text, "{left} + {right}");
    }
}

#[test]
fn long_doubles_at_their_limits() {
    let big = incr("1e300", "1");
    assert!(
        big.starts_with("1000000000000000000008997324079559193870"),
        "{big}"
    );
    assert_eq!(big.len(), 301);
    let bigger = incr("1e4000", "1");
    assert!(bigger.contains("9965463873099623784932"), "{bigger}");
    assert!(bigger.ends_with("951206648276349901340672"), "{bigger}");
    assert_eq!(bigger.len(), 4000);
    assert!(LongDouble::parse(b"1.1897314953572317650e+4932").is_some());
    assert!(LongDouble::parse(b"1.1897314953572317651e+4932").is_none());
    assert!(LongDouble::parse(b"1.19e+4932").is_none());
    assert!(LongDouble::parse(b"1e5000").is_none());
    assert!(LongDouble::parse(b"3.7e-4951").is_some());
    assert!(LongDouble::parse(b"1e-4951").is_none());
    assert!(LongDouble::parse(b"1e-99999999999").is_none());
    assert!(LongDouble::parse(b"").is_none());
    assert!(LongDouble::parse(b"nan").is_none());
    assert!(LongDouble::parse(&[b'1'; 5120]).is_none());
    let inf = LongDouble::parse(b"inf").expect("inf");
    let minus = LongDouble::parse(b"-inf").expect("-inf");
    assert!(inf.is_infinite() && inf.checked_add(minus).is_none());
    assert_eq!(minus.to_human(), b"-inf");
    let largest = LongDouble::parse(b"1.18e4932").expect("finite");
    assert!(
        largest
            .checked_add(largest)
            .is_some_and(|sum| sum.is_infinite())
    );
    assert_eq!(
        LongDouble::from_i64(i64::MIN).to_human(),
        b"-9223372036854775808"
    );
}
