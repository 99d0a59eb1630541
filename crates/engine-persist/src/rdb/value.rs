//! Values: the bytes behind a type byte.

use super::encode::{RdbOut, put_int_string, put_string};
use super::error::RdbError;
use super::kind::types;
use super::read::Source;
use std::io::Read;

/// A value to be written.
#[derive(Debug, Clone, Copy)]
pub enum RdbValue<'a> {
    /// A string.
    Bytes(&'a [u8]),
    /// A string that is a number in canonical form.
    Int(i64),
}

/// A value that was read.
#[derive(Debug)]
pub enum Loaded {
    /// A string.
    Bytes(Vec<u8>),
}

impl RdbValue<'_> {
    /// The type byte that stands before the key.
    pub fn kind(&self) -> u8 {
        match self {
            RdbValue::Bytes(_) | RdbValue::Int(_) => types::STRING,
        }
    }
}

/// Appends a value without its type byte.
pub(super) fn put_value<O: RdbOut + ?Sized>(out: &mut O, value: RdbValue<'_>) {
    match value {
        RdbValue::Bytes(bytes) => put_string(out, bytes),
        RdbValue::Int(n) => put_int_string(out, n),
    }
}

/// Reads a value of type `kind`; `None` for an empty collection, which Redis leaves out.
pub(super) fn load_value<R: Read>(
    source: &mut Source<R>,
    kind: u8,
) -> Result<Option<Loaded>, RdbError> {
    Ok(Some(match kind {
        types::STRING => Loaded::Bytes(source.string()?),
        kind => return Err(RdbError::UnsupportedType { kind }),
    }))
}
