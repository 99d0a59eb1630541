//! The sandbox of a machine: what scripts see, and that they change nothing of it.

use crate::raised::{self, Raised};
use crate::vm::Identity;
use mlua::{Function, Lua, MultiValue, Table, Value};

/// A machine's globals, as the sandbox hands them out.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// What scripts see as `_G`: an empty table before `globals`.
    pub(crate) front: Table,
    /// The globals themselves.
    pub(crate) globals: Table,
    /// Lua's own `xpcall`.
    pub(crate) xpcall: Function,
    /// Calls a function with two arguments under an error handler.
    pub(crate) call: Function,
    /// Sets what libraries see while they are loaded; `nil`: what functions see.
    pub(crate) offer: Function,
    /// Removes what scripts have put into protected tables behind the sandbox's back.
    pub(crate) sweep: Function,
}

/// Shuts a machine whose libraries are all in place.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn shut(lua: &Lua, identity: &Identity) -> mlua::Result<Sandbox> {
    let readonly =
        |lua: &Lua| -> mlua::Error { raised::error(lua, "Attempt to modify a readonly table") };
    let modify = lua.create_function(move |lua, _: MultiValue| Err::<(), _>(readonly(lua)))?;
    let reject = lua.create_function(|_, ()| {
        let text = "Attempt to modify a readonly table".to_string();
        Err::<(), _>(mlua::Error::external(Raised::Text(text)))
    })?;
    let missing = lua.create_function(|lua, (_, name): (Value, Value)| {
        let name = match name {
            Value::String(name) => name.to_string_lossy(),
            Value::Integer(n) => n.to_string(),
            Value::Number(n) => crate::convert::number_text(n),
            _ => {
                return Err::<(), _>(raised::error(
                    lua,
                    "Second argument to luaProtectedTableError must be a string or number",
                ));
            }
        };
        let text = format!("Script attempted to access nonexistent global variable '{name}'");
        Err(raised::error(lua, text))
    })?;
    let explain = lua.create_function(|lua, value: Value| match value {
        Value::Error(error) => raised::to_value(lua, &error),
        other => Ok(other),
    })?;
    let options = lua.create_table()?;
    options.raw_set("deprecated", identity.deprecated)?;
    options.raw_set("valkey", identity.valkey)?;
    options.raw_set("os", identity.os)?;
    let chunk = lua.load(include_str!("sandbox.lua")).set_name("=sandbox");
    let (front, globals, xpcall, call, offer, sweep) = chunk
        .into_function()?
        .call((modify, missing, explain, reject, options))?;
    let sandbox = Sandbox {
        front,
        globals,
        xpcall,
        call,
        offer,
        sweep,
    };
    lua.set_globals(sandbox.front.clone())?;
    Ok(sandbox)
}
