//! XSETID

use super::shared_id;
use crate::args::{int, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::{Stream, StreamId};

pub(crate) const COMMAND: Command = Command {
    name: "xsetid",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(1)",
    summary: "Sets the last ID of a stream, and what it remembers of its past; for internal use.",
    syntax: "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let last_id = shared_id::strict(args[2], 0)?;
    let (mut added, mut max_deleted_id) = (None, StreamId::MIN);
    for option in args[3..].chunks(2) {
        match option {
            [word, n] if is(word, "ENTRIESADDED") => {
                let n = u64::try_from(int(n)?);
                added = Some(n.map_err(|_| Error::new("ERR entries_added must be positive"))?);
            }
            [word, id] if is(word, "MAXDELETEDID") => {
                max_deleted_id = shared_id::strict(id, 0)?;
                if last_id < max_deleted_id {
                    return Err(Error::new(
                        "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                    ));
                }
            }
            _ => return Err(Error::SYNTAX),
        }
    }
    let entries = cx
        .db
        .look::<Stream>(args[1])?
        .ok_or(Error::NO_KEY)?
        .entries();
    if last_id < entries.max_deleted_id() {
        return Err(Error::new(
            "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
        ));
    }
    if entries.last_present_id() > Some(last_id) {
        return Err(Error::new(
            "ERR The ID specified in XSETID is smaller than the target stream top item",
        ));
    }
    if added.is_some_and(|added| added < entries.len() as u64) {
        return Err(Error::new(
            "ERR The entries_added specified in XSETID is smaller than the target stream length",
        ));
    }
    let max_deleted_id = (max_deleted_id != StreamId::MIN).then_some(max_deleted_id);
    cx.db.edit::<Stream, _>(args[1], false, |stream, change| {
        stream.set_counters(last_id, added, max_deleted_id);
        change.note_beside(1, Some(Event::new(Class::Stream, "xsetid")));
    })?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sets_what_is_remembered() {
        play(
            "> XSETID s 5
             < -ERR no such key
             > XADD s 3-0 a 1
             < $3
             < 3-0
             > XSETID s 2
             < -ERR The ID specified in XSETID is smaller than the target stream top item
             > XSETID s 9 ENTRIESADDED 0
             < -ERR The entries_added specified in XSETID is smaller than the target stream length
             > XSETID s 9 ENTRIESADDED -1
             < -ERR entries_added must be positive
             > XSETID s 9 MAXDELETEDID 10
             < -ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id
             > XSETID s 9-3 ENTRIESADDED 7 MAXDELETEDID 2-0
             < +OK
             > XADD s 9-* a 1
             < $3
             < 9-4
             > XDEL s 9-4
             < :1
             > XSETID s 9-3
             < -ERR The ID specified in XSETID is smaller than current max_deleted_entry_id
             > XSETID s 9-9 MAXDELETEDID
             < -ERR syntax error
             > XSETID s x
             < -ERR Invalid stream ID specified as stream command argument
             > SET k v
             < +OK
             > XSETID k 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
