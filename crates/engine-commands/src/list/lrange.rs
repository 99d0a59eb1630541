//! LRANGE

use crate::args::int;
use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::List;
use std::ops::Range;

pub(crate) const COMMAND: Command = Command {
    name: "lrange",
    arity: 4,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(S+N), S being the distance of the start from the nearer end, N the number of elements returned.",
    summary: "Returns the elements of a list between two indices, both included.",
    syntax: "key start stop",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (start, stop) = (int(args[2])?, int(args[3])?);
    let Some(list) = cx.db.read::<List>(args[1])? else {
        cx.out.array(0);
        return Ok(());
    };
    let range = absolute(start, stop, list.len());
    cx.out.array(range.len());
    for element in list.range(range) {
        items::bulk(&mut cx.out, element);
    }
    Ok(())
}

/// The indices between `start` and `stop`, both included and counted from the end if negative, of a list of `len`
/// elements.
pub(super) fn absolute(start: i64, stop: i64, len: usize) -> Range<usize> {
    let size = len as i64;
    let from_end = |index: i64| {
        if index < 0 {
            index.saturating_add(size)
        } else {
            index
        }
    };
    let (start, stop) = (from_end(start).max(0), from_end(stop).min(size - 1));
    if start > stop {
        return 0..0;
    }
    start as usize..stop as usize + 1
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn ranges_are_cut_to_the_list() {
        use super::absolute;
        for ((start, stop), range) in [
            ((0, -1), 0..5),
            ((1, 1), 1..2),
            ((-2, -1), 3..5),
            ((-100, 2), 0..3),
            ((3, 100), 3..5),
            ((3, 2), 0..0),
            ((5, 9), 0..0),
            ((0, -6), 0..0),
            ((i64::MIN, i64::MAX), 0..5),
            ((i64::MAX, i64::MIN), 0..0),
        ] {
            assert_eq!(absolute(start, stop, 5), range, "{start} {stop}");
        }
        assert_eq!(absolute(0, -1, 0), 0..0);
    }

    #[test]
    fn elements() {
        play(
            "> RPUSH l a 2 c
             < :3
             > LRANGE l 1 -1
             < *2
             < $1
             < 2
             < $1
             < c
             > LRANGE l 5 9
             < *0
             > LRANGE nothing 0 -1
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LRANGE nothing x 0
             < -ERR value is not an integer or out of range
             > LRANGE nothing 0 x
             < -ERR value is not an integer or out of range
             > SET s v
             < +OK
             > LRANGE s 0 -1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
