//! Positions of bits, counted from the highest bit of the first byte.

use engine_dispatch::{Cx, Error};
use proto_resp::num::parse_i64;

/// The position that an argument gives; `#n` is the n-th field of `width` bits, where that is allowed. What a primary
/// sends is not limited.
///
/// # Errors
/// "bit offset is not an integer or out of range".
pub(crate) fn bit_offset(cx: &Cx<'_>, arg: &[u8], width: Option<u32>) -> Result<u64, Error> {
    let offset = match (arg, width) {
        ([b'#', digits @ ..], Some(width)) => {
            parse_i64(digits).and_then(|n| n.checked_mul(i64::from(width)))
        }
        _ => parse_i64(arg),
    };
    let limit = cx.server.config.memory(params::PROTO_MAX_BULK_LEN);
    offset
        .and_then(|offset| u64::try_from(offset).ok())
        .filter(|offset| offset >> 3 < limit || cx.client.is_primary)
        .ok_or_else(|| Error::new("ERR bit offset is not an integer or out of range"))
}
