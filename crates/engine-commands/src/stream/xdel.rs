//! XDEL

use super::shared_id;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Stream;

pub(crate) const COMMAND: Command = Command {
    name: "xdel",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(log(N)) for each ID.",
    summary: "Takes entries away by their IDs and returns how many there were.",
    syntax: "key id [id ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if cx.db.look::<Stream>(args[1])?.is_none() {
        cx.out.int(0);
        return Ok(());
    }
    // None is taken away if one of them is written wrong.
    let ids = args[2..].iter().map(|id| shared_id::strict(id, 0));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let deleted = cx.db.edit::<Stream, _>(args[1], false, |stream, change| {
        let deleted = ids.iter().filter(|id| stream.delete(**id)).count();
        change.note_taken(deleted, Event::new(Class::Stream, "xdel"));
        deleted
    })?;
    cx.out.int(deleted.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn takes_away_what_is_there() {
        play(
            "> XDEL s x
             < :0
             > XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s 2-1 a 1
             < $3
             < 2-1
             > XDEL s 1-1 1-1 3-1
             < :1
             > XDEL s 2-1 x
             < -ERR Invalid stream ID specified as stream command argument
             > XLEN s
             < :1
             > XDEL s 2-1
             < :1
             > EXISTS s
             < :1
             > XADD s 2-1 a 1
             < -ERR The ID specified in XADD is equal or smaller than the target stream top item
             > SET k v
             < +OK
             > XDEL k 1-1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
