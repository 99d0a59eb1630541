//! Entry IDs as clients write them, and in replies.

use engine_dispatch::Error;
use engine_types::StreamId;
use proto_resp::Reply;

/// Longest text that Redis reads as an ID, bytes.
const LEN_MAX: usize = 127;

pub(crate) const INVALID: Error =
    Error::fixed("ERR Invalid stream ID specified as stream command argument");

/// `ms-seq`, or `ms` alone, for which the other number is `missing_seq`.
///
/// # Errors
/// It is not written so; `-` and `+` are not either.
pub(crate) fn strict(arg: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    match halves(arg)? {
        (ms, Some(seq)) => Ok(StreamId::new(number(ms)?, number(seq)?)),
        (ms, None) => Ok(StreamId::new(number(ms)?, missing_seq)),
    }
}

/// As [`strict`], and `-` and `+` for the least and the greatest ID.
///
/// # Errors
/// It is not written so.
pub(crate) fn parse(arg: &[u8], missing_seq: u64) -> Result<StreamId, Error> {
    match arg {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        _ => strict(arg, missing_seq),
    }
}

/// Where a range begins: `(` in front leaves the ID itself out.
///
/// # Errors
/// It is not written so, or nothing can come behind it.
pub(crate) fn start(arg: &[u8]) -> Result<StreamId, Error> {
    match exclusive(arg) {
        Some(id) => strict(id, 0)?
            .next()
            .ok_or(Error::new("ERR invalid start ID for the interval")),
        None => parse(arg, 0),
    }
}

/// Where a range ends: `(` in front leaves the ID itself out.
///
/// # Errors
/// It is not written so, or nothing can come before it.
pub(crate) fn end(arg: &[u8]) -> Result<StreamId, Error> {
    match exclusive(arg) {
        Some(id) => strict(id, u64::MAX)?
            .previous()
            .ok_or(Error::new("ERR invalid end ID for the interval")),
        None => parse(arg, u64::MAX),
    }
}

fn exclusive(arg: &[u8]) -> Option<&[u8]> {
    arg.strip_prefix(b"(").filter(|id| !id.is_empty())
}

/// The ID that XADD gives to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewId {
    /// `*`
    Auto,
    /// `ms-*`
    AutoSeq(u64),
    Given(StreamId),
}

impl NewId {
    /// Reads an ID of XADD that is not `*`.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn parse(arg: &[u8]) -> Result<Self, Error> {
        match halves(arg)? {
            (ms, Some(b"*")) => Ok(Self::AutoSeq(number(ms)?)),
            _ => Ok(Self::Given(strict(arg, 0)?)),
        }
    }
}

fn halves(arg: &[u8]) -> Result<(&[u8], Option<&[u8]>), Error> {
    if arg.len() > LEN_MAX {
        return Err(INVALID);
    }
    let Some(dash) = arg.iter().position(|byte| *byte == b'-') else {
        return Ok((arg, None));
    };
    let (ms, seq) = arg.split_at(dash);
    Ok((ms, seq.get(1..)))
}

/// As `string2ull` reads it: leading zeros and a plus are let be.
fn number(digits: &[u8]) -> Result<u64, Error> {
    let text = std::str::from_utf8(digits).map_err(|_| INVALID)?;
    text.parse().map_err(|_| INVALID)
}

/// An ID as a bulk string.
pub(crate) fn bulk(out: &mut Reply<'_>, id: StreamId) {
    let (mut ms, mut seq) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (ms, seq) = (ms.format(id.ms), seq.format(id.seq));
    let mut text = [0; 41];
    let len = ms.len() + 1 + seq.len();
    if let Some(text) = text.get_mut(..len) {
        let (front, back) = text.split_at_mut(ms.len());
        front.copy_from_slice(ms.as_bytes());
        if let Some((dash, back)) = back.split_first_mut() {
            *dash = b'-';
            back.copy_from_slice(seq.as_bytes());
        }
        out.bulk(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_redis_reads_them() {
        assert_eq!(strict(b"5", 9), Ok(StreamId::new(5, 9)));
        assert_eq!(strict(b"05-1", 0), Ok(StreamId::new(5, 1)));
        assert_eq!(parse(b"+", 0), Ok(StreamId::MAX));
        assert_eq!(start(b"(5-1"), Ok(StreamId::new(5, 2)));
        assert_eq!(end(b"(5"), Ok(StreamId::new(5, u64::MAX - 1)));
        assert_eq!(end(b"(5-0"), Ok(StreamId::new(4, u64::MAX)));
        assert_eq!(NewId::parse(b"7-*"), Ok(NewId::AutoSeq(7)));
        let too_long = [b'0'; 128];
        for wrong in [
            &b"-"[..],
            b"+",
            b"",
            b"a",
            b"1-",
            b"-1",
            b"1-*",
            b"1-1-1",
            b"18446744073709551616",
            &too_long,
        ] {
            assert_eq!(strict(wrong, 0), Err(INVALID), "{wrong:?}");
        }
        assert_eq!(start(b"("), Err(INVALID));
        assert_eq!(start(b"(-"), Err(INVALID));
        assert!(end(b"(0-0").is_err());
    }

    #[test]
    fn the_longest_id_is_written() {
        let mut bytes = Vec::new();
        bulk(
            &mut Reply::new(&mut bytes, proto_resp::Version::Resp2),
            StreamId::MAX,
        );
        assert_eq!(
            bytes,
            b"$41\r\n18446744073709551615-18446744073709551615\r\n"
        );
    }
}
