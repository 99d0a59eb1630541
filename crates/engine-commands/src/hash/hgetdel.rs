//! HGETDEL

use super::shared_expiry::{HDEL, names};
use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::dialect::FieldsOf;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hgetdel",
    arity: -5,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::Hash,
    since: "8.0.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Returns the values of fields of a hash and removes the fields.",
    syntax: "key FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let names = names(cx, FieldsOf::Values, args)?;
    let key = args[1];
    cx.db.purge_fields(key, names.iter().copied());
    let out = &mut cx.out;
    let mark = out.len();
    out.array(names.len());
    let removed = cx.db.edit::<Hash, _>(key, false, |hash, change| {
        let mut removed = Vec::new();
        for name in names {
            items::bulk_or_null(out, hash.get(name));
            if hash.remove(name) {
                removed.push(*name);
            }
        }
        change.note(removed.len(), HDEL);
        removed
    });
    match removed {
        Err(error) => {
            cx.out.truncate(mark);
            return Err(error);
        }
        Ok(None) => names.iter().for_each(|_| cx.out.null()),
        Ok(Some(removed)) if !removed.is_empty() => {
            super::shared_expiry::journal_removal(cx, key, &removed);
        }
        Ok(Some(_)) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn values_are_given_and_gone() {
        play(
            "> HSET h a 1 b 2
             < :2
             > HGETDEL h FIELDS 3 a a none
             < *3
             < $1
             < 1
             < $-1
             < $-1
             > HGETDEL h FIELDS 1 b
             < *1
             < $1
             < 2
             > EXISTS h
             < :0
             > HGETDEL h FIELDS 1 b
             < *1
             < $-1
             > SET k v
             < +OK
             > HGETDEL k FIELDS 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn effects() {
        let effects =
            journal("> HSET h a 1 b 2\n> HGETDEL h FIELDS 2 a none\n> HGETDEL h FIELDS 1 x");
        assert_eq!(effects[2..], ["HDEL h a"]);
    }
}
