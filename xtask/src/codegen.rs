//! `cargo xtask codegen`: fetches the service model anew and writes what derives from
//! it: the data in `crates/proto-awsquery/model/` and `docs/reference/actions.md`.
//!
//! Run it after raising [`BOTOCORE`] or adding an action; a test of `control-api`
//! fails while the page is out of date.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The release of botocore whose model is kept.
const BOTOCORE: &str = "1.44.8";

/// Arguments of `cargo xtask codegen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the model as it is and write only the pages.
    #[arg(long)]
    pages_only: bool,
}

/// Writes the model and the pages.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    let root = repository();
    if !args.pages_only {
        write_model(&root)?;
    }
    write_actions_page(&root)
}

fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn write_model(root: &Path) -> anyhow::Result<()> {
    let environment = root.join("target/codegen-python");
    let python = environment.join("bin/python");
    if !python.exists() {
        run_command(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
            "python3 with its venv module is needed (Debian: python3-venv)",
        )?;
    }
    run_command(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .arg(format!("botocore=={BOTOCORE}")),
        "botocore could not be installed",
    )?;
    run_command(
        Command::new(&python)
            .arg(root.join("xtask/src/model.py"))
            .arg(root.join("crates/proto-awsquery/model"))
            .arg(BOTOCORE),
        "the model could not be written",
    )
}

/// The page is rendered by the crate that has the actions, so that this one need not
/// be built with it.
fn write_actions_page(root: &Path) -> anyhow::Result<()> {
    run_command(
        Command::new(env!("CARGO"))
            .current_dir(root)
            .args([
                "run",
                "--quiet",
                "-p",
                "control-api",
                "--example",
                "actions-page",
                "--",
            ])
            .arg("docs/reference/actions.md"),
        "docs/reference/actions.md could not be written",
    )
}

fn run_command(command: &mut Command, otherwise: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| otherwise.to_owned())?;
    if !status.success() {
        bail!("{otherwise} ({status})");
    }
    Ok(())
}
