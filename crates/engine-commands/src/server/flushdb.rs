//! FLUSHDB

use super::shared_flush::flush;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "flushdb",
    arity: -1,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    plan: Plan::All,
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(S) in the number of slots in use; memory is given back by another thread.",
    summary: "Deletes all keys of the database.",
    syntax: "[ASYNC | SYNC]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let databases = cx.db.db..cx.db.db + 1;
    flush(cx, args, databases)?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn databases_are_emptied() {
        play(
            "> MSET a 1 b 2
             < +OK
             > PEXPIRE a 10000
             < :1
             > SELECT 1
             < +OK
             > SET c 3
             < +OK
             > SELECT 0
             < +OK
             > FLUSHDB
             < +OK
             > DBSIZE
             < :0
             > KEYS *
             < *0
             > SELECT 1
             < +OK
             > EXISTS c
             < :1
             > FLUSHDB ASYNC
             < +OK
             > FLUSHDB sync
             < +OK
             > DBSIZE
             < :0
             > SET c 4
             < +OK
             > GET c
             < $1
             < 4
             > FLUSHDB NOW
             < -ERR syntax error
             > FLUSHDB SYNC ASYNC
             < -ERR syntax error",
        );
    }

    #[test]
    fn watched_keys_change_if_they_were_there() {
        play(
            "> WATCH k
             < +OK
             b> SET other v
             < +OK
             b> FLUSHDB
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *0
             > SET k v
             < +OK
             > WATCH k
             < +OK
             b> FLUSHDB
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *-1",
        );
    }

    #[test]
    fn within_a_transaction() {
        play(
            "> SET k v
             < +OK
             > MULTI
             < +OK
             > FLUSHDB
             < +QUEUED
             > SET new v
             < +QUEUED
             > DBSIZE
             < +QUEUED
             > EXEC
             < *3
             < +OK
             < +OK
             < :1",
        );
    }

    #[test]
    fn the_effect_comes_even_from_an_empty_database() {
        let effects = journal(
            "> FLUSHDB
             > FLUSHDB ASYNC",
        );
        assert_eq!(effects, ["SELECT 0", "FLUSHDB", "FLUSHDB ASYNC"]);
    }
}
