//! Replies to Lua values and back, and Lua values as arguments.

use crate::raised::{error_table, string_field};
use mlua::{Lua, Table, Value};
use proto_resp::{Reply, Version, num};

/// Tables within tables that are written into a reply; deeper ones become an error in their place, as in Redis when
/// Lua's stack is used up.
const DEPTH_MAX: usize = 1000;

/// Bytes of a reply, read one value after the other.
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
}

impl<'b> Reader<'b> {
    /// A reader of a whole reply that this node wrote.
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// The rest of a line: `:12\r\n` without its first byte and end.
    fn line(&mut self) -> &'b [u8] {
        let end = self.bytes.windows(2).position(|w| w == b"\r\n");
        let end = end.unwrap_or(self.bytes.len());
        let line = &self.bytes[..end];
        self.bytes = self.bytes.get(end + 2..).unwrap_or_default();
        line
    }

    fn length(&mut self) -> Option<usize> {
        num::parse_i64(self.line()).and_then(|n| usize::try_from(n).ok())
    }

    fn take(&mut self, n: usize) -> &'b [u8] {
        let n = n.min(self.bytes.len());
        let (taken, rest) = self.bytes.split_at(n);
        self.bytes = rest.get(2..).unwrap_or_default();
        taken
    }

    /// The next value, as scripts see it.
    pub(crate) fn value(&mut self, lua: &Lua) -> mlua::Result<Value> {
        let Some((kind, rest)) = self.bytes.split_first() else {
            return Ok(Value::Nil);
        };
        self.bytes = rest;
        match kind {
            b'+' => {
                let line = lua.create_string(self.line())?;
                one_field(lua, "ok", Value::String(line))
            }
            b'-' => Ok(Value::Table(error_table(lua, self.line(), true)?)),
            b':' => {
                let n = num::parse_i64(self.line()).unwrap_or(0);
                Ok(Value::Number(n as f64))
            }
            b'$' => match self.length() {
                Some(n) => Ok(Value::String(lua.create_string(self.take(n))?)),
                None => Ok(Value::Boolean(false)),
            },
            b'*' | b'>' => match self.length() {
                Some(n) => self.array(lua, n),
                None => Ok(Value::Boolean(false)),
            },
            b'#' => Ok(Value::Boolean(self.line() == b"t")),
            b',' => {
                let n = num::parse_f64(self.line()).unwrap_or(f64::NAN);
                one_field(lua, "double", Value::Number(n))
            }
            b'(' => {
                let digits = lua.create_string(self.line())?;
                one_field(lua, "big_number", Value::String(digits))
            }
            b'=' => self.verbatim(lua),
            b'%' => self.map(lua),
            b'~' => self.set(lua),
            b'|' => {
                // Attributes are not shown to scripts; the value follows them.
                for _ in 0..2 * self.length().unwrap_or(0) {
                    self.value(lua)?;
                }
                self.value(lua)
            }
            _ => {
                self.line();
                Ok(Value::Nil)
            }
        }
    }

    fn array(&mut self, lua: &Lua, n: usize) -> mlua::Result<Value> {
        let table = lua.create_table_with_capacity(n.min(self.bytes.len()), 0)?;
        for at in 1..=n {
            table.raw_set(at, self.value(lua)?)?;
        }
        Ok(Value::Table(table))
    }

    fn map(&mut self, lua: &Lua) -> mlua::Result<Value> {
        let n = self.length().unwrap_or(0);
        let map = lua.create_table_with_capacity(0, n.min(self.bytes.len()))?;
        for _ in 0..n {
            let key = self.value(lua)?;
            let value = self.value(lua)?;
            map.raw_set(key, value)?;
        }
        one_field(lua, "map", Value::Table(map))
    }

    fn set(&mut self, lua: &Lua) -> mlua::Result<Value> {
        let n = self.length().unwrap_or(0);
        let set = lua.create_table_with_capacity(0, n.min(self.bytes.len()))?;
        for _ in 0..n {
            set.raw_set(self.value(lua)?, true)?;
        }
        one_field(lua, "set", Value::Table(set))
    }

    fn verbatim(&mut self, lua: &Lua) -> mlua::Result<Value> {
        let n = self.length().unwrap_or(0);
        let bytes = self.take(n);
        let inner = lua.create_table_with_capacity(0, 2)?;
        let text = bytes.get(4..).unwrap_or_default();
        inner.raw_set("string", lua.create_string(text)?)?;
        let format = &bytes[..bytes.len().min(3)];
        inner.raw_set("format", lua.create_string(format)?)?;
        one_field(lua, "verbatim_string", Value::Table(inner))
    }
}

fn one_field(lua: &Lua, name: &str, value: Value) -> mlua::Result<Value> {
    let table = lua.create_table_with_capacity(0, 1)?;
    table.raw_set(name, value)?;
    Ok(Value::Table(table))
}

/// Whether an error that a script returned has been counted when it came about.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Errors that nobody has counted yet, by their whole text.
    pub(crate) errors: Vec<String>,
}

