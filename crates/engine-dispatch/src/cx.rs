//! What a handler works with.

use crate::background;
use crate::client::Client;
use crate::command::Group;
use crate::error::{Error, Outcome};
use crate::execute::finish;
use crate::histogram::Histogram;
use crate::keys::Keys;
use crate::server::Server;
use crate::slowlog;
use crate::table::Registered;
use crate::tracking::{self, Mode};
use engine_keyspace::Busy;
use proto_resp::Reply;
use rand::rngs::SmallRng;
use std::sync::Arc;

/// What answers a blocked command that is not served, or that may not block where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullKind {
    Null,
    Array,
}

/// A command wants to wait for keys.
#[derive(Debug)]
pub(crate) struct BlockRequest {
    pub keys: Vec<Box<[u8]>>,
    /// Milliseconds; 0 for no end.
    pub timeout_ms: i64,
    pub null: &'static [u8],
    pub wants_removal: bool,
    /// The words to run again, if not those that came.
    pub argv: Option<Vec<Box<[u8]>>>,
}

/// The context of a running command.
pub struct Cx<'u> {
    pub db: Keys,
    pub out: Reply<'u>,
    pub client: &'u mut Client,
    pub server: &'static Server,
    pub random: SmallRng,
    /// The command that runs.
    pub command: &'static Registered,
    /// The thread that runs it.
    pub thread: usize,
    /// Inside a transaction or script: a command that would block answers null instead.
    pub(crate) no_blocking: bool,
    /// A script runs the command.
    pub(crate) in_script: bool,
    pub(crate) block: Option<BlockRequest>,
    pub(crate) busy: Option<Busy>,
    /// The command runs again for one who waited: it has been counted already.
    pub(crate) again: bool,
    /// When the command before this one ended (`ticks`).
    pub(crate) stamp: u64,
}

impl<'u> Cx<'u> {
    /// The context of what no client's request runs: a primary's stream, units in the background.
    pub(crate) fn of_node(
        db: Keys,
        client: &'u mut Client,
        out: Reply<'u>,
        random: SmallRng,
        thread: usize,
    ) -> Self {
        let server = db.server;
        Self {
            db,
            out,
            client,
            server,
            random,
            command: server.table.by_id(0),
            thread,
            no_blocking: true,
            in_script: false,
            block: None,
            busy: None,
            again: false,
            stamp: 0,
        }
    }
}

