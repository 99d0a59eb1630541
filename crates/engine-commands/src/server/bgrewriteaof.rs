//! BGREWRITEAOF

use super::shared_saving::persistence;
use engine_dispatch::saving::RewriteWaits;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use engine_persist::snapshot::Taker;
use std::sync::atomic::Ordering;

const RUNS: &str = "ERR Background append only file rewriting already in progress";

pub(crate) const COMMAND: Command = Command {
    name: "bgrewriteaof",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Writes the append-only file anew.",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    const SCHEDULED: &str = "Background append only file rewriting scheduled";
    let persistence = persistence(cx)?;
    if cx.may_not_block() {
        // The moment a file shows does not lie within a transaction.
        if cx.server.snapshot_turn.taker() == Some(Taker::Rewrite) {
            return Err(Error::new(RUNS));
        }
        let scheduled = &cx.server.saving.rewrite_scheduled;
        scheduled.store(true, Ordering::Relaxed);
        cx.out.simple(SCHEDULED);
        return Ok(());
    }
    let waiting = cx.wait_for_work();
    let Err(why) = persistence.rewrite(waiting) else {
        return Ok(());
    };
    cx.client.blocked = None;
    match why {
        RewriteWaits::Runs => return Err(Error::new(RUNS)),
        RewriteWaits::Scheduled => cx.out.simple(SCHEDULED),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::server::shared_saving::tests::{Fake, stage_with};
    use std::sync::atomic::Ordering;

    #[test]
    fn answered_when_the_moment_is_fixed() {
        let (mut stage, fake) = stage_with(Fake::default());
        stage.play("> BGREWRITEAOF\n<");
        let reply = b"+Background append only file rewriting started\r\n";
        fake.answer_all(stage.server, reply);
        stage.play(
            "> PING
             < +Background append only file rewriting started
             < +PONG",
        );
        assert_eq!(fake.asked(), ["rewrite"]);
    }

    #[test]
    fn while_a_save_runs_and_in_a_transaction_it_is_scheduled() {
        let (mut stage, fake) = stage_with(Fake::default());
        fake.set_running(true);
        stage.play(
            "> BGREWRITEAOF
             < +Background append only file rewriting scheduled
             > MULTI
             < +OK
             > BGREWRITEAOF
             < +QUEUED
             > EXEC
             < *1
             < +Background append only file rewriting scheduled",
        );
        let saving = &stage.server.saving;
        assert!(saving.rewrite_scheduled.load(Ordering::Relaxed));
    }
}
