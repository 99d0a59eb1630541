//! What HSET and HMSET share.

use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event};
use engine_types::Hash;

/// The event of fields that were set.
pub(crate) const EVENT: Event = Event::new(Class::Hash, "hset");

/// Sets the pairs in `args[2..]`; how many fields are new.
///
/// # Errors
/// WRONGTYPE, or a field without a value.
pub(crate) fn set_pairs(cx: &mut Cx<'_>, args: &[&[u8]]) -> Result<usize, Error> {
    let (pairs, []) = args[2..].as_chunks::<2>() else {
        return Err(Error::arity(cx.command.command.name));
    };
    cx.db
        .purge_fields(args[1], pairs.iter().map(|[field, _]| *field));
    let limits = cx.server.limits();
    let created = cx.db.edit::<Hash, _>(args[1], true, |hash, change| {
        change.note(pairs.len(), EVENT);
        let pairs = pairs.iter();
        pairs
            .filter(|[field, value]| hash.set(field, value, &limits))
            .count()
    })?;
    Ok(created.unwrap_or(0))
}