impl Cx<'_> {
    /// Waits until one of `keys` has something, then runs the command again; after `timeout_ms` (0: never) the
    /// answer is null. Where blocking is not allowed the null is written at once.
    pub fn block_on(&mut self, keys: &[&[u8]], timeout_ms: i64, null: NullKind) -> Outcome {
        self.block_on_any(keys, timeout_ms, null, false)
    }

    /// As [`Self::block_on`], and also when a key vanishes or changes its type.
    pub fn block_on_any(
        &mut self,
        keys: &[&[u8]],
        timeout_ms: i64,
        null: NullKind,
        wants_removal: bool,
    ) -> Outcome {
        if self.no_blocking {
            match null {
                NullKind::Null => self.out.null(),
                NullKind::Array => self.out.null_array(),
            }
            return Ok(());
        }
        let null: &'static [u8] = match (null, self.out.resp3()) {
            (_, true) => b"_\r\n",
            (NullKind::Null, false) => b"$-1\r\n",
            (NullKind::Array, false) => b"*-1\r\n",
        };
        let keys = keys.iter().map(|k| Box::from(*k)).collect();
        self.block = Some(BlockRequest {
            keys,
            timeout_ms,
            null,
            wants_removal,
            argv: None,
        });
        Ok(())
    }

    /// What will be run again for a command that has just chosen to wait, in place of its own words: with what they
    /// mean now. The keys must stand where they stood.
    pub fn run_again_as(&mut self, argv: &[&[u8]]) {
        if let Some(block) = &mut self.block {
            block.argv = Some(argv.iter().map(|a| Box::from(*a)).collect());
        }
    }

    /// Whether the command runs again for one who waited.
    #[must_use]
    pub fn runs_again(&self) -> bool {
        self.again
    }

    /// A slot that the command visits was not to be had: the command is run again later, from its start. Only
    /// for commands that have changed and written nothing.
    pub fn retry(&mut self, busy: Busy) -> Outcome {
        self.busy = Some(busy);
        Ok(())
    }

    /// Removes keys of the current database that the command has found to be due, each as a unit of its own unless
    /// their slots are held. What cannot be had at this moment stays hidden.
    pub fn remove_due(&mut self, keys: &[Box<[u8]>]) {
        for key in keys {
            let (id, hash) = self.db.locate_in(self.db.db, key);
            if self.db.unit.is_wide() {
                self.db.ensure(key);
            } else if self.db.unit.holds(id) {
                self.db.purge(id, hash, key);
            } else if background::lock(&mut self.db, id) {
                self.db.take_role(self.client.is_primary);
                self.db.purge(id, hash, key);
                finish(self);
            }
        }
    }

    /// Chooses another database.
    ///
    /// # Errors
    /// The index is out of range.
    pub fn select(&mut self, db: i64) -> Outcome {
        if db < 0 || db >= i64::from(self.server.keyspace.databases()) {
            return Err(Error::DB_INDEX);
        }
        self.client.db = db as u32;
        self.db.db = db as u32;
        Ok(())
    }

    /// Whether the command runs inside a transaction or script, or for a blocked client.
    #[must_use]
    pub fn may_not_block(&self) -> bool {
        self.no_blocking
    }

    /// Whether a script runs the command.
    #[must_use]
    pub fn in_script(&self) -> bool {
        self.in_script
    }

    /// The unit's time, milliseconds of Unix time.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.db.now_ms
    }

    /// A generator for choices among elements, seeded from the thread's.
    pub fn rng(&mut self) -> engine_types::Rng {
        engine_types::Rng::new(rand::Rng::next_u64(&mut self.random))
    }

    /// Runs `f` with another client and another output in this one's place, in the same unit.
    pub(crate) fn lend<R>(
        &mut self,
        client: &mut Client,
        bytes: &mut Vec<u8>,
        f: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let version = self.out.version();
        let no_blocking = std::mem::replace(&mut self.no_blocking, false);
        let again = std::mem::replace(&mut self.again, true);
        std::mem::swap(self.client, client);
        std::mem::swap(self.out.out(), bytes);
        self.out.set_version(self.client.version);
        let result = f(self);
        std::mem::swap(self.client, client);
        std::mem::swap(self.out.out(), bytes);
        self.out.set_version(version);
        self.no_blocking = no_blocking;
        self.again = again;
        result
    }

    /// Runs one command of a transaction in this unit: writes its reply, collects its effect.
    pub(crate) fn call(&mut self, command: &'static Registered, args: &[&[u8]]) {
        let outer = std::mem::replace(&mut self.command, command);
        let mark = self.out.len();
        let dirty = self.db.dirty;
        self.db.rewritten = false;
        let started = self.stamp;
        if let Err(error) = (command.command.run)(self, args) {
            self.out.truncate(mark);
            self.out.error(error.text());
            self.note_error(&error);
        }
        if self.client.tracking.contains(Mode::ON) && self.busy.is_none() {
            let in_script = outer.command.group == Group::Scripting;
            tracking::remember(self, command, args, in_script);
        }
        if self.busy.is_none() && !self.again {
            self.count_call(command, args, started);
        }
        if self.db.journalled
            && !self.db.rewritten
            && self.db.dirty != dirty
            && self.block.is_none()
        {
            self.db.effect_in(self.db.db, args);
        }
        self.command = outer;
    }

    /// Counts and times a call, and tells those who watch.
    #[inline]
    fn count_call(&mut self, command: &'static Registered, args: &[&[u8]], started: u64) {
        self.stamp = crate::ticks::now();
        let nanos = crate::ticks::nanos_between(started, self.stamp);
        let stats = &self.db.stats.commands[command.id];
        crate::worker::count(&stats.calls, 1);
        crate::worker::count(&stats.nanos, nanos);
        if self.server.config.flag(params::LATENCY_TRACKING) {
            stats.times.get_or_init(Histogram::default).add(nanos);
        }
        slowlog::note(
            self.server,
            self.client,
            command,
            args,
            nanos,
            self.db.now_ms,
        );
        if self.server.monitors.any() {
            let (db, script) = (self.db.db, self.in_script);
            self.server
                .monitors
                .feed(self.server, self.client, command, args, db, script);
        }
    }

    /// Shows a command to those who watch, before it runs: for those that run others.
    pub fn show_to_monitors(&self, args: &[&[u8]]) {
        if self.server.monitors.any() {
            let (client, db, command) = (&*self.client, self.db.db, self.command);
            self.server
                .monitors
                .show(self.server, client, command, args, db, self.in_script);
        }
    }

    /// The running command has written an error reply by itself; `error` where it has not been counted yet.
    pub fn note_written_error(&self, error: Option<&Error>) {
        crate::worker::count(&self.db.stats.commands[self.command.id].failed, 1);
        if let Some(error) = error {
            count_error(self.server, error);
        }
    }

    #[cold]
    fn note_error(&mut self, error: &Error) {
        crate::worker::count(&self.db.stats.commands[self.command.id].failed, 1);
        count_error(self.server, error);
    }
}

/// Counts an error reply by its code (INFO errorstats).
#[cold]
pub(crate) fn count_error(server: &'static Server, error: &Error) {
    let mut counts = server.error_counts.lock();
    if let Some(n) = counts.get_mut(error.code()) {
        *n += 1;
    } else if counts.len() < 128 {
        counts.insert(error.code().to_string(), 1);
    }
}

/// An `Arc` of the flag that watched keys raise, made anew once a transaction has ended.
pub(crate) fn fresh_flag(client: &mut Client) {
    client.watch_flag = Arc::default();
}
