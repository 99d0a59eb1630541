//! JSON as Lua values.

use super::{Settings, error, is_too_deep};
use mlua::{Lua, Value};

/// The value of a JSON text.
///
/// # Errors
/// It is none; at which character.
pub(super) fn decode(lua: &Lua, settings: &Settings, text: &[u8]) -> mlua::Result<Value> {
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        let text = "JSON parser does not support UTF-16 or UTF-32";
        return Err(error(lua, text.to_string()));
    }
    let mut decoder = Decoder {
        lua,
        settings,
        text,
        at: 0,
    };
    let first = decoder.next();
    let value = decoder.value(first, 0)?;
    match decoder.next() {
        (Token::End, _) => Ok(value),
        other => Err(decoder.expected("the end", &other)),
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl Token {
    /// As errors call it.
    fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::String(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Error(what) => what,
        }
    }
}

/// A token with the place where it begins.
type Placed = (Token, usize);

struct Decoder<'d> {
    lua: &'d Lua,
    settings: &'d Settings,
    text: &'d [u8],
    at: usize,
}

impl Decoder<'_> {
    fn expected(&self, what: &str, found: &Placed) -> mlua::Error {
        let (token, at) = found;
        let text = format!(
            "Expected {what} but found {} at character {}",
            token.name(),
            at + 1
        );
        error(self.lua, text)
    }

    fn value(&mut self, token: Placed, depth: usize) -> mlua::Result<Value> {
        Ok(match token.0 {
            Token::String(text) => Value::String(self.lua.create_string(text)?),
            Token::Number(n) => Value::Number(n),
            Token::Boolean(yes) => Value::Boolean(yes),
            Token::Null => Value::NULL,
            Token::ObjectBegin => self.object(depth + 1)?,
            Token::ArrayBegin => self.array(depth + 1)?,
            _ => return Err(self.expected("value", &token)),
        })
    }

    fn descend(&self, depth: usize) -> mlua::Result<()> {
        if !is_too_deep(depth, self.settings.decode_depth) {
            return Ok(());
        }
        let text = format!(
            "Found too many nested data structures ({depth}) at character {}",
            self.at
        );
        Err(error(self.lua, text))
    }

    fn object(&mut self, depth: usize) -> mlua::Result<Value> {
        self.descend(depth)?;
        let table = self.lua.create_table()?;
        let mut token = self.next();
        if token.0 == Token::ObjectEnd {
            return Ok(Value::Table(table));
        }
        loop {
            let Token::String(key) = token.0 else {
                return Err(self.expected("object key string", &token));
            };
            let colon = self.next();
            if colon.0 != Token::Colon {
                return Err(self.expected("colon", &colon));
            }
            let first = self.next();
            let value = self.value(first, depth)?;
            table.raw_set(self.lua.create_string(key)?, value)?;
            token = self.next();
            match token.0 {
                Token::ObjectEnd => return Ok(Value::Table(table)),
                Token::Comma => token = self.next(),
                _ => return Err(self.expected("comma or object end", &token)),
            }
        }
    }

    fn array(&mut self, depth: usize) -> mlua::Result<Value> {
        self.descend(depth)?;
        let table = self.lua.create_table()?;
        let mut token = self.next();
        if token.0 == Token::ArrayEnd {
            return Ok(Value::Table(table));
        }
        for at in 1.. {
            table.raw_set(at, self.value(token, depth)?)?;
            token = self.next();
            match token.0 {
                Token::ArrayEnd => break,
                Token::Comma => token = self.next(),
                _ => return Err(self.expected("comma or array end", &token)),
            }
        }
        Ok(Value::Table(table))
    }

    /// The byte at a place; 0 behind the end, as in a C string.
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn next(&mut self) -> Placed {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        let start = self.at;
        let simple = match self.byte(start) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            0 if start >= self.text.len() => return (Token::End, start),
            b'"' => return self.string(start),
            b'-' | b'0'..=b'9' => {
                if !self.settings.decode_invalid && self.is_invalid_number() {
                    return (Token::Error("invalid number"), start);
                }
                return self.number(start);
            }
            _ => return self.word(start),
        };
        self.at += 1;
        (simple, start)
    }

    fn word(&mut self, start: usize) -> Placed {
        let rest = &self.text[start..];
        let words: [(&[u8], Token); 3] = [
            (b"true", Token::Boolean(true)),
            (b"false", Token::Boolean(false)),
            (b"null", Token::Null),
        ];
        for (word, token) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return (token, start);
            }
        }
        let may_begin = matches!(rest.first(), Some(b'+' | b'i' | b'I' | b'n' | b'N'));
        if may_begin && self.settings.decode_invalid && self.is_invalid_number() {
            return self.number(start);
        }
        (Token::Error("invalid token"), start)
    }

    /// Whether what stands here is a number to C but not to JSON.
    fn is_invalid_number(&self) -> bool {
        let mut at = self.at;
        if self.byte(at) == b'+' {
            return true;
        }
        if self.byte(at) == b'-' {
            at += 1;
        }
        match self.byte(at) {
            b'0' => {
                let next = self.byte(at + 1);
                next | 0x20 == b'x' || next.is_ascii_digit()
            }
            other if other <= b'9' => false,
            _ => {
                let word = self.text.get(at..at + 3).unwrap_or_default();
                word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")
            }
        }
    }

    fn number(&mut self, start: usize) -> Placed {
        match scan_number(&self.text[start..]) {
            Some((n, length)) => {
                self.at += length;
                (Token::Number(n), start)
            }
            None => (Token::Error("invalid number"), start),
        }
    }

    fn string(&mut self, start: usize) -> Placed {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let byte = self.byte(self.at);
            match byte {
                b'"' => {
                    self.at += 1;
                    return (Token::String(out), start);
                }
                0 => return (Token::Error("unexpected end of string"), self.at),
                b'\\' => {
                    let plain = match self.byte(self.at + 1) {
                        b'u' => match self.unicode(&mut out) {
                            Some(length) => {
                                self.at += length;
                                continue;
                            }
                            None => {
                                let what = "invalid unicode escape code";
                                return (Token::Error(what), self.at);
                            }
                        },
                        same @ (b'"' | b'\\' | b'/') => same,
                        b'b' => 0x08,
                        b't' => b'\t',
                        b'n' => b'\n',
                        b'f' => 0x0c,
                        b'r' => b'\r',
                        _ => return (Token::Error("invalid escape code"), self.at),
                    };
                    out.push(plain);
                    self.at += 2;
                }
                _ => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Appends the character of `\uXXXX`, or of two that are a pair; how long it is written.
    fn unicode(&self, out: &mut Vec<u8>) -> Option<usize> {
        let hex4 = |at: usize| {
            let digits = self.text.get(at..at + 4)?;
            digits.iter().try_fold(0u32, |n, digit| {
                Some(n * 16 + char::from(*digit).to_digit(16)?)
            })
        };
        let mut code = hex4(self.at + 2)?;
        let mut length = 6;
        if code & 0xf800 == 0xd800 {
            if code & 0x400 != 0 || self.text.get(self.at + 6..self.at + 8) != Some(b"\\u") {
                return None;
            }
            let low = hex4(self.at + 8)?;
            if low & 0xfc00 != 0xdc00 {
                return None;
            }
            code = 0x1_0000 + (((code & 0x3ff) << 10) | (low & 0x3ff));
            length = 12;
        }
        let mut buffer = [0; 4];
        out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut buffer).as_bytes());
        Some(length)
    }
}

