//! The library `struct`: values to and from bytes by a format, as the library of that name (0.2) has it.

use crate::arguments::Arguments;
use crate::raised;
use mlua::{Lua, MultiValue, Table, Value};

/// Greatest alignment and its default where `!` has no number.
const ALIGN_MAX: u64 = 8;
/// Most bytes of an integer.
const INTEGER_MAX: u64 = 32;

/// The library's table.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("pack", lua.create_function(pack)?)?;
    table.raw_set("unpack", lua.create_function(unpack)?)?;
    table.raw_set("size", lua.create_function(size)?)?;
    Ok(table)
}

/// A format that is read option by option.
struct Format<'f> {
    rest: &'f [u8],
    big: bool,
    align: u64,
    lenient: bool,
}

/// One option: its letter, and the bytes it stands for.
struct Item {
    option: u8,
    size: usize,
    /// Bytes to be left out before it.
    padding: usize,
}

impl<'f> Format<'f> {
    fn new(text: &'f [u8]) -> Self {
        // A C string: it ends at the first zero.
        let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
        Self {
            rest: &text[..end],
            big: false,
            align: 1,
            lenient: false,
        }
    }

    /// The next option that stands for bytes or a value, at this position.
    fn next(
        &mut self,
        arguments: &Arguments<'_>,
        lua: &Lua,
        at: usize,
    ) -> mlua::Result<Option<Item>> {
        while let Some((option, rest)) = self.rest.split_first() {
            self.rest = rest;
            let size = match option {
                b'b' | b'B' | b'x' => 1,
                b'h' | b'H' => 2,
                b'f' => 4,
                b'l' | b'L' | b'T' | b'd' => 8,
                b'c' => self.number(lua, 1)?,
                b's' => 0,
                b'i' | b'I' => {
                    let size = self.number(lua, 4)?;
                    if size > INTEGER_MAX {
                        let text =
                            format!("integral size {size} is larger than limit of {INTEGER_MAX}");
                        return Err(raised::error(lua, text));
                    }
                    size
                }
                // Only `size` lets unknown letters pass.
                other if self.lenient && other.is_ascii_alphanumeric() => continue,
                _ => {
                    self.control(arguments, lua, *option)?;
                    continue;
                }
            };
            let unit = size.min(self.align);
            let padding = if unit == 0 || *option == b'c' {
                0
            } else {
                // Sizes that are no powers of two align as the library does: by their bits.
                (unit.wrapping_sub(at as u64 & (unit - 1))) & (unit - 1)
            };
            return Ok(Some(Item {
                option: *option,
                size: size as usize,
                padding: padding as usize,
            }));
        }
        Ok(None)
    }

    fn control(&mut self, arguments: &Arguments<'_>, lua: &Lua, option: u8) -> mlua::Result<()> {
        match option {
            b' ' => {}
            b'>' => self.big = true,
            b'<' => self.big = false,
            b'!' => {
                let align = self.number(lua, ALIGN_MAX)?;
                if !align.is_power_of_two() {
                    let text = format!("alignment {align} is not a power of 2");
                    return Err(raised::error(lua, text));
                }
                self.align = align;
            }
            _ => {
                let option = char::from(option);
                return Err(arguments.wrong(1, format!("invalid format option '{option}'")));
            }
        }
        Ok(())
    }

    fn number(&mut self, lua: &Lua, default: u64) -> mlua::Result<u64> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return Ok(default);
        }
        let (text, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let number = text.iter().try_fold(0u64, |n, digit| {
            let n = n * 10 + u64::from(digit - b'0');
            (n <= i32::MAX as u64).then_some(n)
        });
        number.ok_or_else(|| raised::error(lua, "integral size overflow"))
    }
}

fn pack(lua: &Lua, mut values: MultiValue) -> mlua::Result<mlua::LuaString> {
    // The library's own mark behind the arguments: what is missing is nil.
    values.push_back(Value::Nil);
    let arguments = Arguments::new(lua, "pack", values);
    let text = arguments.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::new(&text);
    let (mut out, mut next) = (Vec::new(), 2);
    while let Some(item) = format.next(&arguments, lua, out.len())? {
        out.resize(out.len() + item.padding, 0);
        match item.option {
            b'x' => {
                out.push(0);
                continue;
            }
            b'f' => {
                let n = arguments.number(next)? as f32;
                out.extend(if format.big {
                    n.to_be_bytes()
                } else {
                    n.to_le_bytes()
                });
            }
            b'd' => {
                let n = arguments.number(next)?;
                out.extend(if format.big {
                    n.to_be_bytes()
                } else {
                    n.to_le_bytes()
                });
            }
            b'c' | b's' => {
                let value = arguments.string(next)?;
                let value = value.as_bytes();
                let size = if item.size == 0 {
                    value.len()
                } else {
                    item.size
                };
                let Some(value) = value.get(..size) else {
                    return Err(arguments.wrong(next + 1, "string too short"));
                };
                out.extend_from_slice(value);
                if item.option == b's' {
                    out.push(0);
                }
            }
            _ => put_integer(&mut out, arguments.number(next)?, item.size, format.big),
        }
        next += 1;
    }
    lua.create_string(out)
}

