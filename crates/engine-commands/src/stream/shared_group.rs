//! What the commands on consumer groups share.

use engine_dispatch::{Cx, Error};
use engine_types::Stream;
use engine_types::stream::{Entries, Group};

/// There is no such stream, or no such group in it.
pub(crate) fn no_key_or_group(key: &[u8], group: &[u8]) -> Error {
    let (key, group) = (String::from_utf8_lossy(key), String::from_utf8_lossy(group));
    Error::new(format!(
        "NOGROUP No such key '{key}' or consumer group '{group}'"
    ))
}

/// There is no such group in a stream that exists.
pub(crate) fn no_group(key: &[u8], group: &[u8]) -> Error {
    let (key, group) = (String::from_utf8_lossy(key), String::from_utf8_lossy(group));
    Error::new(format!(
        "NOGROUP No such consumer group '{group}' for key name '{key}'"
    ))
}

/// A group and the entries of its stream, for reading.
///
/// # Errors
/// WRONGTYPE, NOGROUP.
pub(crate) fn find<'c>(
    cx: &'c Cx<'_>,
    key: &[u8],
    group: &[u8],
) -> Result<(&'c Entries, &'c Group), Error> {
    let stream = cx.db.read::<Stream>(key)?;
    stream
        .and_then(|stream| Some((stream.entries(), stream.group(group)?)))
        .ok_or_else(|| no_key_or_group(key, group))
}
