//! XACK

use super::shared_id;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Stream;

pub(crate) const COMMAND: Command = Command {
    name: "xack",
    arity: -4,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(log(N)) for each ID.",
    summary: "Acknowledges entries that were given to consumers of a group, and returns how many were pending.",
    syntax: "key group id [id ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let stream = cx.db.look::<Stream>(args[1])?;
    if stream.is_none_or(|stream| stream.group(args[2]).is_none()) {
        cx.out.int(0);
        return Ok(());
    }
    // None is acknowledged if one of them is written wrong.
    let ids = args[3..].iter().map(|id| shared_id::strict(id, 0));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let acknowledged = cx.db.edit::<Stream, _>(args[1], false, |stream, change| {
        let acknowledged = stream.edit_group(args[2], |_, group| {
            ids.iter().filter(|id| group.acknowledge(**id)).count()
        });
        change.note_beside(acknowledged.unwrap_or(0), None);
        acknowledged
    })?;
    cx.out.int(acknowledged.flatten().unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn acknowledged_entries_are_pending_no_more() {
        play(
            "> XACK s g 1
             < :0
             > XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XACK s g 1-0
             < :0
             > XREADGROUP GROUP g c STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             > XACK s nobody 1-0
             < :0
             > XACK s g 1-0 x
             < -ERR Invalid stream ID specified as stream command argument
             > XACK s g 1-0 1-0 2-0
             < :1
             > XPENDING s g
             < *4
             < :0
             < $-1
             < $-1
             < *-1
             > SET k v
             < +OK
             > XACK k g 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
