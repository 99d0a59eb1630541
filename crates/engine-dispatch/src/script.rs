//! Commands that a script runs, and what the node knows of a script that has run for too long.

use crate::acl;
use crate::command::{Flags, Plan, key_positions};
use crate::cx::{Cx, count_error};
use crate::error::Error;
use crate::execute::{denies_write, is_stale};
use crate::server::Server;
use crate::table::Registered;
use crate::worker::count;
use engine_persist::journal::EffectClass;
use parking_lot::Mutex;
use proto_resp::Version;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Instant;

/// Which readers of the journal see what a script's commands do (`redis.set_repl`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effects {
    #[default]
    All,
    Only(EffectClass),
    None,
}

/// What a script may do, and what it has done so far.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// EVAL_RO and FCALL_RO, and scripts with the flag `no-writes`.
    pub read_only: bool,
    /// Scripts with the flag `allow-oom`.
    pub allow_oom: bool,
    /// Memory was short when the script began; it does not become so while it runs.
    pub out_of_memory: bool,
    /// A command that writes has been run: from there on the script is not stopped half-way.
    pub wrote: bool,
    /// The protocol that replies to the script are written in (`redis.setresp`).
    pub resp3: bool,
    pub effects: Effects,
}

/// How far from the keys a script's unit locks one slot after the other; beyond it takes them all, because it would
/// only get slower by finding each among so many.
const SLOTS_MAX: usize = 128;

impl Cx<'_> {
    /// Runs a command of a script in this unit and writes its reply, also one that is an error, into `reply`.
    ///
    /// # Errors
    /// What kept the command from running. It has been counted.
    pub fn call_from_script(
        &mut self,
        rules: &mut Rules,
        args: &[&[u8]],
        reply: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let command = match self.admit_from_script(rules, args) {
            Ok(command) => command,
            Err((error, command)) => {
                if let Some(command) = command {
                    count(&self.db.stats.commands[command.id].rejected, 1);
                }
                count_error(self.server, &error);
                return Err(error);
            }
        };
        if command.command.flags.contains(Flags::WRITE) {
            rules.wrote = true;
            self.server.scripts.wrote.store(true, Ordering::Relaxed);
        }
        self.lock_for_script(command, args);
        let version = self.out.version();
        std::mem::swap(self.out.out(), reply);
        self.out.set_version(if rules.resp3 {
            Version::Resp3
        } else {
            Version::Resp2
        });
        self.db.script_effects = rules.effects;
        self.call(command, args);
        self.db.script_effects = Effects::All;
        self.out.set_version(version);
        std::mem::swap(self.out.out(), reply);
        self.db.forget_plan();
        Ok(())
    }

    /// The checks that come before a command of a script, in Redis's order (`scriptCall`).
    fn admit_from_script(
        &mut self,
        rules: &Rules,
        args: &[&[u8]],
    ) -> Result<&'static Registered, (Error, Option<&'static Registered>)> {
        let (server, valkey) = (self.server, crate::dialect::is_valkey(self.server));
        let Ok(registered) = server.table.find(args) else {
            let text = if valkey {
                "ERR Unknown command called from script"
            } else {
                "ERR Unknown Redis command called from script"
            };
            return Err((Error::new(text), None));
        };
        let refuse = |error| Err((error, Some(registered)));
        let (command, flags) = (registered.command, registered.command.flags);
        if !command.takes(args.len()) {
            return refuse(Error::new(if valkey {
                "ERR Wrong number of args calling command from script"
            } else {
                "ERR Wrong number of args calling Redis command from script"
            }));
        }
        if flags.contains(Flags::NOSCRIPT) && !server.scripts.allow_all.load(Ordering::Relaxed) {
            let text = "ERR This Redis command is not allowed from script";
            return refuse(Error::new(text));
        }
        if is_stale(server) && !flags.contains(Flags::STALE) {
            let text = "ERR Can not execute the command on a stale replica";
            return refuse(Error::new(text));
        }
        acl::admit_in_script(server, self.client, registered, args, self.db.now_ms)
            .map_err(|error| (error, Some(registered)))?;
        if rules.read_only && flags.intersects(Flags::WRITE | Flags::MAY_REPLICATE) {
            let text = "ERR Write commands are not allowed from read-only scripts.";
            return refuse(Error::new(text));
        }
        // What has changed something is not stopped by what it cannot foresee.
        if rules.wrote || self.client.is_primary {
            return Ok(registered);
        }
        if flags.contains(Flags::WRITE)
            && !server.saving.last_ok.load(Ordering::Relaxed)
            && let Some(error) = server.disk_error()
        {
            return refuse(error);
        }
        if flags.contains(Flags::WRITE) {
            denies_write(server, self.client).map_err(|error| (error, Some(registered)))?;
        }
        if rules.out_of_memory && !rules.allow_oom && flags.contains(Flags::DENYOOM) {
            return refuse(Error::OOM);
        }
        Ok(registered)
    }

    /// Locks the slots of a command's keys, declared or not; the unit holds the wide token.
    fn lock_for_script(&mut self, command: &'static Registered, args: &[&[u8]]) {
        self.db.forget_plan();
        let many = self.db.unit.held_count() > SLOTS_MAX;
        match command.command.plan {
            Plan::Keys | Plan::Wide if !many => {}
            _ => self.db.unit.lock_all(),
        }
        let db = self.db.db;
        key_positions(command.command.keys, args, |at, _| {
            let (id, hash) = self.db.locate_in(db, args[at]);
            self.db.unit.lock_more(id);
            self.db.plan(args[at], id, hash);
        });
        self.db.purge_planned();
    }

    /// Runs `f`, a script: commands in it do not block, and what it does to the client's database and protocol ends
    /// with it. The effects of its commands stand for its own.
    pub fn as_script<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let (db, client_db) = (self.db.db, self.client.db);
        let no_blocking = std::mem::replace(&mut self.no_blocking, true);
        let in_script = std::mem::replace(&mut self.in_script, true);
        let result = f(self);
        self.no_blocking = no_blocking;
        self.in_script = in_script;
        self.db.db = db;
        self.client.db = client_db;
        self.db.forget_plan();
        self.db.rewritten();
        result
    }
}

