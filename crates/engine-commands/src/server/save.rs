//! SAVE

use super::shared_saving::{already_runs, persistence};
use engine_dispatch::{Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "save",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING)
        .union(Flags::NO_MULTI),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(N) where N is the total number of keys in all databases",
    summary: "Saves the data set to a file and answers when it is there; others are served meanwhile.",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let persistence = persistence(cx)?;
    let waiting = cx.wait_for_work();
    persistence.save(waiting).map_err(|_| already_runs(cx))
}

#[cfg(test)]
mod tests {
    use crate::server::shared_saving::tests::{Fake, stage_with};

    #[test]
    fn the_client_waits_for_the_file() {
        let (mut stage, fake) = stage_with(Fake::default());
        stage.play("> SAVE\n<\nb> PING\n< +PONG\n");
        fake.answer_all(stage.server, b"+OK\r\n");
        stage.play("> PING\n< +OK\n< +PONG");
        assert_eq!(fake.asked(), ["save"]);
    }

    #[test]
    fn not_while_a_snapshot_runs_nor_in_a_transaction() {
        let (mut stage, fake) = stage_with(Fake::default());
        fake.set_running(true);
        stage.play(
            "> SAVE
             < -ERR Background save already in progress
             > PING
             < +PONG
             > MULTI
             < +OK
             > SAVE
             < -ERR Command not allowed inside a transaction",
        );
    }
}
