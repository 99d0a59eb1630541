//! One run of a script or function: what it may do, its commands, its time, its reply.

use crate::convert;
use crate::host::{self, Host, REPL_AOF, REPL_REPLICA};
use crate::raised::Failure;
use crate::shebang::ScriptFlags;
use crate::vm::Vm;
use engine_dispatch::execute::{denies_write, is_out_of_memory, is_stale};
use engine_dispatch::script::{Effects, Kind, Overtime, Rules};
use engine_dispatch::{Cx, Error, Outcome, acl};
use engine_persist::journal::EffectClass;
use mlua::{Function, Table, Value};
use std::time::{Duration, Instant};

/// What is to be run, and for whom.
pub(crate) struct Program<'a> {
    pub(crate) kind: Kind,
    /// The script's hash or the function's name, as errors show it.
    pub(crate) name: &'a str,
    pub(crate) function: &'a Function,
    pub(crate) flags: ScriptFlags,
    /// EVAL_RO, EVALSHA_RO, FCALL_RO.
    pub(crate) read_only: bool,
    pub(crate) keys: &'a [&'a [u8]],
    pub(crate) args: &'a [&'a [u8]],
    /// The whole command.
    pub(crate) argv: &'a [&'a [u8]],
}

/// KEYS and ARGV of a call.
type KeysAndArguments<'s, 'a> = (&'s [&'a [u8]], &'s [&'a [u8]]);

/// Splits a command's arguments from the third on into keys and the rest.
///
/// # Errors
/// The number of keys is none, or does not fit; `no_number` for the first.
pub(crate) fn split<'s, 'a>(
    args: &'s [&'a [u8]],
    no_number: Error,
) -> Result<KeysAndArguments<'s, 'a>, Error> {
    let count = args.get(2).and_then(|n| proto_resp::num::parse_i64(n));
    let count = count.ok_or(no_number)?;
    let rest = args.get(3..).unwrap_or_default();
    if count > rest.len() as i64 {
        let text = "ERR Number of keys can't be greater than number of args";
        return Err(Error::new(text));
    }
    let count = usize::try_from(count);
    let count = count.map_err(|_| Error::new("ERR Number of keys can't be negative"))?;
    Ok(rest.split_at(count))
}

/// The checks that come before a script runs (`scriptPrepareForRun`): what it may do.
///
/// # Errors
/// It may not run now.
fn prepare(cx: &Cx<'_>, program: &Program<'_>) -> Result<Rules, Error> {
    let (server, flags) = (cx.server, program.flags);
    let obeyed = cx.client.is_primary;
    let out_of_memory = !obeyed && is_out_of_memory(server);
    if flags.undeclared {
        if is_stale(server) {
            return Err(Error::MASTER_DOWN);
        }
    } else {
        if is_stale(server) && !flags.allow_stale {
            return Err(Error::new(
                "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is not set on the script.",
            ));
        }
        if !flags.no_writes {
            if !obeyed && let Err(error) = denies_write(server, cx.client) {
                return Err(if error == Error::READ_ONLY {
                    Error::new("READONLY Can not run script with write flag on readonly replica")
                } else {
                    error
                });
            }
            if program.read_only {
                let text = "ERR Can not execute a script with write flag using *_ro command.";
                return Err(Error::new(text));
            }
            if out_of_memory && !flags.allow_oom {
                return Err(Error::new(
                    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
                ));
            }
        }
    }
    Ok(Rules {
        read_only: program.read_only || flags.no_writes,
        allow_oom: flags.allow_oom,
        out_of_memory,
        ..Rules::default()
    })
}

/// Runs a program in the unit and writes its reply.
///
/// # Errors
/// It may not run, or it failed in a way that has not been counted yet.
pub(crate) fn run(cx: &mut Cx<'_>, vm: &mut Vm, program: &Program<'_>) -> Outcome {
    let rules = prepare(cx, program)?;
    let memory = |error: mlua::Error| Error::new(format!("ERR {error}"));
    let keys = strings(vm, program.keys).map_err(memory)?;
    let args = strings(vm, program.args).map_err(memory)?;
    let tables = match program.kind {
        Kind::Function => Some((keys, args)),
        Kind::Eval => {
            let globals = &vm.sandbox.globals;
            globals.raw_set("KEYS", keys).map_err(memory)?;
            globals.raw_set("ARGV", args).map_err(memory)?;
            None
        }
    };
    let threshold = cx.server.config.int(params::BUSY_REPLY_THRESHOLD);
    let server = cx.server;
    let (result, resp3, killed) = cx.as_script(|cx| {
        server.scripts.begin();
        let mut run = Run {
            cx,
            rules,
            program,
            started: Instant::now(),
            threshold: u64::try_from(threshold)
                .ok()
                .filter(|ms| *ms > 0)
                .map(Duration::from_millis),
            overtime: false,
            killed: false,
        };
        let result = host::enter(&mut run, || vm.run(program.function, tables));
        (result, run.rules.resp3, run.killed)
    });
    server.scripts.end();
    if killed {
        vm.restore_hook();
    }
    match result {
        Ok(value) => reply(cx, &value, resp3),
        Err(failure) => fail(cx, program, failure),
    }
}

