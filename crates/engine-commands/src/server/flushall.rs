//! FLUSHALL

use super::shared_flush::flush;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "flushall",
    arity: -1,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    plan: Plan::All,
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(S) in the number of slots in use; memory is given back by another thread.",
    summary: "Deletes all keys of all databases.",
    syntax: "[ASYNC | SYNC]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let databases = 0..cx.server.keyspace.databases();
    let persistence = cx.server.persistence().filter(|_| !cx.client.is_primary);
    if let Some(persistence) = persistence {
        // What it writes would be gone anyway.
        persistence.flushing();
    }
    flush(cx, args, databases)?;
    if let Some(persistence) = persistence {
        // A file that still has the keys must not bring them back: the client is answered when it is replaced.
        let waiting = (!cx.may_not_block()).then(|| cx.wait_for_work());
        if persistence.flushed(waiting) {
            return Ok(());
        }
        cx.client.blocked = None;
    }
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

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
             > FLUSHALL
             < +OK
             > DBSIZE
             < :0
             > KEYS *
             < *0
             > SELECT 1
             < +OK
             > EXISTS c
             < :0
             > FLUSHALL ASYNC
             < +OK
             > FLUSHALL sync
             < +OK
             > DBSIZE
             < :0
             > SET c 4
             < +OK
             > GET c
             < $1
             < 4
             > FLUSHALL NOW
             < -ERR syntax error
             > FLUSHALL SYNC ASYNC
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
             b> FLUSHALL
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *0
             > SET k v
             < +OK
             > WATCH k
             < +OK
             b> FLUSHALL
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *-1",
        );
    }

    #[test]
    fn the_client_waits_for_an_empty_file() {
        use crate::server::shared_saving::tests::{Fake, stage_with};
        let (mut stage, fake) = stage_with(Fake::default());
        stage.play("> SET k v\n< +OK\n> FLUSHALL\n<");
        fake.answer_all(stage.server, b"+OK\r\n");
        stage.play("> DBSIZE\n< +OK\n< :0");
        assert_eq!(fake.asked(), ["flushing", "flushed"]);
    }

    #[test]
    fn within_a_transaction() {
        play(
            "> SET k v
             < +OK
             > MULTI
             < +OK
             > FLUSHALL
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
}
