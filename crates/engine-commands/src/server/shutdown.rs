//! SHUTDOWN

use crate::args::is;
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
    let (mut save, mut no_save, mut others, mut abort) = (false, false, false, false);
    for word in &args[1..] {
        match *word {
            word if is(word, "SAVE") => save = true,
            word if is(word, "NOSAVE") => no_save = true,
            // Nothing is waited for, and nothing can fail, that these would change.
            word if is(word, "NOW") || is(word, "FORCE") => others = true,
            word if is(word, "ABORT") => abort = true,
            _ => return Err(Error::SYNTAX),
        }
    }
    if (save && no_save) || (abort && (save || no_save || others)) {
        return Err(Error::SYNTAX);
    }
    if abort {
        return Err(Error::new("ERR No shutdown in progress."));
    }
    let Some(process) = cx.server.process() else {
        return Err(Error::new("ERR Errors trying to SHUTDOWN. Check logs."));
    };
    // There is no reply: the connection ends with the process.
    process.shutdown(save || (!no_save && !cx.server.config.save_points().is_empty()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_dispatch::server::Process;
    use engine_session::transcript::Stage;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Fake(Arc<AtomicU8>);

    impl Process for Fake {
        fn memory_used(&self) -> u64 {
            0
        }
        fn apply(&self, _: params::Id) -> Result<(), String> {
            Ok(())
        }
        fn shutdown(&self, save: bool) {
            self.0.store(1 + u8::from(save), Ordering::Relaxed);
        }
        fn config_file(&self) -> Option<String> {
            None
        }
        fn port(&self) -> u16 {
            0
        }
    }

    #[test]
    fn saves_as_told() {
        let mut stage = Stage::new(crate::table());
        let ended = Arc::new(AtomicU8::new(0));
        stage.server.set_process(Box::new(Fake(ended.clone())));
        for (line, want) in [
            ("SHUTDOWN NOSAVE", 1),
            ("SHUTDOWN NOW", 2),
            ("SHUTDOWN SAVE FORCE", 2),
        ] {
            stage.play(&format!("> {line}\n<"));
            assert_eq!(ended.load(Ordering::Relaxed), want, "{line}");
        }
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
