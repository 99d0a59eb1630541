//! RENAME and RENAMENX.

use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event};

/// Gives a value another key, with its expiry; false if the new key is taken and may not be replaced.
///
/// # Errors
/// "no such key".
pub(crate) fn rename(
    cx: &mut Cx<'_>,
    from: &[u8],
    to: &[u8],
    replace: bool,
) -> Result<bool, Error> {
    if !cx.db.exists(from) {
        return Err(Error::NO_KEY);
    }
    if from == to {
        return Ok(replace);
    }
    if !replace && cx.db.exists(to) {
        return Ok(false);
    }
    let event = |name| Event::new(Class::Generic, name);
    let db = cx.db.db;
    cx.db.announce_in(db, to);
    if let Some(entry) = cx.db.take(from, event("rename_from")) {
        let at = entry.view().expire_at();
        cx.db
            .put_entry(db, entry.renamed(to, at), event("rename_to"));
    }
    Ok(true)
}
