//! FLUSHDB and FLUSHALL. Memory is given back by another thread whatever is asked for: no lock waits for it.

use crate::args::is;
use engine_dispatch::{Cx, Error, Outcome};
use std::ops::Range;

/// Empties databases; the reply is left to the caller.
///
/// # Errors
/// Something else than ASYNC or SYNC follows the name.
pub(crate) fn flush(cx: &mut Cx<'_>, args: &[&[u8]], databases: Range<u32>) -> Outcome {
    match args {
        [_] => {}
        [_, how] if is(how, "ASYNC") || is(how, "SYNC") => {}
        _ => return Err(Error::SYNTAX),
    }
    cx.db.invalidate_all();
    for db in databases {
        cx.db.flush(db);
    }
    // Also if there was no key here: a replica may be of another opinion.
    cx.db.rewrite(args);
    Ok(())
}
