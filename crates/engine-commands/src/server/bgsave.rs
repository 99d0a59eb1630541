//! BGSAVE

use super::shared_saving::{already_runs, persistence};
use crate::args::is;
use engine_dispatch::saving::Cancelled;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use std::sync::atomic::Ordering;

pub(crate) const COMMAND: Command = Command {
    name: "bgsave",
    arity: -1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Saves the data set, as it is now, to a file while clients are served.",
    syntax: "[SCHEDULE | CANCEL]",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match args {
        [_] => {}
        // It may be scheduled for the end of an append-only file's rewrite; a save that runs is another matter.
        [_, word] if is(word, "SCHEDULE") => {}
        [_, word] if is(word, "CANCEL") => return cancel(cx),
        _ => return Err(Error::SYNTAX),
    }
    let persistence = persistence(cx)?;
    if cx.may_not_block() {
        // The moment a file shows does not lie within a transaction.
        if cx.server.snapshot_turn.taker().is_some() {
            return Err(already_runs(cx));
        }
        cx.server.saving.scheduled.store(true, Ordering::Relaxed);
        cx.out.simple("Background saving scheduled");
        return Ok(());
    }
    let waiting = cx.wait_for_work();
    persistence
        .background_save(waiting)
        .map_err(|_| already_runs(cx))
}

fn cancel(cx: &mut Cx<'_>) -> Outcome {
    let words = match persistence(cx)?.cancel() {
        Cancelled::Running => "Background saving cancelled",
        Cancelled::Scheduled => "Scheduled background saving cancelled",
        Cancelled::Nothing => {
            return Err(Error::new(
                "ERR Background saving is currently not in progress or scheduled",
            ));
        }
    };
    cx.out.simple(words);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::server::shared_saving::tests::{Fake, stage_with};
    use std::sync::atomic::Ordering;

    #[test]
    fn answered_when_the_moment_is_fixed() {
        let (mut stage, fake) = stage_with(Fake::default());
        stage.play("> BGSAVE\n<");
        fake.answer_all(stage.server, b"+Background saving started\r\n");
        stage.play(
            "> PING
             < +Background saving started
             < +PONG
             > BGSAVE SCHEDULE
             <",
        );
        assert_eq!(fake.asked(), ["bgsave", "bgsave"]);
    }

    #[test]
    fn words() {
        let (mut stage, fake) = stage_with(Fake::default());
        stage.play(
            "> BGSAVE foo
             < -ERR syntax error
             > BGSAVE SCHEDULE foo
             < -ERR syntax error
             > BGSAVE CANCEL
             < -ERR Background saving is currently not in progress or scheduled",
        );
        fake.set_running(true);
        stage.play(
            "> BGSAVE
             < -ERR Background save already in progress
             > BGSAVE SCHEDULE
             < -ERR Background save already in progress
             > BGSAVE CANCEL
             < +Background saving cancelled",
        );
    }

    #[test]
    fn in_a_transaction_it_is_scheduled() {
        let (mut stage, _) = stage_with(Fake::default());
        stage.play(
            "> MULTI
             < +OK
             > BGSAVE
             < +QUEUED
             > SET k v
             < +QUEUED
             > EXEC
             < *2
             < +Background saving scheduled
             < +OK",
        );
        assert!(stage.server.saving.scheduled.load(Ordering::Relaxed));
        stage.play(
            "> BGSAVE CANCEL
             < +Scheduled background saving cancelled",
        );
    }
}
