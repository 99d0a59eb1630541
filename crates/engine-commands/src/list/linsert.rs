//! LINSERT

use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::List;
use engine_types::list::Side;

pub(crate) const COMMAND: Command = Command {
    name: "linsert",
    arity: 5,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::List,
    since: "2.2.0",
    complexity: "O(N), N being the distance to the pivot.",
    summary: "Puts an element before or after the first one that equals a pivot.",
    syntax: "key <BEFORE | AFTER> pivot element",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let side = if is(args[2], "AFTER") {
        Side::After
    } else if is(args[2], "BEFORE") {
        Side::Before
    } else {
        return Err(Error::SYNTAX);
    };
    let limits = cx.server.limits();
    let (pivot, element) = (args[3], args[4]);
    let len = cx.db.edit::<List, _>(args[1], false, |list, change| {
        let inserted = list.insert_beside(side, pivot, element, &limits);
        change.note(usize::from(inserted), Event::new(Class::List, "linsert"));
        if inserted { list.len() as i64 } else { -1 }
    })?;
    cx.out.int(len.unwrap_or(0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn beside_the_pivot() {
        play(
            "> RPUSH l a b b
             < :3
             > LINSERT l before b x
             < :4
             > LINSERT l AFTER b y
             < :5
             > LRANGE l 0 -1
             < *5
             < $1
             < a
             < $1
             < x
             < $1
             < b
             < $1
             < y
             < $1
             < b
             > LINSERT l AFTER z y
             < :-1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LINSERT l BESIDE a b
             < -ERR syntax error
             > LINSERT l BEFORE a b
             < :0
             > SET s v
             < +OK
             > LINSERT s BEFORE a b
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
