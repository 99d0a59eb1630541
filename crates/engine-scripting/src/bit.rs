//! The library `bit`: operations on 32-bit numbers, as Lua BitOp has them.

use crate::arguments::Arguments;
use mlua::{Lua, MultiValue, Table};

/// The library's table.
///
/// # Errors
/// Lua ran out of memory.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    one(lua, &table, "tobit", |n| n)?;
    one(lua, &table, "bnot", |n| !n)?;
    one(lua, &table, "bswap", i32::swap_bytes)?;
    all(lua, &table, "band", |a, b| a & b)?;
    all(lua, &table, "bor", |a, b| a | b)?;
    all(lua, &table, "bxor", |a, b| a ^ b)?;
    shift(lua, &table, "lshift", |n, by| n << by)?;
    shift(lua, &table, "rshift", |n, by| (n as u32 >> by) as i32)?;
    shift(lua, &table, "arshift", |n, by| n >> by)?;
    shift(lua, &table, "rol", i32::rotate_left)?;
    shift(lua, &table, "ror", i32::rotate_right)?;
    table.raw_set("tohex", lua.create_function(to_hex)?)?;
    Ok(table)
}

/// An argument as a number of 32 bits: what is beyond them is cut off, a fraction rounded to even.
fn bits(arguments: &Arguments<'_>, n: usize) -> mlua::Result<i32> {
    // Adding 2⁵² + 2⁵¹ leaves the integer in the low bits of the sum.
    let sum = arguments.number(n)? + 6_755_399_441_055_744.0;
    Ok(sum.to_bits() as i32)
}

fn one(lua: &Lua, table: &Table, name: &'static str, f: fn(i32) -> i32) -> mlua::Result<()> {
    let function = lua.create_function(move |lua, values: MultiValue| {
        Ok(f(bits(&Arguments::new(lua, name, values), 1)?))
    })?;
    table.raw_set(name, function)
}

fn all(lua: &Lua, table: &Table, name: &'static str, f: fn(i32, i32) -> i32) -> mlua::Result<()> {
    let function = lua.create_function(move |lua, values: MultiValue| {
        let arguments = Arguments::new(lua, name, values);
        let mut sum = bits(&arguments, 1)?;
        for n in 2..=arguments.len() {
            sum = f(sum, bits(&arguments, n)?);
        }
        Ok(sum)
    })?;
    table.raw_set(name, function)
}

fn shift(lua: &Lua, table: &Table, name: &'static str, f: fn(i32, u32) -> i32) -> mlua::Result<()> {
    let function = lua.create_function(move |lua, values: MultiValue| {
        let arguments = Arguments::new(lua, name, values);
        let number = bits(&arguments, 1)?;
        Ok(f(number, bits(&arguments, 2)? as u32 & 31))
    })?;
    table.raw_set(name, function)
}

/// `tohex(x [, n])`: the low `n` digits (8), in capitals if `n` is negative.
fn to_hex(lua: &Lua, values: MultiValue) -> mlua::Result<String> {
    let arguments = Arguments::new(lua, "tohex", values);
    let number = bits(&arguments, 1)?;
    let digits = if arguments.len() < 2 {
        8
    } else {
        bits(&arguments, 2)?
    };
    let count = digits.unsigned_abs().min(8) as usize;
    let text = if digits < 0 {
        format!("{number:08X}")
    } else {
        format!("{number:08x}")
    };
    Ok(text[8 - count..].to_string())
}
