//! Scripts of a node: the machines and what they have loaded.
//!
//! A machine is used by the holder of the wide token only. It is taken out of its place while a script runs, so
//! that no lock is held then: other threads look up flags, counts and hashes meanwhile.

use crate::cache::{Cache, Sha, parse_sha};
use crate::run::{self, Program};
use crate::shebang::{self, ScriptFlags};
use crate::vm::{Identity, Purpose, Vm};
use engine_dispatch::script::{Kind, Scripting, Usage};
use engine_dispatch::{Cx, Error, Flags, Outcome, Registered, Server, dialect};
use parking_lot::Mutex;
use std::sync::Arc;

/// The scripts of EVAL and SCRIPT.
#[derive(Debug, Default)]
struct Eval {
    vm: Option<Vm>,
    cache: Cache,
    /// Bytes of the machine's heap, as they were after the last run.
    vm_bytes: usize,
}

/// A node's scripts and functions.
#[derive(Debug, Default)]
pub struct Scripts {
    eval: Mutex<Eval>,
}

/// The script of a hash is not known.
const NO_SCRIPT: &str = "NOSCRIPT No matching script. Please use EVAL.";

impl Scripts {
    /// Without scripts; machines come with the first of them.
    #[must_use]
    pub fn boxed() -> Box<dyn Scripting> {
        Box::new(Self::default())
    }

    /// A node's scripts.
    ///
    /// # Errors
    /// The node has been made without.
    pub fn of(server: &'static Server) -> Result<&'static Self, Error> {
        let scripting = server.scripting().map(|s| s as &dyn std::any::Any);
        let this = scripting.and_then(|s| s.downcast_ref());
        this.ok_or_else(|| Error::new("ERR scripts are not carried out by this node"))
    }

    /// EVAL and its kin: `args[1]` is a script, or its hash if `by_hash`.
    ///
    /// # Errors
    /// The script cannot be found, compiled or run, or has failed.
    pub fn eval(&self, cx: &mut Cx<'_>, args: &[&[u8]], by_hash: bool, read_only: bool) -> Outcome {
        cx.show_to_monitors(args);
        if by_hash && args[1].len() != 40 {
            return Err(Error::new(NO_SCRIPT));
        }
        let (keys, rest) = run::split(args, Error::NOT_INT)?;
        let (mut vm, sha, script) = {
            let mut eval = self.eval.lock();
            let sha = if by_hash {
                let sha = parse_sha(args[1]).filter(|sha| eval.cache.get(sha).is_some());
                sha.ok_or_else(|| Error::new(NO_SCRIPT))?
            } else {
                Self::compile(&mut eval, cx.server, args[1], false)?
            };
            eval.cache.touch(&sha);
            let script = eval.cache.get(&sha).cloned();
            match (eval.vm.take(), script) {
                (Some(vm), Some(script)) => (vm, sha, script),
                (vm, _) => {
                    eval.vm = vm;
                    return Err(Error::new("ERR a script is running already"));
                }
            }
        };
        let name = hex::encode(sha);
        let program = Program {
            kind: Kind::Eval,
            name: &name,
            function: &script.function,
            flags: script.flags,
            read_only,
            keys,
            args: rest,
            argv: args,
        };
        let outcome = run::run(cx, &mut vm, &program);
        let mut eval = self.eval.lock();
        eval.vm_bytes = vm.memory();
        eval.vm = Some(vm);
        outcome
    }

    fn compile(
        eval: &mut Eval,
        server: &'static Server,
        body: &[u8],
        load: bool,
    ) -> Result<Sha, Error> {
        let vm = match &mut eval.vm {
            Some(vm) => vm,
            vm => vm.insert(new_vm(server, Purpose::Eval)?),
        };
        eval.cache.add(vm, body, load)
    }

    /// SCRIPT LOAD: the script's hash.
    ///
    /// # Errors
    /// It cannot be compiled.
    pub fn load(&self, server: &'static Server, body: &[u8]) -> Result<String, Error> {
        let mut eval = self.eval.lock();
        Self::compile(&mut eval, server, body, true).map(hex::encode)
    }

    /// SCRIPT EXISTS, of one hash.
    #[must_use]
    pub fn exists(&self, sha: &[u8]) -> bool {
        let eval = self.eval.lock();
        parse_sha(sha).is_some_and(|sha| eval.cache.get(&sha).is_some())
    }

    /// SCRIPT SHOW: the text of the script of this hash.
    ///
    /// # Errors
    /// It is not known.
    pub fn show(&self, sha: &[u8]) -> Result<Arc<[u8]>, Error> {
        let eval = self.eval.lock();
        let script = parse_sha(sha).and_then(|sha| eval.cache.get(&sha).map(|s| s.body.clone()));
        script.ok_or_else(|| Error::new(NO_SCRIPT))
    }

    /// SCRIPT FLUSH: the machine goes with its scripts.
    pub fn flush(&self) {
        let evicted = self.eval.lock().cache.evicted;
        let mut new = Eval::default();
        new.cache.evicted = evicted;
        let old = std::mem::replace(&mut *self.eval.lock(), new);
        drop(old);
    }
}

fn new_vm(server: &'static Server, purpose: Purpose) -> Result<Vm, Error> {
    let valkey = dialect::is_valkey(server);
    let identity = Identity {
        valkey,
        version: server.config.text(params::ENGINE_VERSION),
        deprecated: false,
        long_numbers: dialect::is_before(server, (7, 2)),
        os: valkey || !dialect::is_before(server, (7, 4)),
    };
    Vm::new(purpose, identity).map_err(|error| Error::new(format!("ERR {error}")))
}

impl Scripting for Scripts {
    fn flags(&self, _: &'static Server, command: &Registered, args: &[&[u8]]) -> Flags {
        let own = command.command.flags;
        let Some(what) = args.get(1) else {
            return own;
        };
        let eval = self.eval.lock();
        let declared = match command.command.name {
            "eval" | "eval_ro" => shebang::of_script(what).ok().map(|(flags, _)| flags),
            "evalsha" | "evalsha_ro" => {
                parse_sha(what).and_then(|sha| eval.cache.get(&sha).map(|s| s.flags))
            }
            _ => None,
        };
        declared.map_or(own, |flags: ScriptFlags| flags.of_command(own))
    }

    fn usage(&self) -> Usage {
        let eval = self.eval.lock();
        Usage {
            vm_eval: eval.vm.as_ref().map_or(eval.vm_bytes, Vm::memory) as u64,
            scripts: eval.cache.bytes as u64,
            cached_scripts: eval.cache.len() as u64,
            evicted_scripts: eval.cache.evicted,
            ..Usage::default()
        }
    }

    fn libraries(&self) -> Vec<Arc<[u8]>> {
        Vec::new()
    }

    fn replace_libraries(&self, _: &'static Server, _: &[Vec<u8>]) -> Result<(), Error> {
        Ok(())
    }
}
