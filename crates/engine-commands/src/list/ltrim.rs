//! LTRIM

use super::lrange::absolute;
use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::List;

pub(crate) const COMMAND: Command = Command {
    name: "ltrim",
    arity: 4,
    flags: Flags::WRITE,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(N), N being the number of elements removed.",
    summary: "Keeps only the elements of a list between two indices, both included.",
    syntax: "key start stop",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (start, stop) = (int(args[2])?, int(args[3])?);
    let limits = cx.server.limits();
    cx.db.edit::<List, _>(args[1], false, |list, change| {
        let len = list.len();
        let keep = absolute(start, stop, len);
        let removed = len - keep.len();
        list.trim(keep, &limits);
        // As in Redis a trim that removes nothing is told, too.
        change.note_touched(removed, Event::new(Class::List, "ltrim"));
    })?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn keeps_the_range() {
        play(
            "> RPUSH l a b c d e
             < :5
             > LTRIM l 1 -2
             < +OK
             > LRANGE l 0 -1
             < *3
             < $1
             < b
             < $1
             < c
             < $1
             < d
             > LTRIM l 0 100
             < +OK
             > LLEN l
             < :3
             > LTRIM l 5 1
             < +OK
             > LLEN l
             < :0
             > LTRIM l 0 1
             < +OK",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LTRIM nothing x 0
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > LTRIM s 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