/// Which kind of script runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Eval = 1,
    Function = 2,
}

/// A script that has run for longer than `busy-reply-threshold`.
#[derive(Debug)]
pub struct Overtime {
    /// The function's name, or the script's hash.
    pub name: Vec<u8>,
    /// The command that runs it.
    pub argv: Vec<Vec<u8>>,
    pub started: Instant,
    /// It came in the primary's stream.
    pub of_primary: bool,
}

/// What the node knows of the script that runs. Scripts run one at a time, by the holder of the wide token.
#[derive(Debug, Default)]
pub struct Scripts {
    /// The kind of the script that has run for too long, 0 for none: other commands are answered BUSY meanwhile.
    overtime: AtomicU8,
    kill: AtomicBool,
    /// The script has run a command that writes.
    wrote: AtomicBool,
    /// Scripts may run commands that are not for scripts (DEBUG SET-DISABLE-DENY-SCRIPTS).
    pub allow_all: AtomicBool,
    detail: Mutex<Option<Overtime>>,
}

impl Scripts {
    /// A script begins.
    pub fn begin(&self) {
        self.wrote.store(false, Ordering::Relaxed);
    }

    /// It has run for too long.
    pub fn enter_overtime(&self, kind: Kind, detail: Overtime) {
        *self.detail.lock() = Some(detail);
        self.kill.store(false, Ordering::SeqCst);
        self.overtime.store(kind as u8, Ordering::SeqCst);
    }

    /// It has ended.
    pub fn end(&self) {
        if self.overtime.swap(0, Ordering::SeqCst) != 0 {
            *self.detail.lock() = None;
        }
    }

    /// Whether somebody has asked to end it.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.kill.load(Ordering::Relaxed)
    }

    /// The kind of the script that runs overtime.
    #[inline]
    #[must_use]
    pub fn overtime(&self) -> Option<Kind> {
        match self.overtime.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(Kind::Eval),
            _ => Some(Kind::Function),
        }
    }

    /// Runs `f` on what is known of the script that runs overtime.
    pub fn with_overtime<R>(&self, f: impl FnOnce(Option<&Overtime>) -> R) -> R {
        f(self.detail.lock().as_ref())
    }

    /// SCRIPT KILL, FUNCTION KILL.
    ///
    /// # Errors
    /// No script of this kind runs, or it has changed something.
    pub fn kill(&self, kind: Kind) -> Result<(), Error> {
        let Some(running) = self.overtime() else {
            return Err(Error::new("NOTBUSY No scripts in execution right now."));
        };
        if self.with_overtime(|o| o.is_some_and(|o| o.of_primary)) {
            return Err(Error::new(
                "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.",
            ));
        }
        if self.wrote.load(Ordering::Relaxed) {
            return Err(Error::new(
                "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
            ));
        }
        if running != kind {
            return Err(Self::busy(running));
        }
        self.kill.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// What commands are answered meanwhile.
    #[must_use]
    pub fn busy(kind: Kind) -> Error {
        match kind {
            Kind::Eval => Error::BUSY_EVAL,
            Kind::Function => Error::BUSY_FUNCTION,
        }
    }
}

/// Bytes and counts that INFO tells of scripts.
#[derive(Debug, Default, Clone, Copy)]
pub struct Usage {
    /// Heaps of the machines.
    pub vm_eval: u64,
    pub vm_functions: u64,
    /// Scripts and libraries beside them.
    pub scripts: u64,
    pub functions: u64,
    pub cached_scripts: u64,
    pub libraries: u64,
    pub library_functions: u64,
    /// Scripts dropped from the cache because there were too many.
    pub evicted_scripts: u64,
}

/// What carries out scripts (`engine-scripting`); handed in with the table of commands.
pub trait Scripting: Send + Sync + std::any::Any {
    /// The flags of a command that runs a script, where the script itself declares them.
    fn flags(&self, server: &'static Server, command: &Registered, args: &[&[u8]]) -> Flags;
    /// What INFO tells.
    fn usage(&self) -> Usage;
    /// The code of all function libraries, in order of name.
    fn libraries(&self) -> Vec<std::sync::Arc<[u8]>>;
    /// Replaces all function libraries.
    ///
    /// # Errors
    /// A library cannot be loaded; nothing has changed.
    fn replace_libraries(&self, server: &'static Server, code: &[Vec<u8>]) -> Result<(), Error>;
}