/// The number that a text begins with, as C's `strtod` reads it, and its length.
fn scan_number(text: &[u8]) -> Option<(f64, usize)> {
    let signed = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let sign = if text.first() == Some(&b'-') {
        -1.0
    } else {
        1.0
    };
    let rest = &text[signed..];
    let word = |word: &[u8]| {
        rest.get(..word.len())
            .is_some_and(|w| w.eq_ignore_ascii_case(word))
    };
    if word(b"infinity") {
        return Some((sign * f64::INFINITY, signed + 8));
    }
    if word(b"inf") {
        return Some((sign * f64::INFINITY, signed + 3));
    }
    if word(b"nan") {
        return Some((f64::NAN.copysign(sign), signed + 3));
    }
    if word(b"0x")
        && let Some((n, length)) = hexadecimal(&rest[2..])
    {
        return Some((sign * n, signed + 2 + length));
    }
    let digits = |from: usize| {
        let rest = rest.get(from..).unwrap_or_default();
        rest.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut end = whole;
    if rest.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if end == 0 {
        return None;
    }
    if matches!(rest.get(end), Some(b'e' | b'E')) {
        let signs = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + signs);
        if exponent > 0 {
            end += 1 + signs + exponent;
        }
    }
    let number = std::str::from_utf8(&rest[..end])
        .ok()?
        .parse::<f64>()
        .ok()?;
    Some((sign * number, signed + end))
}

/// Hexadecimal digits with a fraction and a binary exponent.
fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let (mut n, mut at, mut seen, mut scale) = (0.0f64, 0, false, None::<i32>);
    while let Some(byte) = text.get(at) {
        match char::from(*byte).to_digit(16) {
            Some(digit) => {
                n = n * 16.0 + f64::from(digit);
                seen = true;
                scale = scale.map(|s| s - 4);
            }
            None if *byte == b'.' && scale.is_none() => scale = Some(0),
            None => break,
        }
        at += 1;
    }
    if !seen {
        return None;
    }
    let mut exponent = scale.unwrap_or(0);
    if matches!(text.get(at), Some(b'p' | b'P')) {
        let rest = &text[at + 1..];
        let signs = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let digits = rest[signs..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let number = std::str::from_utf8(&rest[..signs + digits]).ok();
        if digits > 0
            && let Some(number) = number.and_then(|n| n.parse::<i32>().ok())
        {
            exponent = exponent.saturating_add(number);
            at += 1 + signs + digits;
        }
    }
    Some((n * 2f64.powi(exponent), at))
}
