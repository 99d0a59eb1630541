//! Placeholder until `cargo xtask codegen` is there.

use anyhow::{Result, bail};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args) -> Result<()> {
    bail!("codegen is not there yet")
}
