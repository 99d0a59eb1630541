//! Purpose: the commands, one file each: table entry, handler, tests.
//! Layer: verbs. Only processes depend on it.
//! Must not know: sockets, threads.
//! Design: docs/design/execution.md

pub mod args;
pub mod help;
mod items;
mod sampling;
mod scanning;
#[cfg(test)]
mod testing;

include!(concat!(env!("OUT_DIR"), "/commands.rs"));

/// The table of all commands, made once.
#[must_use]
pub fn table() -> &'static engine_dispatch::CommandTable {
    static TABLE: std::sync::OnceLock<&'static engine_dispatch::CommandTable> =
        std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        engine_dispatch::CommandTable::with_scripting(
            COMMANDS,
            Some(engine_scripting::Scripts::boxed),
        )
    })
}
