//! DELIFEQ

use super::set::equals;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "delifeq",
    arity: 3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(1, KeyFlags::RM.union(KeyFlags::DELETE))],
    group: Group::String,
    since: "9.0.0",
    complexity: "O(1)",
    summary: "Deletes a key if it holds this very string: so one gives back a lock that is still one's own.",
    syntax: "key value",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let equal = equals(cx, args[1], args[2])?;
    if equal {
        cx.db.remove(args[1], Event::DEL);
        cx.db.rewrite(&[b"DEL", args[1]]);
    }
    cx.out.int(i64::from(equal));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn only_what_is_equal_goes() {
        play(
            "> DELIFEQ k 1
             < :0
             > SET k 12
             < +OK
             > DELIFEQ k 1
             < :0
             > DELIFEQ k 12
             < :1
             > EXISTS k
             < :0
             > SET k text
             < +OK
             > DELIFEQ k text
             < :1
             > RPUSH l x
             < :1
             > DELIFEQ l x
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
        assert_eq!(
            journal("> SET k 1\n> DELIFEQ k 2\n> DELIFEQ k 1")[1..],
            ["SET k 1", "DEL k"]
        );
    }
}
