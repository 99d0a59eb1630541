//! Writes `docs/reference/actions.md`; `cargo xtask codegen` runs it.
//!
//! Usage: `actions-page PATH`

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1) {
        Some(path) => std::fs::write(path, control_api::reference_page()),
        None => Err(std::io::Error::other("usage: actions-page PATH")),
    }
}
