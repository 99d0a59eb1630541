//! The scripts that the node remembers by their hash.

use crate::shebang::{self, ScriptFlags};
use crate::vm::Vm;
use engine_dispatch::Error;
use mlua::Function;
use mlua::chunk::ChunkMode;
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Scripts that came by EVAL and are kept; those of SCRIPT LOAD stay until SCRIPT FLUSH.
const EVAL_SCRIPTS_MAX: usize = 500;

/// The SHA-1 of a script.
pub(crate) type Sha = [u8; 20];

/// The hash of a script's text.
pub(crate) fn sha_of(body: &[u8]) -> Sha {
    Sha1::digest(body).into()
}

/// A hash as clients write it, in either case; `None` for what is none.
pub(crate) fn parse_sha(text: &[u8]) -> Option<Sha> {
    let mut sha = Sha::default();
    hex::decode_to_slice(text, &mut sha).ok()?;
    Some(sha)
}

/// A script.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) body: Arc<[u8]>,
    pub(crate) flags: ScriptFlags,
    pub(crate) function: Function,
    /// When it was last used; `None` for one that is not dropped.
    used: Option<u64>,
}

/// All scripts of a machine.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    scripts: HashMap<Sha, Script>,
    /// Those that may be dropped, least recently used first.
    by_use: BTreeMap<u64, Sha>,
    uses: u64,
    /// Bytes of the texts.
    pub(crate) bytes: usize,
    /// How many have been dropped because there were too many.
    pub(crate) evicted: u64,
}

impl Cache {
    /// The script of a hash.
    pub(crate) fn get(&self, sha: &Sha) -> Option<&Script> {
        self.scripts.get(sha)
    }

    /// Notes that a script is used.
    pub(crate) fn touch(&mut self, sha: &Sha) {
        if let Some(script) = self.scripts.get_mut(sha)
            && let Some(used) = &mut script.used
        {
            self.by_use.remove(used);
            self.uses += 1;
            *used = self.uses;
            self.by_use.insert(self.uses, *sha);
        }
    }

    /// Compiles a script and keeps it, for good if `load`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn add(&mut self, vm: &Vm, body: &[u8], load: bool) -> Result<Sha, Error> {
        let sha = sha_of(body);
        if let Some(script) = self.scripts.get_mut(&sha) {
            if load && let Some(used) = script.used.take() {
                self.by_use.remove(&used);
            }
            return Ok(sha);
        }
        let (flags, code) = shebang::of_script(body).map_err(|e| Error::new(format!("ERR {e}")))?;
        let function = compile(vm, code, "@user_script")
            .map_err(|e| Error::new(format!("ERR Error compiling script (new function): {e}")))?;
        while !load && self.by_use.len() >= EVAL_SCRIPTS_MAX {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                break;
            };
            if let Some(script) = self.scripts.remove(&oldest) {
                self.bytes -= script.body.len();
                self.evicted += 1;
            }
        }
        let used = (!load).then(|| {
            self.uses += 1;
            self.by_use.insert(self.uses, sha);
            self.uses
        });
        self.bytes += body.len();
        let script = Script {
            body: body.into(),
            flags,
            function,
            used,
        };
        self.scripts.insert(sha, script);
        Ok(sha)
    }

    /// How many scripts there are.
    pub(crate) fn len(&self) -> usize {
        self.scripts.len()
    }
}

/// Compiles code under a name that errors show.
///
/// # Errors
/// The compiler's words.
pub(crate) fn compile(vm: &Vm, code: &[u8], name: &str) -> Result<Function, String> {
    let chunk = vm.lua.load(code).set_name(name).set_mode(ChunkMode::Text);
    chunk.into_function().map_err(|error| match error {
        mlua::Error::SyntaxError { message, .. } => message,
        other => other.to_string(),
    })
}
