//! Lua values as JSON.

use super::{Invalid, Settings, error, is_too_deep};
use crate::arguments::type_name;
use crate::convert::general;
use mlua::{Lua, Table, Value};

/// The JSON text of a value.
///
/// # Errors
/// It holds something that has none.
pub(super) fn encode(lua: &Lua, settings: &Settings, value: &Value) -> mlua::Result<Vec<u8>> {
    let mut encoder = Encoder {
        lua,
        settings,
        out: Vec::new(),
    };
    encoder.value(value, 0)?;
    Ok(encoder.out)
}

struct Encoder<'e> {
    lua: &'e Lua,
    settings: &'e Settings,
    out: Vec<u8>,
}

impl Encoder<'_> {
    fn refuse(&self, value: &Value, why: &str) -> mlua::Error {
        let kind = type_name(value);
        error(self.lua, format!("Cannot serialise {kind}: {why}"))
    }

    fn value(&mut self, value: &Value, depth: usize) -> mlua::Result<()> {
        match value {
            Value::String(text) => self.string(&text.as_bytes()),
            Value::Integer(n) => self.number(*n as f64)?,
            Value::Number(n) => self.number(*n)?,
            Value::Boolean(yes) => {
                self.out
                    .extend_from_slice(if *yes { b"true" } else { b"false" });
            }
            Value::Nil => self.out.extend_from_slice(b"null"),
            null if null.is_null() => self.out.extend_from_slice(b"null"),
            Value::Table(table) => return self.table(table, depth + 1),
            other => return Err(self.refuse(other, "type not supported")),
        }
        Ok(())
    }

    fn table(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        if is_too_deep(depth, self.settings.encode_depth) {
            let text = format!("Cannot serialise, excessive nesting ({depth})");
            return Err(error(self.lua, text));
        }
        match self.array_length(table)? {
            Some(length) if length > 0 => {
                self.out.push(b'[');
                for at in 1..=length {
                    if at > 1 {
                        self.out.push(b',');
                    }
                    self.value(&table.raw_get(at)?, depth)?;
                }
                self.out.push(b']');
            }
            _ => self.object(table, depth)?,
        }
        Ok(())
    }

    fn object(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        self.out.push(b'{');
        let mut first = true;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            match &key {
                Value::Integer(n) => self.number_key(*n as f64)?,
                Value::Number(n) => self.number_key(*n)?,
                Value::String(text) => self.string(&text.as_bytes()),
                other => {
                    return Err(self.refuse(other, "table key must be a number or string"));
                }
            }
            self.out.push(b':');
            self.value(&value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn number_key(&mut self, n: f64) -> mlua::Result<()> {
        self.out.push(b'"');
        self.number(n)?;
        self.out.push(b'"');
        Ok(())
    }

    /// The greatest index if all keys are indices from 1 on; `None` if the table is an object.
    fn array_length(&self, table: &Table) -> mlua::Result<Option<i64>> {
        let (mut max, mut items) = (0i64, 0i64);
        for pair in table.pairs::<Value, Value>() {
            match pair?.0 {
                Value::Integer(n) if n >= 1 => max = max.max(n),
                _ => return Ok(None),
            }
            items += 1;
        }
        let Settings {
            sparse_ratio,
            sparse_safe,
            sparse_convert,
            ..
        } = *self.settings;
        let sparse =
            sparse_ratio > 0 && max > items.saturating_mul(sparse_ratio) && max > sparse_safe;
        if !sparse {
            return Ok(Some(max));
        }
        if sparse_convert {
            return Ok(None);
        }
        Err(self.refuse(&Value::Table(table.clone()), "excessively sparse array"))
    }

    fn number(&mut self, n: f64) -> mlua::Result<()> {
        if !n.is_finite() {
            match self.settings.encode_invalid {
                Invalid::Refused => {
                    return Err(self.refuse(&Value::Number(n), "must not be NaN or Inf"));
                }
                Invalid::Null => {
                    self.out.extend_from_slice(b"null");
                    return Ok(());
                }
                Invalid::Written if n.is_nan() => {
                    self.out.extend_from_slice(b"nan");
                    return Ok(());
                }
                Invalid::Written => {}
            }
        }
        let digits = usize::try_from(self.settings.precision).unwrap_or(14);
        self.out.extend_from_slice(general(n, digits).as_bytes());
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for byte in text {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'/' => b"\\/",
                0x08 => b"\\b",
                0x09 => b"\\t",
                0x0a => b"\\n",
                0x0c => b"\\f",
                0x0d => b"\\r",
                0..=0x1f | 0x7f => {
                    let escape = format!("\\u{byte:04x}");
                    self.out.extend_from_slice(escape.as_bytes());
                    continue;
                }
                plain => {
                    self.out.push(*plain);
                    continue;
                }
            };
            self.out.extend_from_slice(escape);
        }
        self.out.push(b'"');
    }
}