/// Writes what a script returned as a reply. `resp3` is the script's version: it decides what booleans become.
pub(crate) fn write(
    out: &mut Reply<'_>,
    value: &Value,
    resp3: bool,
    depth: usize,
    written: &mut Written,
) -> mlua::Result<()> {
    if depth > DEPTH_MAX {
        out.error("ERR reached lua stack limit");
        return Ok(());
    }
    match value {
        Value::String(text) => out.bulk(&text.as_bytes()),
        Value::Integer(n) => out.int(*n),
        Value::Number(n) => out.int(truncated(*n)),
        Value::Boolean(yes) if resp3 => out.bool(*yes),
        Value::Boolean(true) => out.int(1),
        Value::Table(table) => return write_table(out, table, resp3, depth, written),
        _ => out.null(),
    }
    Ok(())
}

/// A number as C casts it to 64 bits on the machines that Redis runs on.
fn truncated(n: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&n) {
        n as i64
    } else {
        i64::MIN
    }
}

fn write_table(
    out: &mut Reply<'_>,
    table: &Table,
    resp3: bool,
    depth: usize,
    written: &mut Written,
) -> mlua::Result<()> {
    if let Value::String(text) = table.raw_get("err")? {
        let text = text.to_string_lossy();
        let counted: Value = table.raw_get("ignore_error_stats_update")?;
        if counted != Value::Boolean(true) {
            written.errors.push(text.clone());
        }
        out.error(&text);
    } else if let Value::String(text) = table.raw_get("ok")? {
        write_line(out, b'+', &text.as_bytes());
    } else if let Some(n) = number(&table.raw_get("double")?) {
        out.double(n);
    } else if let Value::String(digits) = table.raw_get("big_number")? {
        let digits = digits.as_bytes();
        if out.version() == Version::Resp3 {
            write_line(out, b'(', &digits);
        } else {
            out.bulk(&digits.iter().map(|b| flat(*b)).collect::<Vec<u8>>());
        }
    } else if let Some((format, text)) = verbatim(&table.raw_get("verbatim_string")?) {
        out.verbatim(&String::from_utf8_lossy(&format), &text);
    } else if let Value::Table(map) = table.raw_get("map")? {
        let (mark, mut n) = (out.begin(), 0);
        for pair in raw_pairs(&map) {
            let (key, value) = pair?;
            write(out, &key, resp3, depth + 1, written)?;
            write(out, &value, resp3, depth + 1, written)?;
            n += 1;
        }
        out.end_map(mark, n);
    } else if let Value::Table(set) = table.raw_get("set")? {
        let (mark, mut n) = (out.begin(), 0);
        for pair in raw_pairs(&set) {
            write(out, &pair?.0, resp3, depth + 1, written)?;
            n += 1;
        }
        out.end_set(mark, n);
    } else {
        return write_list(out, table, resp3, depth, written);
    }
    Ok(())
}

/// The list ends at the first hole.
fn write_list(
    out: &mut Reply<'_>,
    table: &Table,
    resp3: bool,
    depth: usize,
    written: &mut Written,
) -> mlua::Result<()> {
    let (mark, mut n) = (out.begin(), 0);
    loop {
        let value: Value = table.raw_get(n + 1)?;
        if value == Value::Nil {
            break;
        }
        write(out, &value, resp3, depth + 1, written)?;
        n += 1;
    }
    out.end_array(mark, n);
    Ok(())
}

fn raw_pairs(table: &Table) -> impl Iterator<Item = mlua::Result<(Value, Value)>> + '_ {
    // `pairs` of the binding asks no metamethod.
    table.pairs::<Value, Value>()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

fn verbatim(value: &Value) -> Option<(Vec<u8>, Vec<u8>)> {
    let Value::Table(table) = value else {
        return None;
    };
    Some((
        string_field(table, "format")?,
        string_field(table, "string")?,
    ))
}

fn flat(byte: u8) -> u8 {
    if byte == b'\r' || byte == b'\n' {
        b' '
    } else {
        byte
    }
}

fn write_line(out: &mut Reply<'_>, kind: u8, text: &[u8]) {
    // A C string in Redis: it ends at the first zero.
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    let to = out.out();
    to.push(kind);
    to.extend(text[..end].iter().map(|b| flat(*b)));
    to.extend_from_slice(b"\r\n");
}

/// A Lua number as an argument of a command: an integer where it is one, else the shortest text that reads back.
pub(crate) fn write_number(out: &mut Vec<u8>, n: f64) {
    match num::f64_as_i64(n) {
        Some(n) => num::write_i64(out, n),
        None => num::write_f64(out, n),
    }
}

/// A number as Lua prints it (`%.14g`).
pub(crate) fn number_text(n: f64) -> String {
    general(n, 14)
}

/// A number as C's `%.<digits>g` prints it.
pub(crate) fn general(n: f64, digits: usize) -> String {
    if n.is_nan() {
        return if n.is_sign_negative() { "-nan" } else { "nan" }.to_string();
    }
    if n.is_infinite() {
        return if n < 0.0 { "-inf" } else { "inf" }.to_string();
    }
    num::general(n, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_c_does() {
        let all = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e14, "1e+14"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (12_345_678_901_234.0, "12345678901234"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.0 / 3.0, "0.33333333333333"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
        ];
        for (n, text) in all {
            assert_eq!(number_text(n), text);
        }
    }

    #[test]
    fn casts_outside_the_range_are_those_of_the_machine() {
        assert_eq!(truncated(3.99), 3);
        assert_eq!(truncated(-3.99), -3);
        assert_eq!(truncated(1e300), i64::MIN);
        assert_eq!(truncated(f64::NAN), i64::MIN);
    }
}
