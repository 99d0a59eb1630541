//! Entries as replies.

use super::shared_id;
use crate::items;
use engine_types::stream::Entry;
use proto_resp::Reply;

/// An array of the ID and the array of names and values.
pub(crate) fn write(out: &mut Reply<'_>, entry: &Entry<'_>) {
    let fields = entry.fields();
    out.array(2);
    shared_id::bulk(out, entry.id());
    out.array(fields.len() * 2);
    for (name, value) in fields {
        items::bulk(out, name);
        items::bulk(out, value);
    }
}

/// An array of entries, at most `count` if that is not 0; how many.
pub(crate) fn write_all<'s>(
    out: &mut Reply<'_>,
    entries: impl Iterator<Item = Entry<'s>>,
    count: usize,
) -> usize {
    let mark = out.begin();
    let mut written = 0;
    for entry in entries {
        write(out, &entry);
        written += 1;
        if written == count {
            break;
        }
    }
    out.end_array(mark, written);
    written
}
