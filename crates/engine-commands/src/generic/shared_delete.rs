//! DEL and UNLINK: large values are freed on another thread either way.

use engine_dispatch::{Cx, Event, Outcome};

/// Removes keys and replies how many there were.
pub(crate) fn delete(cx: &mut Cx<'_>, keys: &[&[u8]]) -> Outcome {
    let removed = keys
        .iter()
        .filter(|key| cx.db.remove(key, Event::DEL))
        .count();
    cx.out.int(removed as i64);
    Ok(())
}
