//! The functions of `redis` (and `server`, which is the same table).

use crate::convert::{Reader, write_number};
use crate::host::{self, REPL_AOF, REPL_REPLICA};
use crate::raised::{error_table, table_error};
use crate::vm::{Identity, Purpose};
use mlua::{Function, Lua, MultiValue, Table, Value};
use sha1::{Digest, Sha1};
use smallvec::SmallVec;

/// The table of what scripts may call.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn library(lua: &Lua, purpose: Purpose, identity: &Identity) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let valkey = identity.valkey;
    table.raw_set("call", command(lua, identity.clone(), true)?)?;
    table.raw_set("pcall", command(lua, identity.clone(), false)?)?;
    table.raw_set(
        "setresp",
        lua.create_function(move |_, a| set_resp(valkey, a))?,
    )?;
    table.raw_set("sha1hex", lua.create_function(sha1hex)?)?;
    table.raw_set("error_reply", lua.create_function(error_reply)?)?;
    table.raw_set("status_reply", lua.create_function(status_reply)?)?;
    table.raw_set(
        "set_repl",
        lua.create_function(move |_, a| set_repl(valkey, a))?,
    )?;
    let all = REPL_AOF | REPL_REPLICA;
    table.raw_set("REPL_NONE", 0)?;
    table.raw_set("REPL_AOF", REPL_AOF)?;
    table.raw_set("REPL_SLAVE", REPL_REPLICA)?;
    table.raw_set("REPL_REPLICA", REPL_REPLICA)?;
    table.raw_set("REPL_ALL", all)?;
    let checked = identity.clone();
    table.raw_set(
        "acl_check_cmd",
        lua.create_function(move |_, a| acl_check(&checked, a))?,
    )?;
    if purpose == Purpose::Eval {
        // There is no debugger to stop in or to write to.
        table.raw_set(
            "breakpoint",
            lua.create_function(|_, _: MultiValue| Ok(false))?,
        )?;
        table.raw_set("debug", lua.create_function(|_, _: MultiValue| Ok(()))?)?;
        let replicate = lua.create_function(|_, _: MultiValue| Ok(true))?;
        table.raw_set("replicate_commands", replicate)?;
    }
    describe(lua, &table, identity)?;
    Ok(table)
}

/// What is in every such table: `log` with its levels, and the version.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn describe(lua: &Lua, table: &Table, identity: &Identity) -> mlua::Result<()> {
    let valkey = identity.valkey;
    table.raw_set("log", lua.create_function(move |_, a| log(valkey, a))?)?;
    for (level, name) in ["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"]
        .iter()
        .enumerate()
    {
        table.raw_set(*name, level)?;
    }
    let number = identity.version_number();
    if valkey {
        // What scripts written for Redis may ask for is the last version that the two share.
        table.raw_set("REDIS_VERSION", "7.2.4")?;
        table.raw_set("REDIS_VERSION_NUM", 0x0007_0204)?;
        table.raw_set("VALKEY_VERSION", identity.version.as_str())?;
        table.raw_set("VALKEY_VERSION_NUM", number)?;
        table.raw_set("SERVER_NAME", "valkey")?;
    } else {
        table.raw_set("REDIS_VERSION", identity.version.as_str())?;
        table.raw_set("REDIS_VERSION_NUM", number)?;
    }
    Ok(())
}

fn own(valkey: bool, name: &str) -> String {
    format!("{}.{name}", if valkey { "server" } else { "redis" })
}

/// The arguments of a command, one after the other in `bytes`.
#[derive(Default)]
struct Arguments {
    bytes: Vec<u8>,
    ends: SmallVec<[usize; 16]>,
}

impl Arguments {
    /// Reads what a script has given.
    ///
    /// # Errors
    /// The text of the error: nothing is given, or something that is neither a string nor a number.
    fn read(arguments: &MultiValue, identity: &Identity) -> Result<Self, &'static str> {
        let valkey = identity.valkey;
        if arguments.is_empty() {
            return Err(if valkey {
                "ERR Please specify at least one argument for this call"
            } else {
                "ERR Please specify at least one argument for this redis lib call"
            });
        }
        let mut all = Self::default();
        for argument in arguments {
            match argument {
                Value::String(text) => all.bytes.extend_from_slice(&text.as_bytes()),
                Value::Integer(n) => proto_resp::num::write_i64(&mut all.bytes, *n),
                Value::Number(n) if identity.long_numbers => {
                    let text = crate::convert::general(*n, 17);
                    all.bytes.extend_from_slice(text.as_bytes());
                }
                Value::Number(n) => write_number(&mut all.bytes, *n),
                _ => {
                    return Err(if valkey {
                        "ERR Command arguments must be strings or integers"
                    } else {
                        "ERR Lua redis lib command arguments must be strings or integers"
                    });
                }
            }
            all.ends.push(all.bytes.len());
        }
        Ok(all)
    }

    fn slices(&self) -> SmallVec<[&[u8]; 16]> {
        let mut start = 0;
        let slices = self.ends.iter().map(|end| {
            let slice = &self.bytes[start..*end];
            start = *end;
            slice
        });
        slices.collect()
    }
}

/// `redis.call` and `redis.pcall`
fn command(lua: &Lua, identity: Identity, raises: bool) -> mlua::Result<Function> {
    lua.create_function(move |lua, arguments: MultiValue| {
        let fail = |text: Vec<u8>, counted: bool| {
            if raises {
                Err(table_error(text, counted))
            } else {
                Ok(Value::Table(error_table(lua, &text, counted)?))
            }
        };
        let arguments = match Arguments::read(&arguments, &identity) {
            Ok(arguments) => arguments,
            Err(text) => return fail(text.into(), false),
        };
        let mut reply = Vec::new();
        let called = host::with(|host| host.call(&arguments.slices(), &mut reply));
        match called {
            Some(Ok(())) => {}
            Some(Err(error)) => return fail(error.text().into(), true),
            None => return fail(b"ERR no script is running".to_vec(), false),
        }
        if raises && let Some(text) = reply.strip_prefix(b"-") {
            let text = text.strip_suffix(b"\r\n").unwrap_or(text);
            return fail(text.to_vec(), true);
        }
        Reader::new(&reply).value(lua)
    })
}

