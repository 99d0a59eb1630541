//! Where servers disagree about fields of hashes that expire.

use super::is_valkey;
use crate::error::Error;
use crate::keys::{Class, Event};
use crate::server::Server;

/// What is said of a wrong `FIELDS numfields field …`.
#[derive(Debug)]
pub struct FieldTexts {
    /// FIELDS stands nowhere.
    pub missing: &'static str,
    /// FIELDS is not where a command without options wants it.
    pub misplaced: &'static str,
    pub not_a_number: &'static str,
    pub not_positive: &'static str,
    /// The number is not that of the fields.
    pub mismatch: &'static str,
}

/// The dialect's words for a wrong `FIELDS numfields field …`; HTTL and its like have others than the rest.
#[must_use]
pub fn field_texts(server: &Server, of_times: bool) -> &'static FieldTexts {
    const OF_VALKEY: &str =
        "ERR numfields should be greater than 0 and match the provided number of fields";
    if is_valkey(server) && of_times {
        &FieldTexts {
            missing: "ERR syntax error",
            misplaced: "ERR syntax error",
            not_a_number: "ERR value is not an integer or out of range",
            not_positive: "ERR syntax error",
            mismatch: "ERR syntax error",
        }
    } else if is_valkey(server) {
        &FieldTexts {
            missing: OF_VALKEY,
            misplaced: "ERR syntax error",
            not_a_number: "ERR value is not an integer or out of range",
            not_positive: OF_VALKEY,
            mismatch: OF_VALKEY,
        }
    } else {
        &FieldTexts {
            missing: "ERR Mandatory argument FIELDS is missing or not at the right position",
            misplaced: "ERR Mandatory argument FIELDS is missing or not at the right position",
            not_a_number: "ERR Parameter `numFields` should be greater than 0",
            not_positive: "ERR Parameter `numFields` should be greater than 0",
            mismatch: "ERR The `numfields` parameter must match the number of arguments",
        }
    }
}

/// What is said of a negative expiry of a field.
#[must_use]
pub fn negative_field_expiry(server: &Server, command: &str) -> Error {
    if is_valkey(server) {
        Error::expire_time(command)
    } else {
        Error::new("ERR invalid expire time, must be >= 0")
    }
}

/// Latest time that a field may expire at, milliseconds of Unix time.
#[must_use]
pub fn field_expiry_max_ms(server: &Server) -> i64 {
    if is_valkey(server) {
        i64::MAX
    } else {
        (1 << 46) - 1
    }
}

/// The event of fields that a command has given a time already past.
#[must_use]
pub fn overdue_field_event(server: &Server) -> Event {
    let name = if is_valkey(server) {
        "hexpired"
    } else {
        "hdel"
    };
    Event::new(Class::Hash, name)
}

/// The time of a field in whole seconds, as HTTL and HEXPIRETIME say it; `ms` that are over count as none.
#[must_use]
pub fn field_seconds(server: &Server, ms: i64) -> i64 {
    let ms = ms.max(0);
    if is_valkey(server) {
        ms.saturating_add(500) / 1000
    } else {
        ms.saturating_add(999) / 1000
    }
}
