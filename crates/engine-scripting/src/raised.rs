//! Errors that our functions raise in Lua, and what becomes of any error at the end of a script.

use mlua::{Lua, Table, Value};
use std::fmt;

/// An error raised by one of our functions. Lua code that catches it sees a string or a table, never this.
#[derive(Debug, Clone)]
pub(crate) enum Raised {
    /// A string, as `luaL_error` raises it: with the place of the caller in front.
    Text(String),
    /// A table with `err`, as the functions of `redis` raise it; whether it has been counted already.
    Table { text: Vec<u8>, counted: bool },
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Table { text, .. } => f.write_str(&String::from_utf8_lossy(text)),
        }
    }
}

impl std::error::Error for Raised {}

/// A string error raised by the function that runs, with the place of its caller.
pub(crate) fn error(lua: &Lua, text: impl fmt::Display) -> mlua::Error {
    let text = format!("{}{text}", place(lua, 1));
    mlua::Error::external(Raised::Text(text))
}

/// What is wrong with an argument, in Lua's own words.
pub(crate) fn argument(lua: &Lua, n: usize, name: &str, what: impl fmt::Display) -> mlua::Error {
    error(lua, format!("bad argument #{n} to '{name}' ({what})"))
}

/// A table error with this text, its code first.
pub(crate) fn table_error(text: impl Into<Vec<u8>>, counted: bool) -> mlua::Error {
    mlua::Error::external(Raised::Table {
        text: text.into(),
        counted,
    })
}

/// `user_script:3: `, for the function at a level of the stack; empty where no Lua code runs.
fn place(lua: &Lua, level: usize) -> String {
    let place = lua.inspect_stack(level, |d| {
        let line = d.current_line()?;
        let source = d.source();
        Some(format!("{}:{line}: ", source.short_src?))
    });
    place.flatten().unwrap_or_default()
}

/// What Lua code sees of an error that it catches.
pub(crate) fn to_value(lua: &Lua, error: &mlua::Error) -> mlua::Result<Value> {
    match find(error) {
        Some(Raised::Text(text)) => Ok(Value::String(lua.create_string(text)?)),
        Some(Raised::Table { text, counted }) => {
            Ok(Value::Table(error_table(lua, text, *counted)?))
        }
        None => Ok(Value::String(lua.create_string(foreign(error))?)),
    }
}

/// `{err=text}`
pub(crate) fn error_table(lua: &Lua, text: &[u8], counted: bool) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 2)?;
    table.raw_set("err", lua.create_string(text)?)?;
    if counted {
        table.raw_set("ignore_error_stats_update", true)?;
    }
    Ok(table)
}

fn find(error: &mlua::Error) -> Option<&Raised> {
    match error {
        mlua::Error::CallbackError { cause, .. } => find(cause),
        mlua::Error::ExternalError(error) => error.downcast_ref(),
        _ => None,
    }
}

/// The text of an error that is not ours: of the library that binds Lua, or of its memory.
fn foreign(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => foreign(cause),
        mlua::Error::RuntimeError(text) | mlua::Error::MemoryError(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How a script failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error, its code first.
    pub(crate) text: Vec<u8>,
    /// Source and line of the Lua code that raised it.
    pub(crate) place: Option<(String, usize)>,
    /// It has been counted when it came about.
    pub(crate) counted: bool,
}

/// The sandbox's own code, which is no script's.
const SANDBOX: &str = "=sandbox";

/// Levels of the stack that are searched for Lua code.
const LEVELS_MAX: usize = 8;

impl Failure {
    /// What the error that came out of a script says, seen from the error handler of its call: level 1 of the stack
    /// is the function that raised it.
    pub(crate) fn of(lua: &Lua, value: &Value) -> Self {
        let mut failure = match value {
            Value::Error(error) => match find(error) {
                Some(Raised::Table { text, counted }) => Self {
                    text: text.clone(),
                    place: None,
                    counted: *counted,
                },
                Some(Raised::Text(text)) => Self::text(text.as_bytes()),
                None => Self::text(foreign(error).as_bytes()),
            },
            Value::Table(table) => Self {
                text: string_field(table, "err").unwrap_or_else(|| b"ERR unknown error".to_vec()),
                place: None,
                counted: table.raw_get("ignore_error_stats_update").unwrap_or(false),
            },
            Value::String(text) => Self::text(&text.as_bytes()),
            Value::Integer(n) => Self::text(n.to_string().as_bytes()),
            Value::Number(n) => Self::text(crate::convert::number_text(*n).as_bytes()),
            other => Self::text(other.to_string().unwrap_or_default().as_bytes()),
        };
        // Errors in functions that are not Lua's are those of the Lua code that calls them.
        failure.place = (1..LEVELS_MAX).find_map(|level| {
            let found = lua.inspect_stack(level, |d| {
                let source = d.source();
                let name = source.source?.into_owned();
                if source.what == "C" || name == SANDBOX {
                    return None;
                }
                Some((name, d.current_line()?))
            });
            found.flatten()
        });
        failure
    }

    fn text(text: &[u8]) -> Self {
        Self {
            text: [b"ERR ", text].concat(),
            place: None,
            counted: false,
        }
    }
}

/// A field that is a string (or a number, which Lua takes for one).
pub(crate) fn string_field(table: &Table, name: &str) -> Option<Vec<u8>> {
    match table.raw_get::<Value>(name).ok()? {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Integer(n) => Some(n.to_string().into_bytes()),
        Value::Number(n) => Some(crate::convert::number_text(n).into_bytes()),
        _ => None,
    }
}
