//! SHUTDOWN

use crate::args::is;
use engine_dispatch::server::Shutdown;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "shutdown",
    arity: -1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::NO_MULTI)
        .union(Flags::ALLOW_BUSY),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
    summary: "Ends the node.",
    syntax: "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (mut save, mut no_save, mut now, mut force, mut abort) =
        (false, false, false, false, false);
    for word in &args[1..] {
        match *word {
            word if is(word, "SAVE") => save = true,
            word if is(word, "NOSAVE") => no_save = true,
            word if is(word, "NOW") => now = true,
            word if is(word, "FORCE") => force = true,
            word if is(word, "ABORT") => abort = true,
            _ => return Err(Error::SYNTAX),
        }
    }
    if (save && no_save) || (abort && (save || no_save || now || force)) {
        return Err(Error::SYNTAX);
    }
    let process = cx.server.process();
    if abort {
        if !process.is_some_and(|process| process.abort_shutdown()) {
            return Err(Error::new("ERR No shutdown in progress."));
        }
        cx.out.ok();
        return Ok(());
    }
    let Some(process) = process else {
        return Err(Error::new("ERR Errors trying to SHUTDOWN. Check logs."));
    };
    // The connection ends with the process, without a reply; if it cannot end, the client is told.
    process.shutdown(Shutdown {
        save: (save || no_save).then_some(save),
        now,
        force,
        waiting: Some(cx.wait_for_work()),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_dispatch::server::{Process, Shutdown};
    use engine_session::transcript::Stage;
    use std::sync::{Arc, Mutex};

    struct Fake(Arc<Mutex<Option<Shutdown>>>);

    impl Process for Fake {
        fn memory_used(&self) -> u64 {
            0
        }
        fn apply(&self, _: params::Id) -> Result<(), String> {
            Ok(())
        }
        fn shutdown(&self, how: Shutdown) {
            *self.0.lock().unwrap() = Some(how);
        }
        fn abort_shutdown(&self) -> bool {
            self.0.lock().unwrap().take().is_some()
        }
        fn config_file(&self) -> Option<String> {
            None
        }
        fn port(&self) -> u16 {
            0
        }
    }

    fn stage() -> (Stage, Arc<Mutex<Option<Shutdown>>>) {
        let stage = Stage::new(crate::table());
        let asked = Arc::new(Mutex::new(None));
        stage.server.set_process(Box::new(Fake(asked.clone())));
        (stage, asked)
    }

    #[test]
    fn what_is_asked_of_the_process() {
        for (line, save, now, force) in [
            ("SHUTDOWN", None, false, false),
            ("SHUTDOWN NOSAVE", Some(false), false, false),
            ("SHUTDOWN NOW", None, true, false),
            ("SHUTDOWN SAVE FORCE", Some(true), false, true),
        ] {
            let (mut stage, asked) = stage();
            // There is no reply, and nothing more is read.
            stage.play(&format!("> {line}\n<\n> PING\n<"));
            let how = asked.lock().unwrap().take().expect("asked");
            assert_eq!((how.save, how.now, how.force), (save, now, force), "{line}");
        }
    }

    #[test]
    fn a_shutdown_that_waits_can_be_taken_back() {
        let (mut stage, asked) = stage();
        stage.play("> SHUTDOWN\n<");
        let waiting = asked.lock().unwrap().and_then(|how| how.waiting);
        stage.play("b> SHUTDOWN ABORT\n< +OK\nb> SHUTDOWN ABORT\n< -ERR No shutdown in progress.");
        let error = b"-ERR Errors trying to SHUTDOWN. Check logs.\r\n";
        waiting.expect("a client").answer(stage.server, error);
        stage.play("a> PING\n< -ERR Errors trying to SHUTDOWN. Check logs.\n< +PONG");
    }

    #[test]
    fn wrong_words() {
        play(
            "> SHUTDOWN foo
             < -ERR syntax error
             > SHUTDOWN SAVE NOSAVE
             < -ERR syntax error
             > SHUTDOWN ABORT NOW
             < -ERR syntax error
             > SHUTDOWN ABORT
             < -ERR No shutdown in progress.",
        );
    }
}
