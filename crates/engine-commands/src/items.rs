//! Elements of collections as replies.

use engine_types::ItemRef;
use proto_resp::Reply;

/// An element as a bulk string.
#[inline]
pub(crate) fn bulk(out: &mut Reply<'_>, item: ItemRef<'_>) {
    match item {
        ItemRef::Int(n) => out.bulk_int(n),
        ItemRef::Bytes(bytes) => out.bulk(bytes),
    }
}

/// An element as a bulk string, or null.
#[inline]
pub(crate) fn bulk_or_null(out: &mut Reply<'_>, item: Option<ItemRef<'_>>) {
    match item {
        Some(item) => bulk(out, item),
        None => out.null(),
    }
}