fn put_integer(out: &mut Vec<u8>, n: f64, size: usize, big: bool) {
    let n = if n < 0.0 { n as i64 as u64 } else { n as u64 };
    let start = out.len();
    out.extend((0..size).map(|at| if at < 8 { (n >> (8 * at)) as u8 } else { 0 }));
    if big {
        out[start..].reverse();
    }
}

fn unpack(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let arguments = Arguments::new(lua, "unpack", values);
    let (text, data) = (arguments.string(1)?, arguments.string(2)?);
    let (text, data) = (text.as_bytes(), data.as_bytes());
    let at = arguments.integer_or(3, 1)?;
    let at = usize::try_from(at).ok().and_then(|at| at.checked_sub(1));
    let mut at = at.ok_or_else(|| arguments.wrong(3, "offset must be 1 or greater"))?;
    let short = || arguments.wrong(2, "data string too short");
    let mut format = Format::new(&text);
    let mut results = MultiValue::new();
    while let Some(item) = format.next(&arguments, lua, at)? {
        at = at.checked_add(item.padding).ok_or_else(short)?;
        let rest = data.get(at..).ok_or_else(short)?;
        let mut bytes = rest.get(..item.size).ok_or_else(short)?;
        let value = match item.option {
            b'x' => {
                at += 1;
                continue;
            }
            b'f' => {
                let bytes = ordered(bytes, format.big);
                Value::Number(f64::from(f32::from_le_bytes(bytes)))
            }
            b'd' => Value::Number(f64::from_le_bytes(ordered(bytes, format.big))),
            b'c' => {
                if item.size == 0 {
                    let size = results.pop_back().and_then(|v| lua.coerce_number(v).ok());
                    let size = size
                        .flatten()
                        .ok_or_else(|| raised::error(lua, "format 'c0' needs a previous size"))?;
                    bytes = rest.get(..size as usize).ok_or_else(short)?;
                }
                Value::String(lua.create_string(bytes)?)
            }
            b's' => {
                let end = rest.iter().position(|b| *b == 0);
                let end = end.ok_or_else(|| raised::error(lua, "unfinished string in data"))?;
                at += 1;
                bytes = &rest[..end];
                Value::String(lua.create_string(bytes)?)
            }
            option => Value::Number(integer(bytes, format.big, option.is_ascii_lowercase())),
        };
        at += bytes.len();
        results.push_back(value);
    }
    results.push_back(Value::Integer(at as i64 + 1));
    Ok(results)
}

/// The first bytes, least significant first.
fn ordered<const N: usize>(bytes: &[u8], big: bool) -> [u8; N] {
    let mut ordered = [0; N];
    for (to, from) in ordered.iter_mut().zip(bytes) {
        *to = *from;
    }
    if big {
        ordered.reverse();
    }
    ordered
}

fn integer(bytes: &[u8], big: bool, signed: bool) -> f64 {
    let join = |n: u64, byte: &u8| (n << 8) | u64::from(*byte);
    let n = if big {
        bytes.iter().fold(0, join)
    } else {
        bytes.iter().rev().fold(0, join)
    };
    if !signed {
        return n as f64;
    }
    let unused = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    (((n << unused) as i64) >> unused) as f64
}

fn size(lua: &Lua, values: MultiValue) -> mlua::Result<i64> {
    let arguments = Arguments::new(lua, "size", values);
    let text = arguments.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::new(&text);
    format.lenient = true;
    let mut at = 0usize;
    while let Some(item) = format.next(&arguments, lua, at)? {
        match (item.option, item.size) {
            (b's', _) => return Err(arguments.wrong(1, "option 's' has no fixed size")),
            (b'c', 0) => return Err(arguments.wrong(1, "option 'c0' has no fixed size")),
            _ => at = at.saturating_add(item.padding).saturating_add(item.size),
        }
    }
    Ok(at as i64)
}
