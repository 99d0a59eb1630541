//! INCR, DECR, INCRBY and DECRBY.

use super::shared_value::current;
use crate::args::int;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Cx, Error, Event, Outcome, StringRef};
use engine_keyspace::NewValue;

/// Adds to the number of a key, 0 if there is none, and replies the sum.
///
/// # Errors
/// The value is no number, or the sum cannot be kept.
pub(crate) fn add(cx: &mut Cx<'_>, key: &[u8], delta: i64) -> Outcome {
    let number = match current(cx, key)? {
        None => 0,
        Some(StringRef::Int(n)) => n,
        Some(StringRef::Bytes(bytes)) => int(bytes)?,
    };
    let sum = number.checked_add(delta).ok_or(Error::OVERFLOW)?;
    let event = Event::new(Class::String, "incrby");
    cx.db.put(key, NewValue::Int(sum), Expiry::Keep, event);
    cx.out.int(sum);
    Ok(())
}
