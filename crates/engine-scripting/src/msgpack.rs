//! The library `cmsgpack`: MessagePack by the rules of lua-cmsgpack 0.4.

use crate::arguments::Arguments;
use crate::raised;
use mlua::{Lua, MultiValue, Table, Value};

/// Tables within tables that are packed; deeper ones become nil.
const PACK_DEPTH_MAX: usize = 16;
/// Arrays and maps within each other that are unpacked.
const UNPACK_DEPTH_MAX: usize = 1000;

/// The library's table.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("pack", lua.create_function(pack)?)?;
    let unpack = |lua: &Lua, values| {
        let arguments = Arguments::new(lua, "unpack", values);
        unpack(lua, &arguments, 0, 0)
    };
    table.raw_set("unpack", lua.create_function(unpack)?)?;
    let one = |lua: &Lua, values| {
        let arguments = Arguments::new(lua, "unpack_one", values);
        let offset = arguments.integer_or(2, 0)?;
        self::unpack(lua, &arguments, 1, offset)
    };
    table.raw_set("unpack_one", lua.create_function(one)?)?;
    let limit = |lua: &Lua, values| {
        let arguments = Arguments::new(lua, "unpack_limit", values);
        let (limit, offset) = (arguments.integer(2)?, arguments.integer_or(3, 0)?);
        self::unpack(lua, &arguments, limit, offset)
    };
    table.raw_set("unpack_limit", lua.create_function(limit)?)?;
    table.raw_set("_NAME", "cmsgpack")?;
    table.raw_set("_VERSION", "lua-cmsgpack 0.4.0")?;
    table.raw_set("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo")?;
    table.raw_set("_DESCRIPTION", "MessagePack C implementation for Lua")?;
    Ok(table)
}

fn pack(lua: &Lua, values: MultiValue) -> mlua::Result<mlua::LuaString> {
    if values.is_empty() {
        let text = "MessagePack pack needs input.";
        return Err(raised::argument(lua, 0, "pack", text));
    }
    let mut out = Vec::new();
    for value in &values {
        pack_value(&mut out, value, 0)?;
    }
    lua.create_string(out)
}

fn pack_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> mlua::Result<()> {
    match value {
        Value::String(text) => {
            let bytes = text.as_bytes();
            pack_length(out, bytes.len(), (0xa0, 31), Some(0xd9), 0xda, 0xdb);
            out.extend_from_slice(&bytes);
        }
        Value::Boolean(yes) => out.push(if *yes { 0xc3 } else { 0xc2 }),
        Value::Integer(n) => pack_integer(out, *n),
        Value::Number(n) => pack_number(out, *n),
        Value::Table(table) if depth < PACK_DEPTH_MAX => {
            if is_array(table)? {
                let length = table.raw_len();
                pack_length(out, length, (0x90, 15), None, 0xdc, 0xdd);
                for at in 1..=length {
                    pack_value(out, &table.raw_get(at)?, depth + 1)?;
                }
            } else {
                let pairs: Vec<(Value, Value)> = table.pairs().collect::<mlua::Result<Vec<_>>>()?;
                pack_length(out, pairs.len(), (0x80, 15), None, 0xde, 0xdf);
                for (key, value) in &pairs {
                    pack_value(out, key, depth + 1)?;
                    pack_value(out, value, depth + 1)?;
                }
            }
        }
        _ => out.push(0xc0),
    }
    Ok(())
}

/// The head of what has a length: `small` is the first byte and the greatest length of the shortest form.
fn pack_length(
    out: &mut Vec<u8>,
    length: usize,
    small: (u8, usize),
    byte: Option<u8>,
    two: u8,
    four: u8,
) {
    if length <= small.1 {
        out.push(small.0 | length as u8);
    } else if let Some(byte) = byte.filter(|_| length <= 0xff) {
        out.extend([byte, length as u8]);
    } else if length <= 0xffff {
        out.push(two);
        out.extend((length as u16).to_be_bytes());
    } else {
        out.push(four);
        out.extend((length as u32).to_be_bytes());
    }
}

