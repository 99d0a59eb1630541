//! What commands that save share.

use engine_dispatch::saving::Persistence;
use engine_dispatch::{Cx, Error};

/// Whoever saves for this node.
///
/// # Errors
/// Nobody does (a node without files).
pub(crate) fn persistence(cx: &Cx<'_>) -> Result<&'static dyn Persistence, Error> {
    let server = cx.server;
    server
        .persistence()
        .ok_or_else(|| Error::new("ERR this node has no files"))
}

/// Another snapshot runs: the client that was to wait goes on.
pub(crate) fn already_runs(cx: &mut Cx<'_>) -> Error {
    cx.client.blocked = None;
    Error::new("ERR Background save already in progress")
}

#[cfg(test)]
pub(crate) mod tests {
    use engine_dispatch::Server;
    use engine_dispatch::saving::{
        Cancelled, Persistence, Reload, RewriteWaits, SaveRuns, Waiting,
    };
    use engine_keyspace::Unit;
    use engine_session::transcript::Stage;
    use std::sync::atomic::Ordering;
    use std::sync::{Arc, Mutex};

    /// Notes what it is asked for; answers when told to.
    #[derive(Default)]
    pub(crate) struct Fake(Mutex<State>);

    #[derive(Default)]
    struct State {
        running: bool,
        asked: Vec<&'static str>,
        waiting: Vec<Waiting>,
        reload: Option<Reload>,
    }

    impl Fake {
        pub(crate) fn set_running(&self, running: bool) {
            self.0.lock().unwrap().running = running;
        }

        pub(crate) fn asked(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().asked.clone()
        }

        pub(crate) fn reload(&self) -> Option<Reload> {
            self.0.lock().unwrap().reload
        }

        pub(crate) fn answer_all(&self, server: &Server, reply: &[u8]) {
            for waiting in self.0.lock().unwrap().waiting.drain(..) {
                waiting.answer(server, reply);
            }
        }

        fn ask(&self, what: &'static str, waiting: Option<Waiting>) -> Result<(), SaveRuns> {
            let mut state = self.0.lock().unwrap();
            if state.running {
                return Err(SaveRuns);
            }
            state.asked.push(what);
            state.waiting.extend(waiting);
            Ok(())
        }
    }

    struct Handle(Arc<Fake>, &'static Server);

    impl Persistence for Handle {
        fn save(&self, waiting: Waiting) -> Result<(), SaveRuns> {
            self.0.ask("save", Some(waiting))
        }
        fn background_save(&self, waiting: Waiting) -> Result<(), SaveRuns> {
            self.0.ask("bgsave", Some(waiting))
        }
        fn cancel(&self) -> Cancelled {
            let scheduled = &self.1.saving.scheduled;
            if self.0.0.lock().unwrap().running {
                Cancelled::Running
            } else if scheduled.swap(false, Ordering::Relaxed) {
                Cancelled::Scheduled
            } else {
                Cancelled::Nothing
            }
        }
        fn rewrite(&self, waiting: Waiting) -> Result<(), RewriteWaits> {
            let asked = self.0.ask("rewrite", Some(waiting));
            asked.map_err(|SaveRuns| {
                let scheduled = &self.1.saving.rewrite_scheduled;
                scheduled.store(true, Ordering::Relaxed);
                RewriteWaits::Scheduled
            })
        }
        fn append_only(&self, _: bool) -> Result<(), String> {
            Ok(())
        }
        fn reload_append_only(&self, waiting: Waiting) {
            let _ = self.0.ask("reload append only", Some(waiting));
        }
        fn flushing(&self) {
            let _ = self.0.ask("flushing", None);
        }
        fn flushed(&self, waiting: Option<Waiting>) -> bool {
            let waits = waiting.is_some();
            let _ = self.0.ask("flushed", waiting);
            waits
        }
        fn reload(&self, _: &mut Unit<'_>, how: Reload) -> Result<(), String> {
            self.0.0.lock().unwrap().reload = Some(how);
            self.0.ask("reload", None).map_err(|_| "no".to_string())
        }
    }

    /// A stage whose saves are carried out by `fake`.
    pub(crate) fn stage_with(fake: Fake) -> (Stage, Arc<Fake>) {
        let stage = Stage::new(crate::table());
        let fake = Arc::new(fake);
        let handle = Handle(fake.clone(), stage.server);
        stage.server.set_persistence(Box::new(handle));
        (stage, fake)
    }
}
