//! SETEX and PSETEX.

use super::set::expire_at;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Cx, Event, Outcome};
use engine_keyspace::NewValue;
use proto_resp::num::{INT_LEN_MAX, format_i64};

/// Sets `key` (argument 1) to a value (3) that lives for a time (2) given in `unit`.
///
/// # Errors
/// The time is none.
pub(crate) fn set(cx: &mut Cx<'_>, args: &[&[u8]], command: &str, unit: &[u8]) -> Outcome {
    let (key, value) = (args[1], args[3]);
    let at = expire_at(command, unit, args[2], cx.now_ms())?;
    let event = Event::new(Class::String, "set");
    cx.db
        .put(key, NewValue::Bytes(value), Expiry::At(at), event);
    cx.db.event(key, Event::EXPIRE);
    let mut digits = [0; INT_LEN_MAX];
    cx.db
        .rewrite(&[b"SET", key, value, b"PXAT", format_i64(at, &mut digits)]);
    cx.out.ok();
    Ok(())
}
