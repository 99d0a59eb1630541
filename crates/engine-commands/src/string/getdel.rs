//! GETDEL

use super::shared_value::reply;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "getdel",
    arity: 2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::String,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Returns the string value of a key and deletes the key.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if reply(cx, args[1])? {
        cx.db.remove(args[1], Event::DEL);
        cx.db.rewrite(&[b"DEL", args[1]]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn the_value_goes_with_its_key() {
        play(
            "> SET k v
             < +OK
             > GETDEL k
             < $1
             < v
             > GETDEL k
             < $-1
             3> GETDEL k
             < _
             a> RPUSH l x
             < :1
             > GETDEL l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > EXISTS l
             < :1",
        );
    }

    #[test]
    fn the_effect_is_a_removal() {
        let effects = journal(
            "> GETDEL k
             > SET k v
             > GETDEL k",
        );
        assert_eq!(effects, ["SELECT 0", "SET k v", "DEL k"]);
    }
}
