//! The library `cjson`: JSON by the rules of lua-cjson 2.1.

mod decode;
mod encode;

use crate::arguments::Arguments;
use crate::raised;
use mlua::{Lua, MultiValue, Table, Value};
use parking_lot::Mutex;
use std::sync::Arc;

/// Tables within tables that our stack has room for, whatever scripts ask for.
const DEPTH_MAX: usize = 1000;

/// What becomes of numbers that JSON does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invalid {
    Refused,
    Written,
    Null,
}

/// The settings, which scripts may change.
#[derive(Debug, Clone)]
struct Settings {
    sparse_convert: bool,
    sparse_ratio: i64,
    sparse_safe: i64,
    encode_depth: i64,
    decode_depth: i64,
    precision: i64,
    keep_buffer: bool,
    encode_invalid: Invalid,
    decode_invalid: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sparse_convert: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth: 1000,
            decode_depth: 1000,
            precision: 14,
            keep_buffer: true,
            encode_invalid: Invalid::Refused,
            decode_invalid: true,
        }
    }
}

type Shared = Arc<Mutex<Settings>>;

/// The library's table.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    let shared = Shared::default();
    let settings = shared.clone();
    let encode = lua.create_function(move |lua, values: MultiValue| {
        let arguments = Arguments::new(lua, "encode", values);
        if arguments.len() != 1 {
            return Err(arguments.wrong(1, "expected 1 argument"));
        }
        let settings = settings.lock().clone();
        lua.create_string(encode::encode(lua, &settings, &arguments.value(1))?)
    })?;
    table.raw_set("encode", encode)?;
    let settings = shared.clone();
    let decode = lua.create_function(move |lua, values: MultiValue| {
        let arguments = Arguments::new(lua, "decode", values);
        if arguments.len() != 1 {
            return Err(arguments.wrong(1, "expected 1 argument"));
        }
        let text = arguments.string(1)?;
        let settings = settings.lock().clone();
        decode::decode(lua, &settings, &text.as_bytes())
    })?;
    table.raw_set("decode", decode)?;
    settings_functions(lua, &table, &shared)?;
    table.raw_set(
        "new",
        lua.create_function(|lua, _: MultiValue| library(lua))?,
    )?;
    table.raw_set("null", Value::NULL)?;
    table.raw_set("_NAME", "cjson")?;
    table.raw_set("_VERSION", "2.1.0")?;
    Ok(table)
}

fn settings_functions(lua: &Lua, table: &Table, shared: &Shared) -> mlua::Result<()> {
    const MAX: i64 = i32::MAX as i64;
    type Field = fn(&mut Settings) -> &mut i64;
    let numbers: [(&'static str, i64, Field); 3] = [
        ("encode_max_depth", MAX, |s| &mut s.encode_depth),
        ("decode_max_depth", MAX, |s| &mut s.decode_depth),
        ("encode_number_precision", 14, |s| &mut s.precision),
    ];
    for (name, max, field) in numbers {
        let settings = shared.clone();
        let function = lua.create_function(move |lua, values: MultiValue| {
            let arguments = at_most(Arguments::new(lua, name, values), 1)?;
            integer(&arguments, 1, 1, max, field(&mut settings.lock()))
        })?;
        table.raw_set(name, function)?;
    }
    let settings = shared.clone();
    let sparse = lua.create_function(move |lua, values: MultiValue| {
        let arguments = at_most(Arguments::new(lua, "encode_sparse_array", values), 3)?;
        let mut settings = settings.lock();
        if let Some(yes) = boolean(&arguments, &["off", "on"])? {
            settings.sparse_convert = yes == 1;
        }
        let convert = settings.sparse_convert;
        let ratio = integer(&arguments, 2, 0, MAX, &mut settings.sparse_ratio)?;
        let safe = integer(&arguments, 3, 0, MAX, &mut settings.sparse_safe)?;
        Ok((convert, ratio, safe))
    })?;
    table.raw_set("encode_sparse_array", sparse)?;
    let settings = shared.clone();
    let keep = lua.create_function(move |lua, values: MultiValue| {
        let arguments = at_most(Arguments::new(lua, "encode_keep_buffer", values), 1)?;
        let mut settings = settings.lock();
        if let Some(yes) = boolean(&arguments, &["off", "on"])? {
            settings.keep_buffer = yes == 1;
        }
        Ok(settings.keep_buffer)
    })?;
    table.raw_set("encode_keep_buffer", keep)?;
    let settings = shared.clone();
    let invalid = lua.create_function(move |lua, values: MultiValue| {
        let arguments = at_most(Arguments::new(lua, "encode_invalid_numbers", values), 1)?;
        let mut settings = settings.lock();
        if let Some(choice) = boolean(&arguments, &["off", "on", "null"])? {
            settings.encode_invalid = [Invalid::Refused, Invalid::Written, Invalid::Null][choice];
        }
        Ok(match settings.encode_invalid {
            Invalid::Refused => Value::Boolean(false),
            Invalid::Written => Value::Boolean(true),
            Invalid::Null => Value::String(lua.create_string("null")?),
        })
    })?;
    table.raw_set("encode_invalid_numbers", invalid)?;
    let settings = shared.clone();
    let invalid = lua.create_function(move |lua, values: MultiValue| {
        let arguments = at_most(Arguments::new(lua, "decode_invalid_numbers", values), 1)?;
        let mut settings = settings.lock();
        if let Some(yes) = boolean(&arguments, &["off", "on"])? {
            settings.decode_invalid = yes == 1;
        }
        Ok(settings.decode_invalid)
    })?;
    table.raw_set("decode_invalid_numbers", invalid)
}

fn at_most(arguments: Arguments<'_>, count: usize) -> mlua::Result<Arguments<'_>> {
    if arguments.len() > count {
        return Err(arguments.wrong(count + 1, "found too many arguments"));
    }
    Ok(arguments)
}

/// Sets a number if one is given; what it is then.
fn integer(
    arguments: &Arguments<'_>,
    n: usize,
    min: i64,
    max: i64,
    setting: &mut i64,
) -> mlua::Result<i64> {
    if arguments.has(n) {
        let value = arguments.integer(n)?;
        if !(min..=max).contains(&value) {
            let what = format!("expected integer between {min} and {max}");
            return Err(arguments.wrong(1, what));
        }
        *setting = value;
    }
    Ok(*setting)
}

/// The first argument as one of these choices, `true` and `false` for the second and the first; `None` if it is nil.
fn boolean(arguments: &Arguments<'_>, choices: &[&str]) -> mlua::Result<Option<usize>> {
    if let Value::Boolean(yes) = arguments.value(1) {
        return Ok(Some(usize::from(yes)));
    }
    if !arguments.has(1) {
        return Ok(None);
    }
    let word = arguments.string(1)?;
    let word = word.as_bytes();
    let found = choices.iter().position(|c| c.as_bytes() == &word[..]);
    let wrong = || {
        let word = String::from_utf8_lossy(&word);
        arguments.wrong(1, format!("invalid option '{word}'"))
    };
    found.map(Some).ok_or_else(wrong)
}

/// As deep as a setting allows, and no deeper than our stack does.
fn is_too_deep(depth: usize, setting: i64) -> bool {
    depth as i64 > setting || depth > DEPTH_MAX
}

fn error(lua: &Lua, text: String) -> mlua::Error {
    raised::error(lua, text)
}
