//! One element of a collection, borrowed where it lies.

use proto_resp::num::{INT_LEN_MAX, format_i64, len_i64, parse_i64, write_i64};

/// An element as it is stored: bytes, or an integer from an integer encoding whose text is
/// made only when asked for.
#[derive(Clone, Copy, Debug)]
pub enum ItemRef<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

impl<'a> ItemRef<'a> {
    /// The element's bytes; an integer's text is written into `buffer`. Never allocates.
    #[inline]
    pub fn as_bytes<'b>(&self, buffer: &'b mut [u8; INT_LEN_MAX]) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            ItemRef::Int(value) => format_i64(value, buffer),
            ItemRef::Bytes(bytes) => bytes,
        }
    }

    /// Appends the element's bytes.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match *self {
            ItemRef::Int(value) => write_i64(out, value),
            ItemRef::Bytes(bytes) => out.extend_from_slice(bytes),
        }
    }

    /// The element's bytes in a vector of their own.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        self.write_to(&mut out);
        out
    }

    /// How many bytes [`Self::as_bytes`] would give.
    pub fn len(&self) -> usize {
        match *self {
            ItemRef::Int(value) => len_i64(value),
            ItemRef::Bytes(bytes) => bytes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, ItemRef::Bytes([]))
    }

    /// The integer the element is or spells, by Redis's strict rule.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            ItemRef::Int(value) => Some(value),
            ItemRef::Bytes(bytes) => parse_i64(bytes),
        }
    }
}

/// Equality of the bytes, whichever way either side is stored.
impl PartialEq for ItemRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (ItemRef::Int(left), ItemRef::Int(right)) => left == right,
            (ItemRef::Bytes(left), ItemRef::Bytes(right)) => left == right,
            (ItemRef::Int(int), ItemRef::Bytes(bytes))
            | (ItemRef::Bytes(bytes), ItemRef::Int(int)) => parse_i64(bytes) == Some(*int),
        }
    }
}

impl Eq for ItemRef<'_> {}

impl PartialEq<[u8]> for ItemRef<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        *self == ItemRef::Bytes(other)
    }
}

impl<'a> From<&'a [u8]> for ItemRef<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        ItemRef::Bytes(bytes)
    }
}

/// What to look for in packed bytes: parsed once, compared often.
#[derive(Clone, Copy)]
pub(crate) struct Needle<'n> {
    bytes: &'n [u8],
    int: Option<i64>,
}

impl<'n> Needle<'n> {
    pub(crate) fn new(bytes: &'n [u8]) -> Self {
        let int = parse_i64(bytes);
        Needle { bytes, int }
    }

    #[inline]
    pub(crate) fn is(&self, item: ItemRef<'_>) -> bool {
        match item {
            ItemRef::Int(value) => self.int == Some(value),
            ItemRef::Bytes(bytes) => bytes == self.bytes,
        }
    }
}

/// Bytes from outside that are not a well-formed packed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl std::fmt::Display for Corrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the packed bytes are not well-formed")
    }
}

impl std::error::Error for Corrupt {}
