//! From the words of a directive to a value, with Redis's rules and reasons of refusal.

use std::borrow::Cow;

use proto_resp::num;

use crate::choices::{Choice, notify, shutdown};
use crate::format;
use crate::kind::Kind;
use crate::value::{BufferLimit, ClientClass, SavePoint, Value};

/// Why a value is refused, as the client is told.
pub(crate) type Reason = Cow<'static, str>;
type Parsed = Result<Value, Reason>;

pub(crate) const WRONG_NUMBER: &str = "wrong number of arguments";
const BIND_MAX: usize = 16;
const HZ_MIN: i64 = 1;
const HZ_MAX: i64 = 500;

/// Parses `words` for a parameter of `kind`. `current` matters where a directive changes a part
/// of the value. Kinds of a single value are given exactly one word.
pub(crate) fn parse(kind: &Kind, words: &[&[u8]], current: &Value) -> Parsed {
    match *kind {
        Kind::OutputBufferLimits => output_limits(words, current),
        Kind::OomScoreAdjValues => oom_values(words),
        Kind::Save => save(words).map(|points| Value::text(format::save(&points).as_bytes())),
        Kind::Bind => bind(words),
        Kind::ReplicaOf => replica_of(words),
        Kind::Percentiles => percentiles(words),
        Kind::Options(choices) => options(choices, words),
        _ => match *words {
            [word] => single(kind, word),
            _ => Err(WRONG_NUMBER.into()),
        },
    }
}

fn single(kind: &Kind, word: &[u8]) -> Parsed {
    match *kind {
        Kind::Bool { refused } => yes_no(word, refused),
        Kind::Int { min, max } => {
            let number =
                num::parse_i64(word).ok_or("argument couldn't be parsed into an integer")?;
            within(number, min, max)
        }
        Kind::Hz => {
            let number =
                num::parse_i64(word).ok_or("argument couldn't be parsed into an integer")?;
            within(number, 0, i64::from(i32::MAX))?;
            Ok(Value::Number(number.clamp(HZ_MIN, HZ_MAX)))
        }
        Kind::Octal { max } => octal(word, max),
        Kind::Memory { min, max } => {
            let bytes = parse_memory(word).ok_or("argument must be a memory value")?;
            if (min..=max).contains(&bytes) {
                return Ok(Value::Number(bytes.cast_signed()));
            }
            Err(format!("argument must be between {min} and {max} inclusive").into())
        }
        Kind::MemoryOrPercent => memory_or_percent(word),
        Kind::Choice(choices) => match find(choices, word) {
            Some(value) => Ok(Value::Number(value)),
            None => Err(one_of(choices)),
        },
        Kind::Text(check) => {
            check(word)?;
            Ok(Value::text(word))
        }
        Kind::Events => events(word),
        _ => unreachable!("kinds of several words are parsed by their own functions"),
    }
}

fn within(number: i64, min: i64, max: i64) -> Parsed {
    if (min..=max).contains(&number) {
        return Ok(Value::Number(number));
    }
    Err(format!("argument must be between {min} and {max} inclusive").into())
}

fn yes_no(word: &[u8], refused: Option<&'static str>) -> Parsed {
    if word.eq_ignore_ascii_case(b"no") {
        return Ok(Value::Number(0));
    }
    if !word.eq_ignore_ascii_case(b"yes") {
        return Err("argument must be 'yes' or 'no'".into());
    }
    match refused {
        Some(reason) => Err(reason.into()),
        None => Ok(Value::Number(1)),
    }
}

fn octal(word: &[u8], max: i64) -> Parsed {
    const REFUSED: &str = "argument couldn't be parsed as an octal number";
    let number = parse_c_integer(word, 8).ok_or(REFUSED)?;
    if (0..=max).contains(&number) {
        return Ok(Value::Number(number));
    }
    Err(format!("argument must be between 0 and {max:o} inclusive").into())
}

fn memory_or_percent(word: &[u8]) -> Parsed {
    if let Some(bytes) = parse_memory(word) {
        return match i64::try_from(bytes) {
            Ok(bytes) => Ok(Value::Number(bytes)),
            Err(_) => Err(format!("argument must be between 0 and {} inclusive", i64::MAX).into()),
        };
    }
    let percent = word
        .strip_suffix(b"%")
        .and_then(num::parse_i64)
        .filter(|n| *n >= 0);
    match percent.ok_or("argument must be a memory or percent value")? {
        percent @ 0..=100 => Ok(Value::Number(-percent)),
        _ => Err("percentage argument must be less or equal to 100".into()),
    }
}

/// Bytes with an optional unit. No digits at all mean zero, as in Redis; a number too large is
/// refused, where Redis lets it wrap around.
pub(crate) fn parse_memory(word: &[u8]) -> Option<u64> {
    let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
    let unit: u64 = match word[digits..].to_ascii_lowercase().as_slice() {
        b"" | b"b" => 1,
        b"k" => 1000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    word[..digits]
        .iter()
        .try_fold(0_u64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })?
        .checked_mul(unit)
}

