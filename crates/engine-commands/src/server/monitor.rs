//! MONITOR

use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use std::sync::atomic::Ordering;

pub(crate) const COMMAND: Command = Command {
    name: "monitor",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE),
    group: Group::Server,
    since: "1.0.0",
    complexity: "",
    summary: "Sends the connection every command that the node runs, until RESET.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    if cx.may_not_block() {
        return Err(Error::new(
            "ERR MONITOR isn't allowed for DENY BLOCKING client",
        ));
    }
    let info = &cx.client.info;
    info.monitor.store(true, Ordering::Relaxed);
    cx.server.monitors.add(info.thread, info.id);
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    /// What a watcher has been sent, without the times.
    fn seen(stage: &mut Stage) -> Vec<String> {
        let text = String::from_utf8(stage.output("m")).unwrap();
        let lines = text.split_terminator("\r\n");
        lines
            .map(|line| line.split_once(' ').unwrap().1.to_string())
            .collect()
    }

    #[test]
    fn commands_are_shown_as_they_run() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "m> MONITOR
             < +OK
             a> SELECT 3
             < +OK
             > SET k 'a\\x00\"\\n'
             < +OK
             > CONFIG SET requirepass ''
             < +OK
             > HELLO 2 AUTH default x
             > MULTI
             < +OK
             > GET k
             < +QUEUED
             > EXEC",
        );
        assert_eq!(
            seen(&mut stage),
            [
                "[3 127.0.0.1:1] \"SELECT\" \"3\"",
                "[3 127.0.0.1:1] \"SET\" \"k\" \"a\\\\x00\\\"\\\\n\"",
                "[3 127.0.0.1:1] \"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\"",
                "[3 127.0.0.1:1] \"MULTI\"",
                "[3 127.0.0.1:1] \"GET\" \"k\"",
                "[3 127.0.0.1:1] \"EXEC\"",
            ]
        );
        stage.play("m> RESET\n< +RESET\na> PING\n< +PONG");
        assert!(stage.output("m").is_empty());
        assert!(!stage.server.monitors.any());
    }

    #[test]
    fn not_in_a_transaction() {
        play(
            "> MULTI
             < +OK
             > MONITOR
             < +QUEUED
             > EXEC
             < *1
             < -ERR MONITOR isn't allowed for DENY BLOCKING client",
        );
    }
}
