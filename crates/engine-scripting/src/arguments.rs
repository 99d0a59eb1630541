//! Arguments of our library functions, checked as Lua's own `luaL_check…` do, with their words.

use crate::raised;
use mlua::{Lua, LuaString, MultiValue, Value};

/// The arguments of a function of this name.
pub(crate) struct Arguments<'l> {
    lua: &'l Lua,
    name: &'static str,
    values: MultiValue,
}

impl<'l> Arguments<'l> {
    pub(crate) fn new(lua: &'l Lua, name: &'static str, values: MultiValue) -> Self {
        Self { lua, name, values }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the `n`th argument, counted from 1, is given and not nil.
    pub(crate) fn has(&self, n: usize) -> bool {
        !matches!(self.values.get(n - 1), None | Some(Value::Nil))
    }

    /// The `n`th argument; nil if it is not given.
    pub(crate) fn value(&self, n: usize) -> Value {
        self.values.get(n - 1).cloned().unwrap_or(Value::Nil)
    }

    /// The error that argument `n` is wrong in this way.
    pub(crate) fn wrong(&self, n: usize, what: impl std::fmt::Display) -> mlua::Error {
        raised::argument(self.lua, n, self.name, what)
    }

    fn unexpected(&self, n: usize, expected: &str) -> mlua::Error {
        let got = match self.values.get(n - 1) {
            None => "no value",
            Some(value) => type_name(value),
        };
        self.wrong(n, format!("{expected} expected, got {got}"))
    }

    /// A number, or the text of one.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn number(&self, n: usize) -> mlua::Result<f64> {
        let number = self.lua.coerce_number(self.value(n))?;
        number.ok_or_else(|| self.unexpected(n, "number"))
    }

    /// A number without its fraction.
    ///
    /// # Errors
    /// It is no number and no text of one.
    pub(crate) fn integer(&self, n: usize) -> mlua::Result<i64> {
        self.number(n).map(|n| n as i64)
    }

    /// As [`Self::integer`], or this number where none is given.
    ///
    /// # Errors
    /// As [`Self::integer`].
    pub(crate) fn integer_or(&self, n: usize, default: i64) -> mlua::Result<i64> {
        if self.has(n) {
            self.integer(n)
        } else {
            Ok(default)
        }
    }

    /// A string, or a number as its text.
    ///
    /// # Errors
    /// It is neither.
    pub(crate) fn string(&self, n: usize) -> mlua::Result<LuaString> {
        let string = self.lua.coerce_string(self.value(n))?;
        string.ok_or_else(|| self.unexpected(n, "string"))
    }
}

/// The name of a value's type, as Lua tells it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "number",
        Value::LightUserData(_) => "userdata",
        other => other.type_name(),
    }
}