fn strings(vm: &Vm, words: &[&[u8]]) -> mlua::Result<Table> {
    let table = vm.lua.create_table_with_capacity(words.len(), 0)?;
    for (n, word) in words.iter().enumerate() {
        table.raw_set(n + 1, vm.lua.create_string(word)?)?;
    }
    Ok(table)
}

fn reply(cx: &mut Cx<'_>, value: &Value, resp3: bool) -> Outcome {
    let mut written = convert::Written::default();
    convert::write(&mut cx.out, value, resp3, 0, &mut written)
        .map_err(|error| Error::new(format!("ERR {error}")))?;
    for text in written.errors {
        cx.note_written_error(Some(&Error::new(text)));
    }
    Ok(())
}

fn fail(cx: &mut Cx<'_>, program: &Program<'_>, failure: Failure) -> Outcome {
    let mut text = String::from_utf8_lossy(&failure.text).into_owned();
    if let Some((source, line)) = failure.place {
        text.push_str(&format!(" script: {}, on {source}:{line}.", program.name));
    }
    let error = Error::new(text);
    if !failure.counted {
        return Err(error);
    }
    cx.out.error(error.text());
    cx.note_written_error(None);
    Ok(())
}

/// A script that runs, as its functions reach it.
struct Run<'r, 'u, 'p> {
    cx: &'r mut Cx<'u>,
    rules: Rules,
    program: &'r Program<'p>,
    started: Instant,
    /// After this time the node answers BUSY; `None` for never.
    threshold: Option<Duration>,
    overtime: bool,
    killed: bool,
}

impl Host for Run<'_, '_, '_> {
    fn call(&mut self, args: &[&[u8]], reply: &mut Vec<u8>) -> Result<(), Error> {
        self.cx.call_from_script(&mut self.rules, args, reply)
    }

    fn may_run(&mut self, args: &[&[u8]]) -> Option<bool> {
        let command = self.cx.server.table.find(args).ok()?;
        let takes = command.command.takes(args.len());
        takes.then(|| acl::may_run(self.cx.client, command, args))
    }

    fn set_resp3(&mut self, yes: bool) {
        self.rules.resp3 = yes;
    }

    fn set_repl(&mut self, to: u8) {
        self.rules.effects = match to {
            0 => Effects::None,
            REPL_AOF => Effects::Only(EffectClass::AofOnly),
            REPL_REPLICA => Effects::Only(EffectClass::ReplicaOnly),
            _ => Effects::All,
        };
    }

    fn log(&mut self, level: u8, line: &[u8]) {
        log(self.cx, level, line);
    }

    fn check(&mut self) -> Option<&'static str> {
        let threshold = self.threshold?;
        let server = self.cx.server;
        if !self.overtime {
            if self.started.elapsed() < threshold {
                return None;
            }
            self.overtime = true;
            let ms = self.started.elapsed().as_millis();
            let kill = match self.program.kind {
                Kind::Eval => "SCRIPT KILL",
                Kind::Function => "FUNCTION KILL",
            };
            let line = format!(
                "Slow script detected: still in execution after {ms} milliseconds. You can try killing the script using the {kill} command. Script name is: {}.",
                self.program.name
            );
            log(self.cx, 3, line.as_bytes());
            let argv = self.program.argv.iter().map(|a| a.to_vec()).collect();
            let detail = Overtime {
                name: self.program.name.as_bytes().to_vec(),
                argv,
                started: self.started,
                of_primary: self.cx.client.is_primary,
            };
            server.scripts.enter_overtime(self.program.kind, detail);
        }
        if let Some(process) = server.process() {
            process.serve_others();
        }
        if !server.scripts.is_killed() {
            return None;
        }
        self.killed = true;
        Some(match self.program.kind {
            Kind::Eval => "ERR Script killed by user with SCRIPT KILL.",
            Kind::Function => "ERR Script killed by user with FUNCTION KILL.",
        })
    }
}

fn log(cx: &Cx<'_>, level: u8, line: &[u8]) {
    if let Some(process) = cx.server.process() {
        process.log_at(level, &String::from_utf8_lossy(line));
    }
}
