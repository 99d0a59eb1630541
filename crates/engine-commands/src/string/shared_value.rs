//! Strings as commands see them that are about to write them.

use engine_dispatch::{Cx, Error, StringRef};
use engine_keyspace::{EntryRef, Value};

/// The string of a key that is to be written: neither a hit nor a miss.
///
/// # Errors
/// WRONGTYPE.
pub(crate) fn current<'c>(cx: &'c Cx<'_>, key: &[u8]) -> Result<Option<StringRef<'c>>, Error> {
    match cx.db.peek(key).map(EntryRef::value) {
        None => Ok(None),
        Some(Value::Bytes(bytes)) => Ok(Some(StringRef::Bytes(bytes))),
        Some(Value::Int(n)) => Ok(Some(StringRef::Int(n))),
        Some(Value::Object(_)) => Err(Error::WRONG_TYPE),
    }
}

/// Checks that a string of `len` bytes may grow by `more`; how long it is then. What a primary sends is not questioned.
///
/// # Errors
/// "string exceeds maximum allowed size (proto-max-bulk-len)".
pub(crate) fn grown(cx: &Cx<'_>, len: usize, more: usize) -> Result<usize, Error> {
    let limit = cx.server.config.memory(params::PROTO_MAX_BULK_LEN);
    match len.checked_add(more) {
        Some(total) if total as u64 <= limit || cx.client.is_primary => Ok(total),
        _ => Err(Error::TOO_LONG),
    }
}

/// Writes a string as a bulk reply, or null.
pub(crate) fn reply(cx: &mut Cx<'_>, key: &[u8]) -> Result<bool, Error> {
    let found = cx.db.string(key)?;
    match found {
        Some(StringRef::Bytes(bytes)) => cx.out.bulk(bytes),
        Some(StringRef::Int(n)) => cx.out.bulk_int(n),
        None => cx.out.null(),
    }
    Ok(found.is_some())
}
