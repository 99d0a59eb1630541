//! HDEL

use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hdel",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1) for every field.",
    summary: "Removes fields of a hash.",
    syntax: "key field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.db.purge_fields(args[1], args[2..].iter().copied());
    let removed = cx.db.edit::<Hash, _>(args[1], false, |hash, change| {
        let fields = args[2..].iter();
        let removed = fields.filter(|field| hash.remove(field)).count();
        change.note(removed, Event::new(Class::Hash, "hdel"));
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
            "> HSET h a 1 b 2 c 3
             < :3
             > HDEL h a a x
             < :1
             > HDEL nothing a
             < :0
             > HDEL h b c
             < :2
             > HLEN h
             < :0
             > SET h v
             < +OK
             > HDEL h a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HDEL h
             < -ERR wrong number of arguments for 'hdel' command",
        );
    }
}
