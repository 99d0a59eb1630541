//! XRANGE and XREVRANGE.

use super::{shared_entry, shared_id};
use crate::args::{int, is};
use engine_dispatch::{Cx, Error, Outcome};
use engine_types::Stream;

/// The entries between the IDs at arguments 2 and 3, which stand the other way round if `backwards`.
pub(crate) fn run(cx: &mut Cx<'_>, args: &[&[u8]], backwards: bool) -> Outcome {
    let (start, end) = if backwards {
        (args[3], args[2])
    } else {
        (args[2], args[3])
    };
    let (start, end) = (shared_id::start(start)?, shared_id::end(end)?);
    let mut count = None;
    for option in args[4..].chunks(2) {
        match option {
            [word, n] if is(word, "COUNT") => count = Some(int(n)?.max(0) as usize),
            _ => return Err(Error::SYNTAX),
        }
    }
    let Some(stream) = cx.db.read::<Stream>(args[1])? else {
        cx.out.array(0);
        return Ok(());
    };
    if count == Some(0) {
        cx.out.null_array();
        return Ok(());
    }
    let (entries, count) = (stream.entries(), count.unwrap_or(0));
    if backwards {
        shared_entry::write_all(&mut cx.out, entries.range_back(start, end), count);
    } else {
        shared_entry::write_all(&mut cx.out, entries.range(start, end), count);
    }
    Ok(())
}