fn set_resp(valkey: bool, arguments: MultiValue) -> mlua::Result<()> {
    if arguments.len() != 1 {
        let text = format!("ERR {} requires one argument.", own(valkey, "setresp()"));
        return Err(table_error(text, false));
    }
    match number_of(&arguments, 0).map(|n| n as i64) {
        Some(version @ (2 | 3)) => {
            host::with(|host| host.set_resp3(version == 3));
            Ok(())
        }
        _ => Err(table_error("ERR RESP version must be 2 or 3.", false)),
    }
}

/// An argument as a number, as Lua converts it.
fn number_of(arguments: &MultiValue, n: usize) -> Option<f64> {
    match arguments.get(n)? {
        Value::Integer(n) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        Value::String(text) => {
            let bytes = text.as_bytes();
            proto_resp::num::parse_f64(bytes.trim_ascii())
        }
        _ => None,
    }
}

fn sha1hex(lua: &Lua, arguments: MultiValue) -> mlua::Result<String> {
    if arguments.len() != 1 {
        return Err(table_error("ERR wrong number of arguments", false));
    }
    let text = lua.coerce_string(arguments[0].clone())?;
    let bytes = text.map(|t| t.as_bytes().to_vec()).unwrap_or_default();
    Ok(hex::encode(Sha1::digest(bytes)))
}

/// The one argument, which must be a string.
fn one_string(arguments: &MultiValue) -> Option<Vec<u8>> {
    match arguments.front() {
        Some(Value::String(text)) if arguments.len() == 1 => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

const WRONG_ARGUMENTS: &[u8] = b"ERR wrong number or type of arguments";

/// A text becomes an error as Redis's own become one: the code in front, `ERR` where there is none but a dash.
fn error_reply(lua: &Lua, arguments: MultiValue) -> mlua::Result<Table> {
    let Some(text) = one_string(&arguments) else {
        return error_table(lua, WRONG_ARGUMENTS, false);
    };
    // A C string in Redis: it ends at the first zero.
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    let text = text[..end].strip_prefix(b"-").unwrap_or(&text[..end]);
    let (code, rest) = match text.iter().position(|b| *b == b' ') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (&b"ERR"[..], text),
    };
    let is_line_end = |b: &u8| *b == b'\r' || *b == b'\n';
    let from = rest
        .iter()
        .position(|b| !is_line_end(b))
        .unwrap_or(rest.len());
    let to = rest
        .iter()
        .rposition(|b| !is_line_end(b))
        .map_or(from, |at| at + 1);
    error_table(lua, &[code, b" ", &rest[from..to]].concat(), false)
}

fn status_reply(lua: &Lua, arguments: MultiValue) -> mlua::Result<Table> {
    let Some(text) = one_string(&arguments) else {
        return error_table(lua, WRONG_ARGUMENTS, false);
    };
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set("ok", lua.create_string(text)?)?;
    Ok(table)
}

fn set_repl(valkey: bool, arguments: MultiValue) -> mlua::Result<()> {
    if arguments.len() != 1 {
        let count = if valkey {
            "one argument"
        } else {
            "two arguments"
        };
        let text = format!("ERR {} requires {count}.", own(valkey, "set_repl()"));
        return Err(table_error(text, false));
    }
    let to = number_of(&arguments, 0).unwrap_or(0.0) as i64;
    if to & !i64::from(REPL_AOF | REPL_REPLICA) != 0 {
        let text =
            "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.";
        return Err(table_error(text, false));
    }
    host::with(|host| host.set_repl(to as u8));
    Ok(())
}

fn acl_check(identity: &Identity, arguments: MultiValue) -> mlua::Result<bool> {
    let arguments = Arguments::read(&arguments, identity).map_err(|e| table_error(e, false))?;
    match host::with(|host| host.may_run(&arguments.slices())).flatten() {
        Some(may) => Ok(may),
        None => {
            let name = own(identity.valkey, "acl_check_cmd()");
            Err(table_error(
                format!("ERR Invalid command passed to {name}"),
                false,
            ))
        }
    }
}

fn log(valkey: bool, arguments: MultiValue) -> mlua::Result<()> {
    if arguments.len() < 2 {
        let text = format!(
            "ERR {} requires two arguments or more.",
            own(valkey, "log()")
        );
        return Err(table_error(text, false));
    }
    let Some(level) = number_of(&arguments, 0) else {
        let text = "ERR First argument must be a number (log level).";
        return Err(table_error(text, false));
    };
    let level = level as i64;
    if !(0..=3).contains(&level) {
        let name = if valkey { "log" } else { "debug" };
        return Err(table_error(format!("ERR Invalid {name} level."), false));
    }
    let mut line = Vec::new();
    for (n, argument) in arguments.iter().enumerate().skip(1) {
        let start = line.len();
        if n > 1 {
            line.push(b' ');
        }
        match argument {
            Value::String(text) => line.extend_from_slice(&text.as_bytes()),
            Value::Integer(n) => line.extend_from_slice(n.to_string().as_bytes()),
            Value::Number(n) => {
                line.extend_from_slice(crate::convert::number_text(*n).as_bytes());
            }
            // What is no text is left out.
            _ => line.truncate(start),
        }
    }
    host::with(|host| host.log(level as u8, &line));
    Ok(())
}
