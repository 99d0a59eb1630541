//! `cargo xtask fuzz`: libFuzzer on the stable toolchain.
//!
//! The flags are those that `cargo fuzz -s none` passes: coverage counters without a sanitizer, which would need a nightly.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::{cargo, must, output, root, scratch};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One target by name; all of them when left out.
    target: Option<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(crate) fn run(args: &Args) -> Result<()> {
    let all = targets()?;
    let chosen: Vec<&String> = all
        .iter()
        .filter(|name| args.target.as_ref().is_none_or(|wanted| wanted == *name))
        .collect();
    if chosen.is_empty() {
        bail!("no such target; there are: {}", all.join(", "));
    }
    for name in &chosen {
        let done = match name.as_str() {
            COMMANDS => commands(args.seconds),
            _ => fuzz(name, args.seconds),
        };
        done.with_context(|| format!("fuzz target {name}"))?;
    }
    println!("{} passed, 0 failed", chosen.len());
    Ok(())
}

/// The command layer: not libFuzzer's bytes but words drawn from the command table, by a test that is also played briefly
/// with the others.
const COMMANDS: &str = "commands";

fn commands(seconds: u32) -> Result<()> {
    must(
        cargo()
            .env("ELASTANE_FUZZ_SECONDS", seconds.to_string())
            .args(["test", "--package", "engine-commands", "--test", "random"])
            .args(["arguments", "--", "--nocapture"]),
    )
}

/// Each file in `fuzz/targets/` is one, beside the command layer.
fn targets() -> Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(root().join("fuzz/targets"))?
        .flatten()
        .filter_map(|e| Some(e.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.push(COMMANDS.to_owned());
    names.sort();
    Ok(names)
}

fn fuzz(name: &str, seconds: u32) -> Result<()> {
    let corpus = scratch(&format!("fuzz/{name}"))?;
    let seeds = root().join("fuzz/seeds").join(name);
    let artifacts = format!("-artifact_prefix={}/", scratch("fuzz")?.display());
    let mut command = cargo();
    // A target triple keeps the flags away from build scripts, which could not be linked with them.
    command
        .current_dir(root().join("fuzz"))
        .env("RUSTFLAGS", COVERAGE)
        .args([
            "run",
            "--quiet",
            "--release",
            "--target",
            &host()?,
            "--bin",
            name,
            "--",
        ]);
    command
        .arg(corpus)
        .args(seeds.exists().then_some(seeds))
        .args([format!("-max_total_time={seconds}"), artifacts]);
    must(&mut command)
}

fn host() -> Result<String> {
    let version = output(std::process::Command::new("rustc").arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc -vV names no host")?;
    Ok(host.to_owned())
}
