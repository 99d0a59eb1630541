//! What an entry of the parameter table says.

use crate::choices::Choice;

/// A parameter's check beyond its kind: the reason of refusal as Redis words it.
pub(crate) type Check = fn(&[u8]) -> Result<(), &'static str>;

/// What values a parameter takes and how they are printed.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    Bool {
        /// The reason of refusing `yes`, for what the engine cannot do.
        refused: Option<&'static str>,
    },
    /// A decimal integer from `min` to `max`.
    Int {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// An integer from 0 that is moved into `1..=500` without a word, as `hz` is.
    Hz,
    /// File mode bits, written in octal.
    Octal {
        /// Greatest value.
        max: i64,
    },
    /// Bytes with an optional unit (`kb` = 1024, `k` = 1000, and so on).
    Memory {
        /// Least value, bytes.
        min: u64,
        /// Greatest value, bytes.
        max: u64,
    },
    /// As `Memory`, or a percentage of `maxmemory`, stored as a negative number.
    MemoryOrPercent,
    /// One of these words.
    Choice(&'static [Choice]),
    /// A set of these words, stored as bits.
    Options(&'static [Choice]),
    /// Any bytes the check lets pass.
    Text(#[doc(hidden)] Check),
    /// `notify-keyspace-events`: letters, stored as bits of [`crate::choices::notify`].
    Events,
    /// `save`: pairs of seconds and changes.
    Save,
    /// `client-output-buffer-limit`: class, hard limit, soft limit, soft seconds, repeated.
    OutputBufferLimits,
    /// `oom-score-adj-values`: three numbers (primary, replica, background child).
    OomScoreAdjValues,
    /// `bind`: at most 16 addresses.
    Bind,
    /// `replicaof`: host and port, or `no one`.
    ReplicaOf,
    /// `latency-tracking-info-percentiles`.
    Percentiles,
}

bitflags::bitflags! {
    /// How a parameter may be set and shown.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u16 {
        /// Only at start.
        const IMMUTABLE = 1;
        /// At run time only where `enable-protected-configs` allows it.
        const PROTECTED = 1 << 1;
        /// Its value is a secret: keep it out of slow log, MONITOR and logs.
        const SENSITIVE = 1 << 2;
        /// CONFIG GET shows it by its exact name only, not by a pattern.
        const HIDDEN = 1 << 3;
        /// CONFIG GET never shows it.
        const SECRET = 1 << 4;
        /// Takes several words.
        const MULTI = 1 << 5;
        /// Not while the dataset is loaded.
        const DENY_LOADING = 1 << 6;
        /// Setting the same value again counts as a change (files that were replaced on disk).
        const VOLATILE = 1 << 7;
        /// The empty string means "not set", which CONFIG REWRITE expresses by no line at all.
        const UNSET_IF_EMPTY = 1 << 8;
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The directive, lower case.
    pub name: &'static str,
    /// An older spelling, which CONFIG GET also lists.
    pub alias: Option<&'static str>,
    /// Its values.
    pub kind: Kind,
    /// As a configuration file would give it; CONFIG GET prints it in canonical form.
    pub default: &'static str,
    /// How it may be set and shown.
    pub flags: Flags,
    /// One sentence for people.
    pub summary: &'static str,
}
