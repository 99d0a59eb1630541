//! Packed forms that only old versions write: ziplist and zipmap, Redis's in-memory layouts of
//! their time, stored whole as one string. (Listpack and intset are still in use: `engine-types`.)
//!
//! Both are decoded by checked iterators: malformed bytes give one [`Malformed`] and end, never a
//! panic.

use engine_types::ItemRef;

/// Bytes that are not what their RDB type says; the text names the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);

/// A cursor that never reads past its bytes.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn u32_le(&mut self) -> Option<usize> {
        self.array().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    /// Three little-endian bytes, sign-extended.
    fn i24(&mut self) -> Option<i64> {
        let [a, b, c] = self.array()?;
        Some(i64::from(i32::from_le_bytes([0, a, b, c]) >> 8))
    }
}

/// The elements of one of the two forms.
pub(super) struct Elements<'a> {
    cursor: Cursor<'a>,
    form: Form,
    /// What the header says; `None` where it says "count yourself".
    count: Option<usize>,
    read: usize,
    /// Length of the previous ziplist entry, which each entry repeats.
    previous: usize,
    ended: bool,
}

#[derive(Clone, Copy)]
enum Form {
    Ziplist,
    Zipmap,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::Ziplist => "ziplist",
            Form::Zipmap => "zipmap",
        }
    }
}

const END: u8 = 0xff;

/// Elements of a ziplist: `total:u32 tail:u32 count:u16 (previous encoding data)* 0xff`.
pub(super) fn ziplist(bytes: &[u8]) -> Elements<'_> {
    let mut cursor = Cursor { rest: bytes };
    let total = cursor.u32_le();
    let _tail = cursor.u32_le();
    let header = total.zip(cursor.array().map(u16::from_le_bytes));
    Elements::new(Form::Ziplist, cursor, header, bytes.len())
}

/// Fields and values in turn of a zipmap: `count:u8 (length field length free value free*)* 0xff`.
pub(super) fn zipmap(bytes: &[u8]) -> Elements<'_> {
    let mut cursor = Cursor { rest: bytes };
    let count = cursor.byte();
    let mut elements = Elements::new(
        Form::Zipmap,
        cursor,
        Some((bytes.len(), u16::MAX)),
        bytes.len(),
    );
    elements.count = count.filter(|&n| n < 254).map(|n| usize::from(n) * 2);
    elements
}

impl<'a> Elements<'a> {
    fn new(form: Form, cursor: Cursor<'a>, header: Option<(usize, u16)>, total: usize) -> Self {
        let mut elements = Self {
            cursor,
            form,
            count: None,
            read: 0,
            previous: 0,
            ended: false,
        };
        match header {
            Some((declared, count)) if declared == total => {
                elements.count = (count != u16::MAX).then_some(usize::from(count));
            }
            // An empty rest makes the first step report the fault.
            _ => elements.cursor.rest = &[],
        }
        elements
    }

    fn step(&mut self) -> Option<Option<ItemRef<'a>>> {
        if self.cursor.rest.first() == Some(&END) {
            let whole = self.cursor.rest.len() == 1;
            let counted = self.count.is_none_or(|count| count == self.read);
            return (whole && counted).then_some(None);
        }
        let element = match self.form {
            Form::Ziplist => ziplist_element(&mut self.cursor, &mut self.previous)?,
            Form::Zipmap => ItemRef::Bytes(zipmap_element(&mut self.cursor, self.read % 2 == 1)?),
        };
        self.read += 1;
        Some(Some(element))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<ItemRef<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.step() {
            Some(Some(element)) => Some(Ok(element)),
            Some(None) => {
                self.ended = true;
                None
            }
            None => {
                self.ended = true;
                Some(Err(Malformed(self.form.name())))
            }
        }
    }
}

fn ziplist_element<'a>(cursor: &mut Cursor<'a>, previous: &mut usize) -> Option<ItemRef<'a>> {
    let before = cursor.rest.len();
    let stated = match cursor.byte()? {
        254 => cursor.u32_le()?,
        255 => return None,
        short => usize::from(short),
    };
    if stated != *previous {
        return None;
    }
    let first = cursor.byte()?;
    let element = match first {
        0..=0x3f => ItemRef::Bytes(cursor.take(usize::from(first))?),
        0x40..=0x7f => {
            let length = usize::from(first & 0x3f) << 8 | usize::from(cursor.byte()?);
            ItemRef::Bytes(cursor.take(length)?)
        }
        0x80 => {
            let length = u32::from_be_bytes(cursor.array()?) as usize;
            ItemRef::Bytes(cursor.take(length)?)
        }
        0xc0 => ItemRef::Int(i64::from(i16::from_le_bytes(cursor.array()?))),
        0xd0 => ItemRef::Int(i64::from(i32::from_le_bytes(cursor.array()?))),
        0xe0 => ItemRef::Int(i64::from_le_bytes(cursor.array()?)),
        0xf0 => ItemRef::Int(cursor.i24()?),
        0xfe => ItemRef::Int(i64::from(cursor.byte()? as i8)),
        0xf1..=0xfd => ItemRef::Int(i64::from(first & 0x0f) - 1),
        _ => return None,
    };
    *previous = before - cursor.rest.len();
    Some(element)
}

fn zipmap_element<'a>(cursor: &mut Cursor<'a>, is_value: bool) -> Option<&'a [u8]> {
    let length = match cursor.byte()? {
        254 => cursor.u32_le()?,
        255 => return None,
        short => usize::from(short),
    };
    let free = if is_value {
        usize::from(cursor.byte()?)
    } else {
        0
    };
    let bytes = cursor.take(length)?;
    cursor.take(free)?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(elements: Elements<'_>) -> Result<Vec<ItemRef<'_>>, Malformed> {
        elements.collect()
    }

    #[test]
    fn ziplist_of_every_encoding() {
        // Made by hand from the layout: "hi", 5, -3 (8 bits), 300, 70_000 (24 bits).
        let body: &[&[u8]] = &[
            &[0, 2, b'h', b'i'],
            &[4, 0xf6],
            &[2, 0xfe, 0xfd],
            &[3, 0xc0, 0x2c, 0x01],
            &[4, 0xf0, 0x70, 0x11, 0x01],
        ];
        let body = body.concat();
        let mut bytes = ((10 + body.len() + 1) as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&5u16.to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.push(END);
        let expected = vec![
            ItemRef::Bytes(b"hi"),
            ItemRef::Int(5),
            ItemRef::Int(-3),
            ItemRef::Int(300),
            ItemRef::Int(70_000),
        ];
        assert_eq!(all(ziplist(&bytes)), Ok(expected));
        bytes[14] = 9;
        assert_eq!(all(ziplist(&bytes)), Err(Malformed("ziplist")));
    }

    #[test]
    fn zipmap_with_free_bytes() {
        let bytes = b"\x02\x03foo\x03\x02bar__\x05hello\x05\x00world\xff";
        let texts: Vec<_> = zipmap(bytes)
            .map(|e| e.expect("well formed").to_vec())
            .collect();
        assert_eq!(texts, [b"foo".as_slice(), b"bar", b"hello", b"world"]);
        assert!(all(zipmap(&bytes[..bytes.len() - 1])).is_err());
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = (all(ziplist(&bytes)), all(zipmap(&bytes)));
            // With a true length in front the elements are reached.
            if bytes.len() >= 11 {
                let total = (bytes.len() as u32).to_le_bytes();
                bytes[..4].copy_from_slice(&total);
                let _ = all(ziplist(&bytes));
            }
        }
    }
}
