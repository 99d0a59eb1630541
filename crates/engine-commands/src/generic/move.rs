//! MOVE

use super::shared_database::index;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "move",
    arity: 3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    plan: Plan::Wide,
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Moves a key to another database.",
    syntax: "key db",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let key = args[1];
    let db = index(cx, args[2])?;
    if db == cx.db.db {
        return Err(Error::SAME_OBJECT);
    }
    cx.db.ensure_in(db, key);
    let event = |name| Event::new(Class::Generic, name);
    let free = cx.db.peek_in(db, key).is_none();
    let taken = if free && cx.db.exists(key) {
        cx.db.announce_in(db, key);
        cx.db.take(key, event("move_from"))
    } else {
        None
    };
    let done = taken.is_some();
    if let Some(entry) = taken {
        cx.db.put_entry(db, entry, event("move_to"));
    }
    cx.out.int(i64::from(done));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn to_another_database_with_its_expiry() {
        play(
            "> SET k v EX 100
             < +OK
             > MOVE k 9
             < :1
             > EXISTS k
             < :0
             > MOVE k 9
             < :0
             > DBSIZE
             < :0
             > SELECT 9
             < +OK
             > GET k
             < $1
             < v
             > TTL k
             < :100
             > DBSIZE
             < :1",
        );
    }

    #[test]
    fn not_onto_another_key() {
        play(
            "> SET k here
             < +OK
             > SELECT 9
             < +OK
             > SET k there PX 50
             < +OK
             > SELECT 0
             < +OK
             > MOVE k 9
             < :0
             + 50
             > MOVE k 9
             < :1",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> MOVE k 0
             < -ERR source and destination objects are the same
             > MOVE k 99
             < -ERR DB index is out of range
             > MOVE k -1
             < -ERR DB index is out of range
             > MOVE k x
             < -ERR value is not an integer or out of range
             > MOVE k 2147483648
             < -ERR value is out of range, value must between -2147483648 and 2147483647",
        );
    }

    #[test]
    fn who_waits_there_is_served() {
        play(
            "b> SELECT 9
             < +OK
             b> BLPOP l 0
             <
             a> RPUSH l x
             < :1
             > MOVE l 9
             < :1
             b>
             < *2
             < $1
             < l
             < $1
             < x",
        );
    }

    #[test]
    fn the_effect_is_the_command() {
        let effects = journal(
            "> SET k v
             > MOVE k 1
             > MOVE k 1",
        );
        assert_eq!(effects, ["SELECT 0", "SET k v", "MOVE k 1"]);
    }
}
