//! Lengths, strings and numbers as RDB writes them.

use super::lzf;

/// Where encoded bytes go: a `Vec`, or a writer that empties its buffer now and then.
pub trait RdbOut {
    /// The buffer to append to.
    fn buf(&mut self) -> &mut Vec<u8>;

    /// A point between two elements, where a writer may pass its buffer on.
    fn element_done(&mut self) {}

    /// Whether strings that shrink are stored compressed (`rdbcompression`).
    fn compresses(&self) -> bool {
        true
    }
}

impl RdbOut for Vec<u8> {
    fn buf(&mut self) -> &mut Vec<u8> {
        self
    }
}

/// Strings up to here are never compressed: Redis's limit.
const COMPRESS_ABOVE: usize = 20;
/// From this length on a sample decides whether the whole is worth trying.
const SAMPLE_ABOVE: usize = 4096;
const SAMPLE_BYTES: usize = 1024;

/// Appends a length.
///
/// ```text
/// 00nnnnnn                 6 bits
/// 01nnnnnn nnnnnnnn        14 bits
/// 10000000 + u32 BE        10000001 + u64 BE
/// ```
pub fn put_length(out: &mut Vec<u8>, n: u64) {
    match n {
        0..=0x3f => out.push(n as u8),
        0x40..=0x3fff => out.extend_from_slice(&[0x40 | (n >> 8) as u8, n as u8]),
        0x4000..=0xffff_ffff => {
            out.push(0x80);
            out.extend_from_slice(&(n as u32).to_be_bytes());
        }
        _ => {
            out.push(0x81);
            out.extend_from_slice(&n.to_be_bytes());
        }
    }
}

/// Appends a string: as an integer where it is the canonical text of one of 32 bits, compressed
/// where that shrinks it, else plain.
pub fn put_string<O: RdbOut + ?Sized>(out: &mut O, bytes: &[u8]) {
    if let Some(n) = canonical_i32(bytes) {
        put_int(out.buf(), n);
    } else if out.compresses()
        && let Some(packed) = compressed(bytes)
    {
        let buf = out.buf();
        buf.push(0xc3);
        put_length(buf, packed.len() as u64);
        put_length(buf, bytes.len() as u64);
        buf.extend_from_slice(&packed);
    } else {
        put_plain(out.buf(), bytes);
    }
    out.element_done();
}

/// Appends an integer as clients see it, as a string.
pub(super) fn put_int_string<O: RdbOut + ?Sized>(out: &mut O, n: i64) {
    match i32::try_from(n) {
        Ok(n) => put_int(out.buf(), n),
        Err(_) => put_plain(out.buf(), itoa::Buffer::new().format(n).as_bytes()),
    }
    out.element_done();
}

/// Appends a string as length and bytes.
pub(super) fn put_plain(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_int(out: &mut Vec<u8>, n: i32) {
    let (code, width) = match n {
        -0x80..=0x7f => (0xc0, 1),
        -0x8000..=0x7fff => (0xc1, 2),
        _ => (0xc2, 4),
    };
    out.push(code);
    out.extend_from_slice(&n.to_le_bytes()[..width]);
}

/// The integer whose only decimal text these bytes are, if it fits 32 bits.
fn canonical_i32(bytes: &[u8]) -> Option<i32> {
    let longest = "-2147483648".len();
    if bytes.is_empty() || bytes.len() > longest {
        return None;
    }
    let n: i32 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    // "+1", "01" and "-0" parse too.
    (itoa::Buffer::new().format(n).as_bytes() == bytes).then_some(n)
}

fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() <= COMPRESS_ABOVE || bytes.len() > u32::MAX as usize {
        return None;
    }
    if bytes.len() > SAMPLE_ABOVE {
        let middle = (bytes.len() - SAMPLE_BYTES) / 2;
        lzf::compress(&bytes[middle..middle + SAMPLE_BYTES])?;
    }
    lzf::compress(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_at_the_limits() {
        for (n, expected) in [
            (63, vec![63]),
            (64, vec![0x40, 64]),
            (16_383, vec![0x7f, 0xff]),
            (16_384, vec![0x80, 0, 0, 0x40, 0]),
            (u64::from(u32::MAX) + 1, vec![0x81, 0, 0, 0, 1, 0, 0, 0, 0]),
        ] {
            let mut out = Vec::new();
            put_length(&mut out, n);
            assert_eq!(out, expected, "{n}");
        }
    }

    #[test]
    fn only_canonical_integers_are_stored_as_such() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-128", Some(-128)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("-0", None),
            ("+1", None),
            ("01", None),
            ("", None),
            (" 1", None),
        ] {
            assert_eq!(canonical_i32(text.as_bytes()), expected, "{text:?}");
        }
    }
}
