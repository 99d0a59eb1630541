//! Purpose: every configuration parameter once: engine directive and ElastiCache metadata.
//! Layer: vocabulary. Pure.
//! Must not know: who reads or sets a parameter.
//! Design: docs/design/params.md

pub mod args;
mod checks;
pub mod choices;
pub mod conf_file;
mod config;
mod format;
mod kind;
mod managed;
mod parse;
mod rewrite;
mod startup;
mod table;
mod value;

pub use choices::{Choice, Named};
pub use config::{Config, Origin, SetError};
pub use kind::{Flags, Kind, Param};
pub use managed::{Applied, Managed, managed};
pub use rewrite::{rewrite, rewrite_with};
pub use startup::{Directive, LoadError, load};
pub use table::*;
pub use value::{BufferLimit, ClientClass, SavePoint};
