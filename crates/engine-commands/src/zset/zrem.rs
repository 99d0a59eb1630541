//! ZREM

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "zrem",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(M*log(N)), M being the number of members removed, N the size of the sorted set.",
    summary: "Removes members from a sorted set.",
    syntax: "key member [member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let removed = cx.db.edit::<ZSet, _>(args[1], false, |zset, change| {
        let there = |member: &&&[u8]| zset.remove(member).is_some();
        let removed = args[2..].iter().filter(there).count();
        change.note(removed, Event::new(Class::ZSet, "zrem"));
        removed
    })?;
    cx.out.int(removed.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn members_and_the_last_of_them() {
        play(
            "> ZADD z 1 a 2 b 3 c
             < :3
             > ZREM z a nothing a
             < :1
             > ZREM z b c d
             < :2
             > EXISTS z
             < :0
             > ZREM z a
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZREM z
             < -ERR wrong number of arguments for 'zrem' command
             > SET s v
             < +OK
             > ZREM s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
