//! MSET and MSETNX: keys and values in turn.

use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Cx, Error, Event};
use engine_keyspace::NewValue;

/// Checks that every key has its value.
///
/// # Errors
/// A wrong number of arguments.
pub(crate) fn check(args: &[&[u8]], command: &str) -> Result<(), Error> {
    if args.len().is_multiple_of(2) {
        return Err(Error::arity(command));
    }
    Ok(())
}

/// Sets all keys to their values.
pub(crate) fn set(cx: &mut Cx<'_>, args: &[&[u8]]) {
    let event = Event::new(Class::String, "set");
    for pair in args[1..].chunks_exact(2) {
        let (key, value) = (pair[0], NewValue::Bytes(pair[1]));
        cx.db.put(key, value, Expiry::Never, event);
    }
}
