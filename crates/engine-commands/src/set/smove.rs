//! SMOVE

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "smove",
    arity: 4,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[
        KeySpec::at(
            1,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
        ),
        KeySpec::at(2, KeyFlags::RW.union(KeyFlags::INSERT)),
    ],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Moves a member from one set to another.",
    syntax: "source destination member",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (source, destination, member) = (args[1], args[2], args[3]);
    let Some(set) = cx.db.look::<Set>(source)? else {
        cx.out.int(0);
        return Ok(());
    };
    let is_member = set.contains(member);
    cx.db.look::<Set>(destination)?;
    if is_member && source != destination {
        cx.db.edit::<Set, _>(source, false, |set, change| {
            let removed = set.remove(member);
            change.note(usize::from(removed), Event::new(Class::Set, "srem"));
        })?;
        let limits = cx.server.limits();
        cx.db.edit::<Set, _>(destination, true, |set, change| {
            let added = set.add(member, &limits);
            change.note(usize::from(added), Event::new(Class::Set, "sadd"));
        })?;
    }
    cx.out.int(i64::from(is_member));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn from_one_to_another() {
        play(
            "> SADD s a b
             < :2
             > SMOVE s t a
             < :1
             > SMOVE s t a
             < :0
             > SISMEMBER t a
             < :1
             > SMOVE s s b
             < :1
             > SMOVE s s x
             < :0
             > SMOVE s t b
             < :1
             > SCARD s
             < :0
             > SCARD t
             < :2",
        );
    }

    #[test]
    fn wrong_types() {
        play(
            "> SET k v
             < +OK
             > SADD s a
             < :1
             > SMOVE s k a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SMOVE s k x
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SMOVE k s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SMOVE nothing k a
             < :0
             > SMOVE s k
             < -ERR wrong number of arguments for 'smove' command",
        );
    }
}
