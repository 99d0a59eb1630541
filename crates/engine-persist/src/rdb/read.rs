//! Lengths, strings and numbers from a byte source, with the checksum of what was consumed.

use super::crc64::crc64;
use super::error::RdbError;
use super::lzf;
use std::io::Read;

const BUFFER_BYTES: usize = 64 * 1024;

/// A buffered source. All growth follows bytes that have arrived: a declared length alone
/// allocates nothing.
pub(super) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    /// Consumed part of the buffer.
    at: usize,
    /// Part of the buffer already in the checksum, at most `at`.
    summed: usize,
    crc: u64,
    /// Bytes consumed before the buffer.
    before: u64,
}

/// A length, or the code of a specially encoded string.
pub(super) enum Length {
    Plain(u64),
    Special(u8),
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            summed: 0,
            crc: 0,
            before: 0,
        }
    }

    /// Bytes consumed so far.
    pub(super) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Checksum of the bytes consumed so far.
    pub(super) fn checksum(&mut self) -> u64 {
        self.crc = crc64(self.crc, &self.buffer[self.summed..self.at]);
        self.summed = self.at;
        self.crc
    }

    /// The source and the bytes read from it but not consumed.
    pub(super) fn into_rest(self) -> (R, Vec<u8>) {
        let rest = self.buffer[self.at..].to_vec();
        (self.input, rest)
    }

    pub(super) fn corrupt(&self, what: &'static str) -> RdbError {
        RdbError::Corrupt {
            at: self.position(),
            what,
        }
    }

    /// The buffered bytes, at least one.
    fn fill(&mut self) -> Result<&[u8], RdbError> {
        if self.at == self.buffer.len() {
            self.checksum();
            self.before += self.at as u64;
            self.buffer.resize(BUFFER_BYTES, 0);
            (self.at, self.summed) = (0, 0);
            let read = loop {
                match self.input.read(&mut self.buffer) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            let at = self.before;
            let read = read.map_err(|source| RdbError::Io { at, source })?;
            if read == 0 {
                let source = std::io::ErrorKind::UnexpectedEof.into();
                return Err(RdbError::Io { at, source });
            }
        }
        Ok(&self.buffer[self.at..])
    }

    pub(super) fn byte(&mut self) -> Result<u8, RdbError> {
        let byte = self.fill()?[0];
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RdbError> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while filled < N {
            let have = self.fill()?;
            let n = have.len().min(N - filled);
            bytes[filled..filled + n].copy_from_slice(&have[..n]);
            self.at += n;
            filled += n;
        }
        Ok(bytes)
    }

    pub(super) fn bytes(&mut self, length: u64) -> Result<Vec<u8>, RdbError> {
        let mut bytes = Vec::with_capacity(length.min(BUFFER_BYTES as u64) as usize);
        let mut missing = length;
        while missing > 0 {
            let have = self.fill()?;
            let n = (have.len() as u64).min(missing) as usize;
            bytes.extend_from_slice(&have[..n]);
            self.at += n;
            missing -= n as u64;
        }
        Ok(bytes)
    }

    pub(super) fn length_or_special(&mut self) -> Result<Length, RdbError> {
        let first = self.byte()?;
        Ok(match (first >> 6, first & 0x3f) {
            (0, n) => Length::Plain(u64::from(n)),
            (1, n) => Length::Plain(u64::from(n) << 8 | u64::from(self.byte()?)),
            (2, 0) => Length::Plain(u64::from(u32::from_be_bytes(self.array()?))),
            (2, 1) => Length::Plain(u64::from_be_bytes(self.array()?)),
            (3, code) => Length::Special(code),
            _ => return Err(self.corrupt("unknown length encoding")),
        })
    }

    pub(super) fn length(&mut self) -> Result<u64, RdbError> {
        match self.length_or_special()? {
            Length::Plain(n) => Ok(n),
            Length::Special(_) => Err(self.corrupt("a string encoding where a length belongs")),
        }
    }

    pub(super) fn string(&mut self) -> Result<Vec<u8>, RdbError> {
        match self.length_or_special()? {
            Length::Plain(n) => self.bytes(n),
            Length::Special(0) => Ok(decimal(i64::from(self.byte()? as i8))),
            Length::Special(1) => Ok(decimal(i64::from(i16::from_le_bytes(self.array()?)))),
            Length::Special(2) => Ok(decimal(i64::from(i32::from_le_bytes(self.array()?)))),
            Length::Special(3) => {
                let packed = self.length()?;
                let length = self.length()?;
                let packed = self.bytes(packed)?;
                usize::try_from(length)
                    .ok()
                    .and_then(|length| lzf::decompress(&packed, length))
                    .ok_or_else(|| self.corrupt("a compressed string does not decompress"))
            }
            Length::Special(_) => Err(self.corrupt("unknown string encoding")),
        }
    }

    /// A score as ZSET_2 stores it.
    pub(super) fn binary_f64(&mut self) -> Result<f64, RdbError> {
        self.array().map(f64::from_le_bytes)
    }

    /// A score as the oldest sorted sets store it: a length byte and decimal text.
    pub(super) fn text_f64(&mut self) -> Result<f64, RdbError> {
        match self.byte()? {
            253 => Ok(f64::NAN),
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            length => {
                let text = self.bytes(u64::from(length))?;
                parse_f64(&text).ok_or_else(|| self.corrupt("a score is no number"))
            }
        }
    }
}

/// Scores as text in old and packed forms.
pub(super) fn parse_f64(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn decimal(n: i64) -> Vec<u8> {
    itoa::Buffer::new().format(n).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::encode::{put_length, put_string};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_huge_declared_length_ends_with_the_input() {
        let mut bytes = Vec::new();
        put_length(&mut bytes, 1 << 62);
        bytes.extend_from_slice(b"short");
        let mut source = Source::new(&bytes[..]);
        assert!(matches!(source.string(), Err(RdbError::Io { at: 14, .. })));
    }

    #[test]
    fn what_was_not_consumed_is_given_back() {
        let mut source = Source::new(&b"\x02hiREST"[..]);
        assert_eq!(source.string().ok().as_deref(), Some(&b"hi"[..]));
        assert_eq!(source.checksum(), crc64(0, b"\x02hi"));
        assert_eq!(source.into_rest().1, b"REST");
    }

    proptest! {
        #[test]
        fn strings_round_trip(strings in prop::collection::vec(prop_oneof![
            "[ab]{0,200}".prop_map(String::into_bytes),
            any::<i32>().prop_map(|n| n.to_string().into_bytes()),
            prop::collection::vec(any::<u8>(), 0..20_000),
        ], 0..8)) {
            let mut bytes = Vec::new();
            for string in &strings {
                put_string(&mut bytes, string);
            }
            let mut source = Source::new(&bytes[..]);
            for string in &strings {
                prop_assert_eq!(&source.string().expect("own encoding"), string);
            }
            prop_assert_eq!(source.checksum(), crc64(0, &bytes));
        }
    }
}
