//! Where servers disagree about fields of hashes that expire.

use super::is_valkey;
use crate::error::Error;
use crate::keys::{Class, Event};
use crate::server::Server;

/// The commands that have words of their own for a wrong `FIELDS numfields field …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldsOf {
    /// HEXPIRE and its like.
    Expiry,
    /// HTTL and its like.
    Times,
    /// HPERSIST
    Persist,
    /// HGETEX, HGETDEL
    Values,
    /// HSETEX
    Pairs,
}

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

const SYNTAX: &str = "ERR syntax error";
const MISSING: &str = "ERR Mandatory argument FIELDS is missing or not at the right position";
const MISMATCH: &str = "ERR The `numfields` parameter must match the number of arguments";
const OF_VALKEY: &str =
    "ERR numfields should be greater than 0 and match the provided number of fields";

const fn of_valkey(count: &'static str) -> FieldTexts {
    FieldTexts {
        missing: count,
        misplaced: SYNTAX,
        not_a_number: "ERR value is not an integer or out of range",
        not_positive: count,
        mismatch: count,
    }
}

const fn of_redis(count: &'static str, mismatch: &'static str) -> FieldTexts {
    FieldTexts {
        missing: MISSING,
        misplaced: MISSING,
        not_a_number: count,
        not_positive: count,
        mismatch,
    }
}

/// The dialect's words for a wrong `FIELDS numfields field …`.
#[must_use]
pub fn field_texts(server: &Server, of: FieldsOf) -> FieldTexts {
    match of {
        FieldsOf::Times if is_valkey(server) => of_valkey(SYNTAX),
        _ if is_valkey(server) => of_valkey(OF_VALKEY),
        FieldsOf::Expiry => of_redis(
            "ERR Parameter `numFields` should be greater than 0",
            MISMATCH,
        ),
        FieldsOf::Pairs => of_redis(
            "ERR invalid number of fields",
            "ERR wrong number of arguments for 'hsetex' command",
        ),
        _ => of_redis("ERR Number of fields must be a positive integer", MISMATCH),
    }
}

/// Whether a key of another type is refused before the words behind it are looked at.
#[must_use]
pub fn field_type_comes_first(server: &Server, of: FieldsOf) -> bool {
    !is_valkey(server) && of != FieldsOf::Pairs
}

/// The error for options before FIELDS that Valkey refuses with `error`; Redis looks for FIELDS in their place.
#[must_use]
pub fn wrong_field_option(server: &Server, error: Error) -> Error {
    if is_valkey(server) {
        error
    } else {
        Error::new(MISSING)
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
