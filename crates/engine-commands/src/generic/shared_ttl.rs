//! TTL, PTTL, EXPIRETIME and PEXPIRETIME.

use engine_dispatch::{Cx, Outcome};

/// Replies what `of` makes of a key's expiry (milliseconds of Unix time) and now, in units of `unit_ms`, rounded; -1
/// without an expiry, -2 without the key.
pub(crate) fn reply(cx: &mut Cx<'_>, key: &[u8], unit_ms: i64, of: fn(i64, i64) -> i64) -> Outcome {
    let answer = match cx.db.inspect(key).map(|entry| entry.expire_at()) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => {
            let ms = of(at, cx.now_ms()).max(0);
            ms / unit_ms + i64::from(unit_ms > 1 && ms % unit_ms >= unit_ms / 2)
        }
    };
    cx.out.int(answer);
    Ok(())
}
