//! SREM

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "srem",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1) for every member.",
    summary: "Removes members from a set.",
    syntax: "key member [member ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let removed = cx.db.edit::<Set, _>(args[1], false, |set, change| {
        let members = args[2..].iter();
        let removed = members.filter(|member| set.remove(member)).count();
        change.note(removed, Event::new(Class::Set, "srem"));
        removed
    })?;
    cx.out.int(removed.unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_what_was_there() {
        play(
            "> SADD s a b c
             < :3
             > SREM s a a x
             < :1
             > SREM nothing a
             < :0
             > SREM s b c d
             < :2
             > SCARD s
             < :0
             > SET s v
             < +OK
             > SREM s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SREM s
             < -ERR wrong number of arguments for 'srem' command",
        );
    }
}