fn pack_number(out: &mut Vec<u8>, n: f64) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if n.fract() == 0.0 && (-LIMIT..LIMIT).contains(&n) {
        return pack_integer(out, n as i64);
    }
    let single = n as f32;
    if f64::from(single) == n {
        out.push(0xca);
        out.extend(single.to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend(n.to_be_bytes());
    }
}

fn pack_integer(out: &mut Vec<u8>, n: i64) {
    match n {
        0..=0x7f => out.push(n as u8),
        -32..=-1 => out.push(n as i8 as u8),
        0x80..=0xff => out.extend([0xcc, n as u8]),
        -128..=-33 => out.extend([0xd0, n as i8 as u8]),
        0x100..=0xffff => {
            out.push(0xcd);
            out.extend((n as u16).to_be_bytes());
        }
        -0x8000..=-129 => {
            out.push(0xd1);
            out.extend((n as i16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xce);
            out.extend((n as u32).to_be_bytes());
        }
        -0x8000_0000..=-0x8001 => {
            out.push(0xd2);
            out.extend((n as i32).to_be_bytes());
        }
        _ => {
            out.push(if n < 0 { 0xd3 } else { 0xcf });
            out.extend(n.to_be_bytes());
        }
    }
}

/// Whether the keys are the numbers from 1 on without a hole.
fn is_array(table: &Table) -> mlua::Result<bool> {
    let (mut count, mut max) = (0i64, 0i64);
    for pair in table.pairs::<Value, Value>() {
        let n = match pair?.0 {
            Value::Integer(n) => n,
            Value::Number(n) if n.fract() == 0.0 => n as i64,
            // Lua takes the text of a number for one.
            Value::String(text) => {
                let n = proto_resp::num::parse_f64(&text.as_bytes());
                match n.filter(|n| n.fract() == 0.0) {
                    Some(n) => n as i64,
                    None => return Ok(false),
                }
            }
            _ => return Ok(false),
        };
        if n <= 0 {
            return Ok(false);
        }
        count += 1;
        max = max.max(n);
    }
    Ok(max == count)
}

/// Unpacks at most `limit` values from `offset` on, and tells in front where the next begins; all, without that, if
/// both are 0.
fn unpack(
    lua: &Lua,
    arguments: &Arguments<'_>,
    limit: i64,
    offset: i64,
) -> mlua::Result<MultiValue> {
    let text = arguments.string(1)?;
    let bytes = text.as_bytes();
    let length = bytes.len();
    let Ok(start) = usize::try_from(offset) else {
        return Err(invalid(lua, offset, length));
    };
    let Ok(mut most) = usize::try_from(limit) else {
        return Err(invalid(lua, offset, length));
    };
    if start > length {
        let text = format!("Start offset {offset} greater than input length {length}.");
        return Err(raised::error(lua, text));
    }
    let all = limit == 0 && offset == 0;
    if all {
        most = i32::MAX as usize;
    }
    let mut input = Input(&bytes[start..]);
    let mut values = MultiValue::new();
    while !input.0.is_empty() && values.len() < most {
        let value = input.value(lua, 0).map_err(|error| match error {
            Broken::End => raised::error(lua, "Missing bytes in input."),
            Broken::Format => raised::error(lua, "Bad data format in input."),
            Broken::Deep => {
                raised::error(lua, "stack overflow (in function mp_decode_to_lua_type)")
            }
            Broken::Lua(error) => error,
        })?;
        values.push_back(value);
    }
    if !all {
        let left = input.0.len();
        let next = if left == 0 {
            -1
        } else {
            (length - left) as i64
        };
        values.push_front(Value::Integer(next));
    }
    Ok(values)
}

fn invalid(lua: &Lua, offset: i64, length: usize) -> mlua::Error {
    let text = format!("Invalid request to unpack with offset of {offset} and limit of {length}.");
    raised::error(lua, text)
}

/// Why input cannot be unpacked.
enum Broken {
    End,
    Format,
    Deep,
    Lua(mlua::Error),
}

impl From<mlua::Error> for Broken {
    fn from(error: mlua::Error) -> Self {
        Self::Lua(error)
    }
}

struct Input<'b>(&'b [u8]);

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Broken::End)?;
        self.0 = rest;
        Ok(*head)
    }

    fn value(&mut self, lua: &Lua, depth: usize) -> Result<Value, Broken> {
        let [kind] = self.take()?;
        Ok(match kind {
            0..=0x7f => Value::Integer(i64::from(kind)),
            0xe0..=0xff => Value::Integer(i64::from(kind as i8)),
            0x80..=0x8f => self.map(lua, usize::from(kind & 15), depth)?,
            0x90..=0x9f => self.array(lua, usize::from(kind & 15), depth)?,
            0xa0..=0xbf => self.text(lua, usize::from(kind & 31))?,
            0xc0 => Value::Nil,
            0xc2 => Value::Boolean(false),
            0xc3 => Value::Boolean(true),
            0xca => Value::Number(f64::from(f32::from_be_bytes(self.take()?))),
            0xcb => Value::Number(f64::from_be_bytes(self.take()?)),
            0xcc => Value::Integer(i64::from(u8::from_be_bytes(self.take()?))),
            0xcd => Value::Integer(i64::from(u16::from_be_bytes(self.take()?))),
            0xce => Value::Integer(i64::from(u32::from_be_bytes(self.take()?))),
            0xcf => Value::Number(u64::from_be_bytes(self.take()?) as f64),
            0xd0 => Value::Integer(i64::from(i8::from_be_bytes(self.take()?))),
            0xd1 => Value::Integer(i64::from(i16::from_be_bytes(self.take()?))),
            0xd2 => Value::Integer(i64::from(i32::from_be_bytes(self.take()?))),
            0xd3 => Value::Integer(i64::from_be_bytes(self.take()?)),
            0xc4 | 0xd9 => {
                let [length] = self.take()?;
                self.text(lua, usize::from(length))?
            }
            0xc5 | 0xda | 0xdc | 0xde => {
                let length = usize::from(u16::from_be_bytes(self.take()?));
                match kind {
                    0xdc => self.array(lua, length, depth)?,
                    0xde => self.map(lua, length, depth)?,
                    _ => self.text(lua, length)?,
                }
            }
            0xc6 | 0xdb | 0xdd | 0xdf => {
                let length = u32::from_be_bytes(self.take()?) as usize;
                match kind {
                    0xdd => self.array(lua, length, depth)?,
                    0xdf => self.map(lua, length, depth)?,
                    _ => self.text(lua, length)?,
                }
            }
            _ => return Err(Broken::Format),
        })
    }

    fn text(&mut self, lua: &Lua, length: usize) -> Result<Value, Broken> {
        let (text, rest) = self.0.split_at_checked(length).ok_or(Broken::End)?;
        self.0 = rest;
        Ok(Value::String(lua.create_string(text)?))
    }

    fn array(&mut self, lua: &Lua, length: usize, depth: usize) -> Result<Value, Broken> {
        if depth >= UNPACK_DEPTH_MAX {
            return Err(Broken::Deep);
        }
        let table = lua.create_table()?;
        for at in 1..=length {
            table.raw_set(at, self.value(lua, depth + 1)?)?;
        }
        Ok(Value::Table(table))
    }

    fn map(&mut self, lua: &Lua, length: usize, depth: usize) -> Result<Value, Broken> {
        if depth >= UNPACK_DEPTH_MAX {
            return Err(Broken::Deep);
        }
        let table = lua.create_table()?;
        for _ in 0..length {
            let key = self.value(lua, depth + 1)?;
            let value = self.value(lua, depth + 1)?;
            table.raw_set(key, value)?;
        }
        Ok(Value::Table(table))
    }
}
