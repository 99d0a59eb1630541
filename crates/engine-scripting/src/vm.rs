//! A machine: Lua with its libraries, shut in.

use crate::arguments::Arguments;
use crate::host;
use crate::raised::{Failure, table_error};
use crate::sandbox::{self, Sandbox};
use crate::{api, bit, cjson, msgpack, prng, structs};
use mlua::{Function, HookTriggers, Lua, LuaOptions, MultiValue, StdLib, Value, VmState};
use parking_lot::Mutex;
use std::sync::Arc;

/// Who uses a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// EVAL and its kin.
    Eval,
    /// Function libraries.
    Functions,
}

/// What machines show of the server that they belong to.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Whether the node speaks as Valkey.
    pub(crate) valkey: bool,
    pub(crate) version: String,
    /// `lua-enable-deprecated-api`
    pub(crate) deprecated: bool,
    /// Numbers become arguments with 17 digits, as before Redis 7.2, not in their shortest form.
    pub(crate) long_numbers: bool,
    /// There is `os`, with `clock` only.
    pub(crate) os: bool,
}

impl Identity {
    /// Major, minor and patch, a byte each.
    pub(crate) fn version_number(&self) -> u32 {
        let mut parts = self.version.split('.').map(|p| p.parse().unwrap_or(0));
        (0..3).fold(0, |n, _| (n << 8) | (parts.next().unwrap_or(0) & 0xff))
    }
}

/// A virtual machine. One unit uses it at a time.
#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) lua: Lua,
    pub(crate) sandbox: Sandbox,
    pub(crate) identity: Identity,
    /// Called where an error is raised that nothing catches.
    handler: Function,
    failure: Arc<Mutex<Option<Failure>>>,
    /// Runs since the last sweep.
    runs: u32,
}

/// Runs after which what scripts have left in protected tables is removed.
const RUNS_A_SWEEP: u32 = 64;

impl Vm {
    /// A machine with all its libraries.
    ///
    /// # Errors
    /// Lua ran out of memory.
    pub(crate) fn new(purpose: Purpose, identity: Identity) -> mlua::Result<Self> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS;
        // Panics are not to be caught by Lua code: they are no errors of scripts.
        let options = LuaOptions::new().catch_rust_panics(false);
        let lua = Lua::new_with(libraries, options)?;
        let globals = lua.globals();
        globals.raw_set("cjson", cjson::library(&lua)?)?;
        globals.raw_set("cmsgpack", msgpack::library(&lua)?)?;
        globals.raw_set("struct", structs::library(&lua)?)?;
        globals.raw_set("bit", bit::library(&lua)?)?;
        globals.raw_set("redis", api::library(&lua, purpose, &identity)?)?;
        random(&lua)?;
        let sandbox = sandbox::shut(&lua, &identity)?;
        let failure: Arc<Mutex<Option<Failure>>> = Arc::default();
        hook(&lua)?;
        let slot = failure.clone();
        let handler = lua.create_function(move |lua, value: Value| {
            *slot.lock() = Some(Failure::of(lua, &value));
            Ok(())
        })?;
        Ok(Self {
            lua,
            sandbox,
            identity,
            handler,
            failure,
            runs: 0,
        })
    }

    /// Runs a script's function, with `arguments` if it is a library's; what it returns, or how it failed.
    pub(crate) fn run(
        &mut self,
        function: &Function,
        arguments: Option<(mlua::Table, mlua::Table)>,
    ) -> Result<Value, Failure> {
        *self.failure.lock() = None;
        let handler = self.handler.clone();
        let result: mlua::Result<(bool, Value)> = match arguments {
            None => self.sandbox.xpcall.call((function, handler)),
            Some((keys, args)) => self.sandbox.call.call((function, keys, args, handler)),
        };
        self.runs += 1;
        if self.runs >= RUNS_A_SWEEP {
            self.runs = 0;
            // Only memory can fail it, and then the next run will tell.
            let _ = self.sandbox.sweep.call::<()>(());
        }
        let other = match result {
            Ok((true, value)) => return Ok(value),
            Ok((false, value)) => value,
            Err(error) => Value::Error(Box::new(error)),
        };
        let failure = self.failure.lock().take();
        Err(failure.unwrap_or_else(|| Failure::of(&self.lua, &other)))
    }

    /// Sets the hook again as it was before a script was killed.
    pub(crate) fn restore_hook(&self) {
        // Setting a hook allocates nothing in Lua.
        let _ = hook(&self.lua);
    }

    /// Bytes of Lua's heap.
    pub(crate) fn memory(&self) -> usize {
        self.lua.used_memory()
    }
}

/// Instructions after which a script's time is looked at.
const INSTRUCTIONS_A_CHECK: u32 = 100_000;

/// Sets the hook that looks at the time. Of all coroutines: a script must not escape into one.
fn hook(lua: &Lua) -> mlua::Result<()> {
    let triggers = HookTriggers::new().every_nth_instruction(INSTRUCTIONS_A_CHECK);
    lua.set_global_hook(triggers, |lua, _| {
        let Some(text) = host::with(|host| host.check()).flatten() else {
            return Ok(VmState::Continue);
        };
        // From here on each line raises the error, so that no `pcall` can hold it.
        lua.set_global_hook(HookTriggers::EVERY_LINE, move |_, _| {
            Err(table_error(text, false))
        })?;
        Err(table_error(text, false))
    })
}

/// `math.random` and `math.randomseed`.
fn random(lua: &Lua) -> mlua::Result<()> {
    let state = Arc::new(Mutex::new(prng::Lrand48::new(rand::random())));
    let math: mlua::Table = lua.globals().raw_get("math")?;
    let seeded = state.clone();
    let seed = lua.create_function(move |lua, values: MultiValue| {
        let seed = Arguments::new(lua, "randomseed", values).integer(1)?;
        *seeded.lock() = prng::Lrand48::new(seed as i32);
        Ok(())
    })?;
    math.raw_set("randomseed", seed)?;
    let next = lua.create_function(move |lua, values: MultiValue| {
        let arguments = Arguments::new(lua, "random", values);
        let unit = state.lock().next_unit();
        let int = |n: usize| arguments.integer(n).map(|n| f64::from(n as i32));
        match arguments.len() {
            0 => Ok(unit),
            1 => {
                let upper = int(1)?;
                if upper < 1.0 {
                    return Err(arguments.wrong(1, "interval is empty"));
                }
                Ok((unit * upper).floor() + 1.0)
            }
            2 => {
                let (lower, upper) = (int(1)?, int(2)?);
                if lower > upper {
                    return Err(arguments.wrong(2, "interval is empty"));
                }
                Ok((unit * (upper - lower + 1.0)).floor() + lower)
            }
            _ => Err(crate::raised::error(lua, "wrong number of arguments")),
        }
    })?;
    math.raw_set("random", next)
}
