//! SADD

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "sadd",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1) for every member.",
    summary: "Adds members to a set; makes the set if it is not there.",
    syntax: "key member [member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let limits = cx.server.limits();
    let added = cx.db.edit::<Set, _>(args[1], true, |set, change| {
        let members = args[2..].iter();
        let added = members.filter(|member| set.add(member, &limits)).count();
        change.note(added, Event::new(Class::Set, "sadd"));
        added
    })?;
    cx.out.int(added.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_what_is_new() {
        play(
            "> SADD s 1 2 2
             < :2
             > SADD s 2 a
             < :1
             > SCARD s
             < :3
             > SADD s a
             < :0
             > SET k v
             < +OK
             > SADD k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SADD s
             < -ERR wrong number of arguments for 'sadd' command",
        );
    }
}
