//! COPY

use super::shared_database::index;
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "copy",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::at(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    plan: Plan::Wide,
    group: Group::Generic,
    since: "6.2.0",
    complexity: "O(1) for large collections and long strings, which share their memory until one is changed; O(N) for small ones.",
    summary: "Copies the value of a key to another key, also of another database.",
    syntax: "source destination [DB destination-db] [REPLACE]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (from, to) = (args[1], args[2]);
    let (mut db, mut replace) = (cx.db.db, false);
    let mut at = 3;
    while at < args.len() {
        match args.get(at + 1) {
            _ if is(args[at], "REPLACE") => replace = true,
            Some(number) if is(args[at], "DB") => {
                db = index(cx, number)?;
                at += 1;
            }
            _ => return Err(Error::SYNTAX),
        }
        at += 1;
    }
    if db == cx.db.db && from == to {
        return Err(Error::SAME_OBJECT);
    }
    cx.db.ensure_in(db, to);
    let copied = match cx.db.get(from) {
        Some(entry) if replace || cx.db.peek_in(db, to).is_none() => {
            let copy = entry.duplicate();
            Some(copy.renamed(to, entry.expire_at()))
        }
        _ => None,
    };
    let done = copied.is_some();
    if let Some(copy) = copied {
        cx.db.announce_in(db, to);
        cx.db
            .put_entry(db, copy, Event::new(Class::Generic, "copy_to"));
    }
    cx.out.int(i64::from(done));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn value_and_expiry_are_copied() {
        play(
            "> SET a 1 EX 100
             < +OK
             > COPY a b
             < :1
             > GET b
             < $1
             < 1
             > TTL b
             < :100
             > SET a 2
             < +OK
             > COPY a b
             < :0
             > COPY a b REPLACE
             < :1
             > GET b
             < $1
             < 2
             > TTL b
             < :-1
             > RPUSH l x
             < :1
             > COPY l m
             < :1
             > RPUSH m y
             < :2
             > LLEN l
             < :1
             > COPY none x
             < :0",
        );
    }

    #[test]
    fn other_databases() {
        play(
            "> SET a 1
             < +OK
             > COPY a a DB 3
             < :1
             > COPY a a DB 3
             < :0
             > COPY a a DB 3 REPLACE
             < :1
             > SELECT 3
             < +OK
             > GET a
             < $1
             < 1
             > DBSIZE
             < :1",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> COPY a a
             < -ERR source and destination objects are the same
             > COPY a a DB 0
             < -ERR source and destination objects are the same
             > COPY a b DB 99
             < -ERR DB index is out of range
             > COPY a b DB x
             < -ERR value is not an integer or out of range
             > COPY a b DB
             < -ERR syntax error
             > COPY a b NX
             < -ERR syntax error",
        );
    }
}
