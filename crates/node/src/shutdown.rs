//! The end of the process in good order: replicas catch up, the data is saved, and only then the process exits.

use crate::log;
use crate::process::NodeProcess;
use engine_dispatch::saving::Waiting;
use engine_dispatch::server::{Replication, Shutdown, now_ms};
use engine_replication::NodeReplication;
use engine_storage::Saver;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often replicas' offsets are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What clients are told that waited for an end that does not come.
const NOT_POSSIBLE: &[u8] = b"-ERR Errors trying to SHUTDOWN. Check logs.\r\n";

/// What ends with the process, besides itself.
pub(crate) struct Ends {
    pub(crate) saver: Arc<Saver>,
    pub(crate) replication: Arc<NodeReplication>,
}

#[derive(Default)]
struct Pending {
    waiting: Vec<Waiting>,
    aborted: bool,
    /// Beyond the point where it can be taken back.
    last_steps: bool,
}

/// The shutdown under way, if there is one.
#[derive(Default)]
pub(crate) struct Ending {
    pending: Mutex<Option<Pending>>,
    changed: Condvar,
}

impl Ending {
    /// Whether there is none; from now on there is one.
    fn begin(&self, how: &Shutdown) -> bool {
        let mut pending = self.pending.lock();
        let first = pending.is_none();
        let pending = pending.get_or_insert_default();
        pending.waiting.extend(how.waiting);
        first
    }

    /// Takes the shutdown back, if it only waits for replicas.
    pub(crate) fn abort(&self) -> bool {
        let mut pending = self.pending.lock();
        match &mut *pending {
            Some(pending) if !pending.last_steps && !pending.aborted => {
                pending.aborted = true;
                self.changed.notify_all();
                true
            }
            _ => false,
        }
    }

    /// Whether one is under way.
    pub(crate) fn is_under_way(&self) -> bool {
        self.pending.lock().is_some()
    }

    /// Waits a little; true if the shutdown was taken back meanwhile.
    fn wait(&self, time: Duration) -> bool {
        let mut pending = self.pending.lock();
        if !pending.as_ref().is_some_and(|p| p.aborted) {
            self.changed.wait_for(&mut pending, time);
        }
        pending.as_ref().is_some_and(|p| p.aborted)
    }

    /// From here on it cannot be taken back; false if that has been done already.
    fn enter_last_steps(&self) -> bool {
        let mut pending = self.pending.lock();
        let pending = pending.get_or_insert_default();
        pending.last_steps = !pending.aborted;
        pending.last_steps
    }

    /// There is no shutdown any more; those who wait for it.
    fn is_off(&self) -> Vec<Waiting> {
        self.pending.lock().take().map_or(Vec::new(), |p| p.waiting)
    }
}

impl NodeProcess {
    /// Ends the process as `how` says, in a thread of its own: replicas and disks may take their time. A second call
    /// joins the shutdown that is under way.
    pub(crate) fn begin_shutdown(self: &Arc<Self>, how: Shutdown) {
        if !self.ending.begin(&how) {
            return;
        }
        log::warning("User requested shutdown...");
        let process = Arc::clone(self);
        let thread = std::thread::Builder::new().name("shutdown".into());
        if thread.spawn(move || process.shut_down(&how)).is_err() {
            self.shut_down(&how);
        }
    }

    fn shut_down(&self, how: &Shutdown) {
        let Some(ends) = self.ends.get() else {
            return self.exit();
        };
        let server = self.server;
        let paused = !how.now && is_anybody_behind(&ends.replication);
        if paused && !self.wait_for_replicas(&ends.replication) {
            log::notice("Shutdown manually aborted.");
            return self.stay(paused);
        }
        if !self.ending.enter_last_steps() {
            return self.stay(paused);
        }
        say_who_is_behind(&ends.replication);
        if ends.saver.end_running() {
            log::notice("There is a child saving an .rdb. Killing it!");
        }
        let points = !server.config.save_points().is_empty();
        // A data set that is not loaded whole must not take the place of the file it comes from.
        let save = how.save.unwrap_or(points) && !server.loading.load(Ordering::Relaxed);
        if save {
            log::notice("Saving the final RDB snapshot before exiting.");
            // What is written after the last snapshot would be lost, so nothing is.
            server.pause.begin(i64::MAX, false, now_ms());
            if !ends.saver.save_now() {
                if !how.force {
                    log::warning("Error trying to save the DB, can't exit.");
                    log::warning(
                        "Errors trying to shut down the server. Check the logs for more information.",
                    );
                    return self.stay(true);
                }
                log::warning("Error trying to save the DB. Exit anyway.");
            }
        }
        // The file stays on: a reply that leaves before the end still leaves after its write.
        server.aof.tick(&server.journal);
        server.aof.sync();
        self.exit();
    }

    /// The process goes on after all.
    fn stay(&self, paused: bool) {
        if paused {
            self.server.pause.end();
        }
        for waiting in self.ending.is_off() {
            waiting.answer(self.server, NOT_POSSIBLE);
        }
    }

    /// Holds writes back until no replica is behind, or `shutdown-timeout` is over; false if the shutdown is taken
    /// back.
    fn wait_for_replicas(&self, replication: &NodeReplication) -> bool {
        let server = self.server;
        let seconds = server.config.int(params::SHUTDOWN_TIMEOUT);
        if seconds == 0 {
            return true;
        }
        let until_ms = now_ms().saturating_add(seconds.saturating_mul(1000));
        server.pause.begin(i64::MAX, false, now_ms());
        log::notice("Waiting for replicas before shutting down.");
        replication.ask_acks();
        while is_anybody_behind(replication) && now_ms() < until_ms {
            if self.ending.wait(LOOK_EVERY) {
                return false;
            }
        }
        true
    }
}

fn is_anybody_behind(replication: &NodeReplication) -> bool {
    let offset = replication.server().journal.offset();
    let peers = replication.peers().all();
    peers.iter().any(|peer| peer.acked() != offset)
}

fn say_who_is_behind(replication: &NodeReplication) {
    let offset = replication.server().journal.offset();
    let peers = replication.peers().all();
    for peer in peers.iter().filter(|peer| peer.acked() != offset) {
        let lag_s = (now_ms() - peer.acked_at_ms()).max(0) / 1000;
        log::notice(&format!(
            "Lagging replica {}:{} reported offset {} behind master, lag={lag_s}, state={}.",
            peer.ip,
            peer.port,
            peer.acked(),
            peer.state().name()
        ));
    }
    if !peers.is_empty() {
        let there = peers.iter().filter(|peer| peer.acked() == offset).count();
        log::notice(&format!(
            "{there} of {} replicas are in sync when shutting down.",
            peers.len()
        ));
    }
}
