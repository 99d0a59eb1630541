//! SCAN's cursor over a database: a slot and a position in hash order within it.

use crate::hash::SLOTS;
use crate::keyspace::{Keyspace, SlotId};
use crate::slot::POSITION_BITS;
use crate::unit::Unit;
use crate::{Busy, EntryRef};

/// Walks database `db` from `cursor`: gives at least `count` entries if there are so many left, and returns the
/// cursor to go on with, 0 at the end. Slots are locked one at a time through `unit`, which keeps none it did not
/// have before. Whatever is in the database throughout the whole walk is given at least once.
///
/// # Errors
/// [`Busy`] if a slot is held by a long unit; nothing is lost, ask again with the same cursor.
pub fn scan(
    keyspace: &Keyspace,
    unit: &mut Unit<'_>,
    db: u32,
    cursor: u64,
    count: usize,
    mut each: impl FnMut(EntryRef<'_>),
) -> Result<u64, Busy> {
    let (mut slot, mut position) = (cursor >> POSITION_BITS, cursor & ((1 << POSITION_BITS) - 1));
    let mut given = 0;
    while slot < SLOTS as u64 {
        let id = SlotId::new(db, slot as u16);
        if keyspace.existing(id).is_some() {
            let next = unit.visit(id, |data| {
                if data.is_empty() {
                    return None;
                }
                data.scan(position, count.saturating_sub(given), |entry| {
                    given += 1;
                    each(entry);
                })
            });
            match next {
                // What was given so far must not be lost: end here, as if `count` had been reached.
                Err(_) if given > 0 => return Ok(slot << POSITION_BITS | position),
                Err(busy) => return Err(busy),
                Ok(Some(next)) => return Ok(slot << POSITION_BITS | next),
                Ok(None) => {}
            }
        }
        slot += 1;
        position = 0;
        if given >= count.max(1) {
            break;
        }
    }
    Ok(if slot < SLOTS as u64 {
        slot << POSITION_BITS
    } else {
        0
    })
}