/// What C's `strtoll` makes of a word, provided it is used up: leading white space and a plus
/// sign are taken, and no digits at all mean zero.
fn parse_c_integer(word: &[u8], radix: u32) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?;
    if text.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(
        text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b'),
        radix,
    )
    .ok()
}

fn find(choices: &[Choice], word: &[u8]) -> Option<i64> {
    let named = |choice: &&Choice| word.eq_ignore_ascii_case(choice.name.as_bytes());
    choices.iter().find(named).map(|choice| choice.value)
}

fn one_of(choices: &[Choice]) -> Reason {
    let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
    format!(
        "argument(s) must be one of the following: {}",
        names.join(", ")
    )
    .into()
}

fn options(choices: &'static [Choice], words: &[&[u8]]) -> Parsed {
    if words.is_empty() {
        return Err(one_of(choices));
    }
    let mut bits = 0;
    for word in words {
        bits |= find(choices, word).ok_or_else(|| one_of(choices))?;
    }
    if bits & shutdown::SAVE != 0 && bits & shutdown::NOSAVE != 0 {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    Ok(Value::Number(bits))
}

fn events(word: &[u8]) -> Parsed {
    let mut bits = 0;
    for letter in word {
        let known = notify::LETTERS.iter().find(|(l, _)| l == letter);
        bits |= known
            .ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?
            .1;
    }
    Ok(Value::Number(bits))
}

/// No words, or one empty word, mean no save points.
pub(crate) fn save(words: &[&[u8]]) -> Result<Vec<SavePoint>, Reason> {
    const REFUSED: &str = "Invalid save parameters";
    if let [b""] = words {
        return Ok(Vec::new());
    }
    let (pairs, []) = words.as_chunks::<2>() else {
        return Err(REFUSED.into());
    };
    let point = |[seconds, changes]: &[&[u8]; 2]| {
        let seconds = parse_c_integer(seconds, 10).filter(|n| *n >= 1)?;
        let changes = parse_c_integer(changes, 10).filter(|n| *n >= 0)?;
        Some(SavePoint { seconds, changes })
    };
    pairs
        .iter()
        .map(point)
        .collect::<Option<_>>()
        .ok_or(REFUSED.into())
}

fn output_limits(words: &[&[u8]], current: &Value) -> Parsed {
    let (groups, []) = words.as_chunks::<4>() else {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    };
    let mut limits = match current {
        Value::Limits(limits) => *limits,
        _ => [BufferLimit::default(); 3],
    };
    for [class, hard, soft, seconds] in groups {
        let class = ClientClass::parse(class)
            .ok_or("Invalid client class specified in buffer limit configuration.")?;
        let limit = || {
            Some(BufferLimit {
                hard_bytes: parse_memory(hard)?,
                soft_bytes: parse_memory(soft)?,
                soft_seconds: parse_c_integer(seconds, 10).filter(|n| *n >= 0)?,
            })
        };
        limits[class as usize] = limit()
            .ok_or("Error in hard, soft or soft_seconds setting in buffer limit configuration.")?;
    }
    Ok(Value::Limits(limits))
}

fn oom_values(words: &[&[u8]]) -> Parsed {
    const REFUSED: &str = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    if words.len() != 3 {
        return Err(WRONG_NUMBER.into());
    }
    let number = |word: &&[u8]| {
        let number = parse_c_integer(word, 10).filter(|n| (-2000..=2000).contains(n))?;
        Some(number.to_string())
    };
    let numbers: Option<Vec<String>> = words.iter().map(number).collect();
    Ok(Value::text(numbers.ok_or(REFUSED)?.join(" ").as_bytes()))
}

fn bind(words: &[&[u8]]) -> Parsed {
    if words.len() > BIND_MAX {
        return Err("Too many bind addresses specified.".into());
    }
    Ok(Value::text(&words.join(&b' ')))
}

fn replica_of(words: &[&[u8]]) -> Parsed {
    let [host, port] = words else {
        return Err(WRONG_NUMBER.into());
    };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(Value::text(b""));
    }
    let number = parse_c_integer(port, 10).filter(|n| (0..=65535).contains(n));
    let number = number.ok_or("Invalid master port")?;
    Ok(Value::text(
        &[host, b" ".as_slice(), number.to_string().as_bytes()].concat(),
    ))
}

fn percentiles(words: &[&[u8]]) -> Parsed {
    let words = if let [b""] = words { &[] } else { words };
    let mut texts = Vec::with_capacity(words.len());
    for word in words {
        let number =
            num::parse_f64(word).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err(
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                    .into(),
            );
        }
        texts.push(format::six_decimals(number));
    }
    Ok(Value::text(texts.join(" ").as_bytes()))
}
