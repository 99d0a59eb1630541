//! What can be wrong with RDB bytes.

use super::kind::type_name;
use super::legacy::Malformed;

/// An RDB stream or DUMP payload that cannot be read. Nothing of it has been applied: the caller
/// loads into fresh contents and swaps them in at the end.
#[derive(Debug, thiserror::Error)]
pub enum RdbError {
    /// The source failed or ended early; a retry with the same source state will not help.
    #[error("reading RDB at byte {at}: {source}")]
    Io {
        /// Bytes consumed before.
        at: u64,
        /// What the source said.
        source: std::io::Error,
    },
    /// The first bytes are not an RDB header.
    #[error("not an RDB file: the header is not REDIS or VALKEY and a version")]
    Magic,
    /// A version newer than this build knows.
    #[error("RDB version {0} is newer than this build reads")]
    Version(u32),
    /// The bytes contradict the format.
    #[error("corrupt RDB at byte {at}: {what}")]
    Corrupt {
        /// Bytes consumed before.
        at: u64,
        /// The contradiction.
        what: &'static str,
    },
    /// A value of a type that is not read yet, or never will be (modules).
    #[error("RDB holds a value of type {kind} ({}), which is not supported", type_name(*kind))]
    UnsupportedType {
        /// The type byte.
        kind: u8,
    },
    /// Auxiliary data of a module.
    #[error("RDB holds data of the module {0:?}; modules are not supported")]
    Module(String),
    /// The checksum at the end does not match.
    #[error("RDB checksum is {stated:016x} but the bytes give {computed:016x}")]
    Checksum {
        /// From the file.
        stated: u64,
        /// From its bytes.
        computed: u64,
    },
    /// A packed value is malformed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}
