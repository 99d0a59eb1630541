//! `cargo xtask tidy`: the project's rules that a machine can hold, one module each.
//!
//! A rule looks at the tree and gives its findings as text; what it reads is passed in, so its unit tests need no tree.

mod docs;
mod headers;
mod layering;
mod names;
mod sizes;
mod words;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::workspace::{cargo, output, root};

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only the rules that need no compilation.
    #[arg(long)]
    quick: bool,
}

/// A file of the work tree: its path from the root and, where it is text, its content.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (passed, findings) = check(args)?;
    for finding in &findings {
        println!("tidy: {finding}");
    }
    println!("{passed} passed, {} failed", findings.len());
    if !findings.is_empty() {
        std::process::exit(1);
    }
    Ok(())
}

/// Runs every rule: how many hold, and what the others found.
pub(crate) fn check(args: &Args) -> Result<(usize, Vec<String>)> {
    let files = files()?;
    let mut findings = Vec::new();
    let mut passed = 0;
    let mut note = |found: Vec<String>| {
        passed += usize::from(found.is_empty());
        findings.extend(found);
    };
    note(layering::check(&layering::arrows()?));
    note(sizes::check(&files));
    note(headers::check(&files));
    note(docs::check(&files));
    note(words::check(&files));
    note(names::check(&files));
    note(command_rule(
        "cargo fmt",
        &["fmt", "--all", "--", "--check", "-l"],
    ));
    if !args.quick {
        note(command_rule(
            "clippy",
            &[
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
        ));
    }
    Ok((passed, findings))
}

/// A rule that another tool holds; its findings go straight to the terminal.
fn command_rule(name: &str, arguments: &[&str]) -> Vec<String> {
    match cargo().args(arguments).status() {
        Ok(status) if status.success() => Vec::new(),
        Ok(status) => vec![format!(
            "{name} ended with {status}: run cargo {}",
            arguments.join(" ")
        )],
        Err(error) => vec![format!("{name} did not start: {error}")],
    }
}

/// Tracked files and new ones that are not ignored.
fn files() -> Result<Vec<File>> {
    let mut list = Command::new("git");
    list.current_dir(root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut files: Vec<File> = Vec::new();
    for path in output(&mut list)?.lines() {
        let full: PathBuf = root().join(path);
        if full.is_file() {
            files.push(File {
                path: path.to_owned(),
                text: std::fs::read_to_string(full).ok(),
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

#[cfg(test)]
pub(crate) fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: Some(text.to_owned()),
    }
}
