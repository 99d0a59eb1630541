//! Purpose: Lua scripts and function libraries: the virtual machine, its sandbox and libraries, values to and from replies, the script cache and the function registry.
//! Layer: mechanisms. I/O through traits it is given.
//! Must not know: sockets, single commands.
//! Design: docs/design/scripting.md

#![allow(
    dead_code,
    reason = "some of what function libraries need stands here before they do"
)]

mod api;
mod arguments;
mod bit;
mod cache;
mod cjson;
mod convert;
mod host;
mod msgpack;
mod prng;
mod raised;
mod run;
mod sandbox;
mod scripts;
mod shebang;
mod structs;
mod vm;

pub use scripts::Scripts;
