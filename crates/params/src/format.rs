//! From a value to the text CONFIG GET prints and the text CONFIG REWRITE writes.

use crate::choices::{Choice, notify};
use crate::kind::Kind;
use crate::value::{BufferLimit, SavePoint, Value};

/// As CONFIG GET prints it.
pub(crate) fn get(kind: &Kind, value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => text.to_vec(),
        Value::Limits(limits) => limits_line(limits).into_bytes(),
        Value::Number(number) => number_text(kind, *number).into_bytes(),
    }
}

fn number_text(kind: &Kind, number: i64) -> String {
    match *kind {
        Kind::Bool { .. } => if number == 0 { "no" } else { "yes" }.to_owned(),
        Kind::Octal { .. } => format!("{number:o}"),
        Kind::Memory { .. } => number.cast_unsigned().to_string(),
        Kind::MemoryOrPercent if number < 0 => format!("{}%", -number),
        Kind::Choice(choices) => word(choices, number).unwrap_or("unknown").to_owned(),
        Kind::Options(choices) => options(choices, number),
        Kind::Events => events(number),
        _ => number.to_string(),
    }
}

/// The word printed for `value`: the first that has it.
pub(crate) fn word(choices: &'static [Choice], value: i64) -> Option<&'static str> {
    choices
        .iter()
        .find(|choice| choice.value == value)
        .map(|choice| choice.name)
}

fn options(choices: &'static [Choice], bits: i64) -> String {
    if let Some(name) = word(choices, bits) {
        return name.to_owned();
    }
    let set = choices.iter().filter(|choice| choice.value & bits != 0);
    set.map(|choice| choice.name).collect::<Vec<_>>().join(" ")
}

fn events(bits: i64) -> String {
    let mut text = String::new();
    let mut left = bits;
    for &(letter, mask) in notify::LETTERS {
        if left & mask == mask {
            text.push(char::from(letter));
            left &= !mask;
        }
    }
    text
}

fn limits_line(limits: &[BufferLimit; 3]) -> String {
    let group = |(name, limit): (&str, &BufferLimit)| {
        format!(
            "{name} {} {} {}",
            limit.hard_bytes, limit.soft_bytes, limit.soft_seconds
        )
    };
    let names = ["normal", "slave", "pubsub"];
    names
        .into_iter()
        .zip(limits)
        .map(group)
        .collect::<Vec<_>>()
        .join(" ")
}

/// `seconds changes` pairs, separated by spaces.
pub(crate) fn save(points: &[SavePoint]) -> String {
    let pair = |point: &SavePoint| format!("{} {}", point.seconds, point.changes);
    points.iter().map(pair).collect::<Vec<_>>().join(" ")
}

/// C's `%f` without trailing zeros.
pub(crate) fn six_decimals(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes with the largest unit that divides them.
pub(crate) fn memory(bytes: u64) -> String {
    for (unit, suffix) in [(1_u64 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")] {
        if bytes != 0 && bytes.is_multiple_of(unit) {
            return format!("{}{suffix}", bytes / unit);
        }
    }
    bytes.to_string()
}
