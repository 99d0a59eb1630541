//! The HyperLogLog as a string, byte for byte Redis's:
//!
//! ```text
//! "HYLL" | encoding: 0 dense, 1 sparse | 3 unused | cached cardinality, u64 little endian | registers
//! ```
//!
//! The highest bit of the cached cardinality says that it is out of date. There are 16,384 registers (2^14, the
//! standard error is 0.81 %); each holds the longest run of zeros seen in a hash, plus one.

use super::shared_estimate::{Histogram, estimate, place};
use super::{shared_dense as dense, shared_sparse as sparse};
use engine_dispatch::Error;
use engine_keyspace::{EntryRef, Value};

/// Number of registers.
pub(crate) const REGISTERS: usize = 1 << 14;
/// Bytes before the registers.
pub(crate) const HEADER: usize = 16;

const MAGIC: &[u8] = b"HYLL";
const ENCODING_AT: usize = 4;
const CACHE_AT: usize = 8;
/// Says, in the last byte of the header, that the cached cardinality is out of date.
const STALE: u8 = 1 << 7;

/// The registers are malformed.
fn corrupt() -> Error {
    Error::new("INVALIDOBJ Corrupted HLL object detected")
}

/// The largest value of each register over several sketches.
pub(crate) type Maxima = [u8; REGISTERS];

/// How the registers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Dense,
    Sparse,
}

/// An empty sketch.
pub(crate) fn empty() -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes[ENCODING_AT] = 1;
    sparse::write_zeros(REGISTERS, &mut bytes);
    bytes
}

/// The encoding, if the bytes are a sketch as far as can be seen without reading its registers.
pub(crate) fn encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes.get(ENCODING_AT) {
        _ if bytes.len() < HEADER || !bytes.starts_with(MAGIC) => None,
        Some(0) => (bytes.len() == HEADER + dense::LEN).then_some(Encoding::Dense),
        Some(1) => Some(Encoding::Sparse),
        _ => None,
    }
}

/// The sketch that an entry holds, and its encoding.
///
/// # Errors
/// It holds something else.
pub(crate) fn read(entry: Option<EntryRef<'_>>) -> Result<Option<(&[u8], Encoding)>, Error> {
    let bytes = match entry.map(EntryRef::value) {
        None => return Ok(None),
        Some(Value::Bytes(bytes)) => bytes,
        Some(Value::Int(_)) => b"",
        Some(Value::Object(_)) => return Err(Error::WRONG_TYPE),
    };
    match encoding(bytes) {
        Some(encoding) => Ok(Some((bytes, encoding))),
        None => Err(Error::new(
            "WRONGTYPE Key is not a valid HyperLogLog string value.",
        )),
    }
}

/// Marks the cached cardinality as out of date.
pub(crate) fn outdate(bytes: &mut [u8]) {
    if let Some(last) = bytes.get_mut(HEADER - 1) {
        *last |= STALE;
    }
}

/// The cached cardinality, unless it is out of date.
pub(crate) fn cached(bytes: &[u8]) -> Option<u64> {
    let cache = bytes.get(CACHE_AT..HEADER)?.try_into().ok()?;
    let cache = u64::from_le_bytes(cache);
    (cache >> 56 & u64::from(STALE) == 0).then_some(cache)
}

/// Caches the cardinality.
pub(crate) fn cache(bytes: &mut [u8], cardinality: u64) {
    if let Some(place) = bytes.get_mut(CACHE_AT..HEADER) {
        place.copy_from_slice(&cardinality.to_le_bytes());
    }
}

/// Makes a sparse sketch dense.
///
/// # Errors
/// The registers are malformed.
pub(crate) fn make_dense(bytes: &mut Vec<u8>) -> Result<(), Error> {
    if encoding(bytes) != Some(Encoding::Sparse) {
        return Ok(());
    }
    let mut dense = bytes[..HEADER].to_vec();
    dense[ENCODING_AT] = 0;
    dense.resize(HEADER + dense::LEN, 0);
    let (_, registers) = dense.split_at_mut(HEADER);
    let written = sparse::runs(&bytes[HEADER..], |index, count, value| {
        for index in index..index + count {
            dense::set(registers, index, value);
        }
    });
    if !written {
        return Err(corrupt());
    }
    *bytes = dense;
    Ok(())
}

/// Raises a register to at least `value`; whether it was lower. A sparse sketch becomes dense where it would grow
/// beyond `sparse_max` bytes, or where the value is too large for it.
///
/// # Errors
/// The registers are malformed.
pub(crate) fn raise(
    bytes: &mut Vec<u8>,
    index: usize,
    value: u8,
    sparse_max: usize,
) -> Result<bool, Error> {
    if encoding(bytes) == Some(Encoding::Sparse) {
        match sparse::raise(bytes, index, value, sparse_max) {
            sparse::Raised::No => return Ok(false),
            sparse::Raised::Yes => {
                outdate(bytes);
                return Ok(true);
            }
            sparse::Raised::Malformed => return Err(corrupt()),
            sparse::Raised::DoesNotFit => make_dense(bytes)?,
        }
    }
    let registers = bytes.get_mut(HEADER..).unwrap_or_default();
    let raised = dense::get(registers, index) < value;
    if raised {
        dense::set(registers, index, value);
    }
    Ok(raised)
}

/// Adds an element; whether a register was raised.
///
/// # Errors
/// The registers are malformed.
pub(crate) fn add(bytes: &mut Vec<u8>, element: &[u8], sparse_max: usize) -> Result<bool, Error> {
    let (index, value) = place(element);
    raise(bytes, index, value, sparse_max)
}

/// The estimated number of different elements.
///
/// # Errors
/// The registers are malformed.
pub(crate) fn cardinality(bytes: &[u8], encoding: Encoding) -> Result<u64, Error> {
    let mut histogram: Histogram = [0; 64];
    let registers = bytes.get(HEADER..).unwrap_or_default();
    let mut count = |_, count: usize, value: u8| {
        if let Some(place) = histogram.get_mut(usize::from(value)) {
            *place += count as u32;
        }
    };
    let whole = match encoding {
        Encoding::Dense => {
            (0..REGISTERS).for_each(|index| count(index, 1, dense::get(registers, index)));
            true
        }
        Encoding::Sparse => sparse::runs_with_zeros(registers, count),
    };
    if whole {
        Ok(estimate(&histogram))
    } else {
        Err(corrupt())
    }
}

/// Takes a sketch into the maxima.
///
/// # Errors
/// The registers are malformed.
pub(crate) fn merge(maxima: &mut Maxima, bytes: &[u8], encoding: Encoding) -> Result<(), Error> {
    let registers = bytes.get(HEADER..).unwrap_or_default();
    match encoding {
        Encoding::Dense => {
            for (index, max) in maxima.iter_mut().enumerate() {
                *max = (*max).max(dense::get(registers, index));
            }
            Ok(())
        }
        Encoding::Sparse => {
            let whole = sparse::runs(registers, |index, count, value| {
                let run = maxima.get_mut(index..index + count).unwrap_or_default();
                run.iter_mut().for_each(|max| *max = (*max).max(value));
            });
            if whole { Ok(()) } else { Err(corrupt()) }
        }
    }
}

/// The estimated number of different elements in all sketches that the maxima are of.
pub(crate) fn cardinality_of(maxima: &Maxima) -> u64 {
    let mut histogram: Histogram = [0; 64];
    for value in maxima {
        histogram[usize::from(*value & 63)] += 1;
    }
    estimate(&histogram)
}
