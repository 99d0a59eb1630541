//! The binary: `elastane serve`, `elastane node`, `elastane memcached`.

use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: node::memory::Jemalloc = node::memory::Jemalloc;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    match args.first().map(Vec::as_slice) {
        Some(b"node") => node::run(&args[1..], VERSION),
        _ => {
            eprintln!("Usage: elastane serve | node | memcached");
            ExitCode::FAILURE
        }
    }
}
