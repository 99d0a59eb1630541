//! The RDB format (docs/design/rdb.md): whole streams, and single values as DUMP gives them.

mod crc64;
mod encode;
mod error;
mod kind;
mod legacy;
mod load;
mod lzf;
mod read;
mod reader;
mod stream;
mod value;
mod writer;

pub use crc64::crc64;
pub use encode::{RdbOut, put_length, put_string};
pub use error::RdbError;
pub use kind::{VERSION_READ_MAX, VERSION_WRITTEN, types};
pub use legacy::Malformed;
pub use load::Loaded;
pub use reader::{Item, RdbReader, RestoreError, restore_payload, restore_payload_checked};
pub use value::RdbValue;
pub use writer::{KeyMeta, RdbWriter, dump_payload, put_key};

#[cfg(test)]
mod tests;
