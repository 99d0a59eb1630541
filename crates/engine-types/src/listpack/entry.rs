//! How one listpack entry is laid out.
//!
//! ```text
//! entry   = encoding [payload] backlen
//! 0xxxxxxx                        integer 0..=127
//! 10xxxxxx                        string of x bytes
//! 110xxxxx xxxxxxxx               integer of 13 bits, two's complement
//! 1110xxxx xxxxxxxx               string of x bytes, up to 4095
//! 11110000 len:u32le              string
//! 11110001..=11110100             integer of 2, 3, 4, 8 bytes, little-endian
//! 11111111                        end of the listpack
//! backlen = the length of encoding and payload, seven bits a byte, most significant
//!           first, the high bit set in all but the first: read from the right
//! ```

use crate::item::ItemRef;
use proto_resp::num::parse_i64;

pub(super) const EOF: u8 = 0xFF;

/// An entry about to be written: at most 9 bytes of encoding or integer, then the payload.
pub(super) struct Encoded<'a> {
    head: [u8; 9],
    head_len: u8,
    body: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// Integers are recognised in bytes, as Redis does.
    pub(super) fn new(item: ItemRef<'a>) -> Encoded<'a> {
        match item {
            ItemRef::Int(value) => Encoded::int(value),
            ItemRef::Bytes(bytes) => match parse_i64(bytes) {
                Some(value) => Encoded::int(value),
                None => Encoded::string(bytes),
            },
        }
    }

    fn int(value: i64) -> Encoded<'a> {
        let mut head = [0u8; 9];
        let bytes = value.to_le_bytes();
        let [b0, b1, b2, b3, ..] = bytes;
        let head_len = if (0..=127).contains(&value) {
            head[0] = b0;
            1
        } else if (-4096..=4095).contains(&value) {
            head[0] = 0xC0 | (b1 & 0x1F);
            head[1] = b0;
            2
        } else if i16::try_from(value).is_ok() {
            head[..3].copy_from_slice(&[0xF1, b0, b1]);
            3
        } else if (-(1 << 23)..1 << 23).contains(&value) {
            head[..4].copy_from_slice(&[0xF2, b0, b1, b2]);
            4
        } else if i32::try_from(value).is_ok() {
            head[..5].copy_from_slice(&[0xF3, b0, b1, b2, b3]);
            5
        } else {
            head[0] = 0xF4;
            head[1..].copy_from_slice(&bytes);
            9
        };
        Encoded {
            head,
            head_len,
            body: &[],
        }
    }

    fn string(body: &'a [u8]) -> Encoded<'a> {
        let mut head = [0u8; 9];
        let len = body.len();
        let head_len = if len < 64 {
            head[0] = 0x80 | len as u8;
            1
        } else if len < 4096 {
            head[0] = 0xE0 | (len >> 8) as u8;
            head[1] = len as u8;
            2
        } else {
            head[0] = 0xF0;
            head[1..5].copy_from_slice(&(len as u32).to_le_bytes());
            5
        };
        Encoded {
            head,
            head_len,
            body,
        }
    }

    /// Encoding and payload, without the backlen.
    fn len(&self) -> usize {
        usize::from(self.head_len) + self.body.len()
    }

    /// The whole entry.
    pub(super) fn total_len(&self) -> usize {
        self.len() + backlen_size(self.len())
    }

    /// Fills a place of exactly [`Self::total_len`] bytes.
    pub(super) fn write(&self, place: &mut [u8]) {
        let (head, rest) = place.split_at_mut(usize::from(self.head_len));
        head.copy_from_slice(&self.head[..usize::from(self.head_len)]);
        let (body, back) = rest.split_at_mut(self.body.len());
        body.copy_from_slice(self.body);
        write_backlen(self.len(), back);
    }
}

/// How many bytes the backlen of an entry of `len` bytes takes.
fn backlen_size(len: usize) -> usize {
    match len {
        0..=127 => 1,
        128..=16_382 => 2,
        16_383..=2_097_150 => 3,
        2_097_151..=268_435_454 => 4,
        _ => 5,
    }
}

fn write_backlen(len: usize, place: &mut [u8]) {
    let mut left = len;
    for (at, byte) in place.iter_mut().enumerate().rev() {
        let more = if at == 0 { 0 } else { 0x80 };
        *byte = (left & 0x7F) as u8;
        left >>= 7;
        // The high bit says that another byte follows to the left.
        *byte |= more;
    }
}

/// An entry found in the bytes.
pub(super) struct Decoded<'a> {
    pub(super) item: ItemRef<'a>,
    /// Encoding, payload and backlen.
    pub(super) total_len: usize,
}

/// Reads the entry that starts at `at`; `None` at the end mark or outside the bytes.
#[inline]
pub(super) fn decode(bytes: &[u8], at: usize) -> Option<Decoded<'_>> {
    let rest = bytes.get(at..)?;
    let (&first, tail) = rest.split_first()?;
    let (item, len) = match first {
        0x00..=0x7F => (ItemRef::Int(i64::from(first)), 1),
        0x80..=0xBF => {
            let len = usize::from(first & 0x3F);
            (ItemRef::Bytes(tail.get(..len)?), 1 + len)
        }
        0xC0..=0xDF => {
            let raw = i64::from(first & 0x1F) << 8 | i64::from(*tail.first()?);
            (ItemRef::Int((raw ^ 0x1000) - 0x1000), 2)
        }
        0xE0..=0xEF => {
            let len = usize::from(first & 0x0F) << 8 | usize::from(*tail.first()?);
            (ItemRef::Bytes(tail.get(1..1 + len)?), 2 + len)
        }
        _ => decode_wide(first, tail)?,
    };
    Some(Decoded {
        item,
        total_len: len + backlen_size(len),
    })
}

/// The encodings `0xF0..`: the item and the length of encoding and payload.
fn decode_wide(first: u8, tail: &[u8]) -> Option<(ItemRef<'_>, usize)> {
    let int = |value: i64, len: usize| Some((ItemRef::Int(value), len));
    match first {
        0xF0 => {
            let len = u32::from_le_bytes(*tail.first_chunk()?) as usize;
            let end = len.checked_add(4)?;
            Some((ItemRef::Bytes(tail.get(4..end)?), 1 + end))
        }
        0xF1 => int(i64::from(i16::from_le_bytes(*tail.first_chunk()?)), 3),
        0xF2 => {
            let [b0, b1, b2] = *tail.first_chunk()?;
            int(i64::from(i32::from_le_bytes([0, b0, b1, b2]) >> 8), 4)
        }
        0xF3 => int(i64::from(i32::from_le_bytes(*tail.first_chunk()?)), 5),
        0xF4 => int(i64::from_le_bytes(*tail.first_chunk()?), 9),
        _ => None,
    }
}

/// The start of the entry that ends before `end`, by its backlen.
#[inline]
pub(super) fn previous(bytes: &[u8], end: usize) -> Option<usize> {
    let (mut len, mut size) = (0usize, 0usize);
    loop {
        size += 1;
        let byte = *bytes.get(end.checked_sub(size)?)?;
        len |= usize::from(byte & 0x7F) << (7 * (size - 1));
        if byte & 0x80 == 0 {
            break;
        }
        if size == 5 {
            return None;
        }
    }
    end.checked_sub(len + size)
}
