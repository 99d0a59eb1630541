//! The bytes that stand before things in an RDB stream.

/// Version written: what Redis 7.0 loads.
pub const VERSION_WRITTEN: u32 = 10;
/// Newest Redis version read; what it adds is refused or skipped by type and opcode.
pub const VERSION_READ_MAX: u32 = 13;
/// Valkey numbers its own formats from here.
pub(super) const VALKEY_VERSIONS: std::ops::RangeInclusive<u32> = 80..=80;

/// Value types.
pub mod types {
    #![allow(missing_docs, reason = "names of the format")]
    pub const STRING: u8 = 0;
    pub const LIST: u8 = 1;
    pub const SET: u8 = 2;
    pub const ZSET: u8 = 3;
    pub const HASH: u8 = 4;
    pub const ZSET_2: u8 = 5;
    pub const HASH_ZIPMAP: u8 = 9;
    pub const LIST_ZIPLIST: u8 = 10;
    pub const SET_INTSET: u8 = 11;
    pub const ZSET_ZIPLIST: u8 = 12;
    pub const HASH_ZIPLIST: u8 = 13;
    pub const LIST_QUICKLIST: u8 = 14;
    pub const STREAM: u8 = 15;
    pub const HASH_LISTPACK: u8 = 16;
    pub const ZSET_LISTPACK: u8 = 17;
    pub const LIST_QUICKLIST_2: u8 = 18;
    pub const STREAM_2: u8 = 19;
    pub const SET_LISTPACK: u8 = 20;
    pub const STREAM_3: u8 = 21;
    /// A hash with fields that expire, in Valkey's form.
    pub const HASH_2: u8 = 22;
}

/// Opcodes: what is not a key.
pub(super) mod opcodes {
    pub(in super::super) const SLOT_INFO: u8 = 244;
    pub(in super::super) const FUNCTION2: u8 = 245;
    pub(in super::super) const MODULE_AUX: u8 = 247;
    pub(in super::super) const IDLE: u8 = 248;
    pub(in super::super) const FREQ: u8 = 249;
    pub(in super::super) const AUX: u8 = 250;
    pub(in super::super) const RESIZE_DB: u8 = 251;
    pub(in super::super) const EXPIRE_MS: u8 = 252;
    pub(in super::super) const EXPIRE_S: u8 = 253;
    pub(in super::super) const SELECT_DB: u8 = 254;
    pub(in super::super) const EOF: u8 = 255;
}

/// What users call a type or opcode, for refusals.
pub(super) fn type_name(kind: u8) -> &'static str {
    match kind {
        0 => "string",
        1 | 10 | 14 | 18 => "list",
        2 | 11 | 20 => "set",
        3 | 5 | 12 | 17 => "sorted set",
        4 | 9 | 13 | 16 | 22 => "hash",
        6 | 7 => "module value",
        15 | 19 | 21 => "stream",
        23..=25 => "hash with field expiry",
        246 => "function of a 7.0 release candidate",
        _ => "unknown",
    }
}
