//! COPY, MOVE and SWAPDB: databases by their numbers.

use crate::args::int;
use engine_dispatch::{Cx, Error};

/// The database of a number.
///
/// # Errors
/// It is no number, or there is no such database.
pub(crate) fn index(cx: &Cx<'_>, number: &[u8]) -> Result<u32, Error> {
    let number = int(number)?;
    if i32::try_from(number).is_err() {
        return Err(Error::new(format!(
            "ERR value is out of range, value must between {} and {}",
            i32::MIN,
            i32::MAX
        )));
    }
    in_range(cx, number)
}

/// A number, if there is a database of it.
///
/// # Errors
/// "DB index is out of range".
pub(crate) fn in_range(cx: &Cx<'_>, number: i64) -> Result<u32, Error> {
    match u32::try_from(number) {
        Ok(db) if db < cx.server.keyspace.databases() => Ok(db),
        _ => Err(Error::DB_INDEX),
    }
}
