//! Where suites come from: Debian source packages and Python source distributions, unpacked below `target/`, never stored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::{self, Venv, apt_get};
use crate::workspace::{output, scratch};

/// The source tree of Debian's `redis` package.
pub(crate) fn redis() -> Result<PathBuf> {
    let folder = scratch("suites")?;
    let tree = folder.join("redis");
    if tree.join("tests/test_helper.tcl").exists() {
        return Ok(tree);
    }
    install::programs(&[install::DPKG_SOURCE])?;
    let lists = own_lists(&folder)?;
    eprintln!("fetching the source package `redis`");
    output(apt_get().args(&lists).arg("update"))?;
    output(apt_get().args(&lists).current_dir(&folder).args([
        "source",
        "--download-only",
        "redis",
    ]))?;
    let description = newest(&folder, "redis_", ".dsc")?;
    fs::remove_dir_all(&tree).ok();
    output(
        Command::new("dpkg-source")
            .current_dir(&folder)
            .args(["--no-check", "-x"])
            .arg(description)
            .arg(&tree),
    )?;
    Ok(tree)
}

/// Options that make apt use source lists of our own, made from the system's, which stay as they are.
fn own_lists(folder: &Path) -> Result<Vec<String>> {
    let parts = folder.join("apt/parts");
    fs::create_dir_all(&parts)?;
    fs::create_dir_all(folder.join("apt/lists/partial"))?;
    fs::create_dir_all(folder.join("apt/cache/archives/partial"))?;
    let mut found = false;
    for file in [
        "/etc/apt/sources.list.d/debian.sources",
        "/etc/apt/sources.list",
    ] {
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        let (name, text) = if file.ends_with(".sources") {
            (
                "own.sources",
                text.replace("Types: deb\n", "Types: deb-src\n"),
            )
        } else {
            (
                "own.list",
                text.lines()
                    .filter_map(|l| l.strip_prefix("deb "))
                    .map(|l| format!("deb-src {l}\n"))
                    .collect(),
            )
        };
        found |= text.contains("deb-src");
        fs::write(parts.join(name), text)?;
    }
    if !found {
        anyhow::bail!(
            "found no Debian package sources in /etc/apt to take the source of redis from"
        );
    }
    let option = |name: &str, value: &str| ["-o".to_owned(), format!("{name}={value}")];
    let mut options = Vec::new();
    options.extend(option("Dir::Etc::SourceList", "/dev/null"));
    options.extend(option("Dir::Etc::SourceParts", &parts.to_string_lossy()));
    options.extend(option(
        "Dir::State::Lists",
        &folder.join("apt/lists").to_string_lossy(),
    ));
    options.extend(option(
        "Dir::Cache",
        &folder.join("apt/cache").to_string_lossy(),
    ));
    options.extend(option("APT::Sandbox::User", "root"));
    Ok(options)
}

fn newest(folder: &Path, start: &str, end: &str) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|e| e.path()).collect();
    found.retain(|p| {
        p.file_name().is_some_and(|n| {
            n.to_string_lossy().starts_with(start) && n.to_string_lossy().ends_with(end)
        })
    });
    found.sort();
    found
        .pop()
        .with_context(|| format!("no {start}*{end} was downloaded"))
}

/// A Python package's source distribution, which holds its tests.
pub(crate) fn python_sdist(venv: &Venv, pinned: &str) -> Result<PathBuf> {
    let name = pinned.split("==").next().unwrap_or(pinned);
    let folder = scratch("suites")?;
    let tree = folder.join(pinned.replace("==", "-"));
    if tree.join("tests").exists() {
        return Ok(tree);
    }
    let mut download = Command::new(venv.python());
    download
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-binary",
            name,
            pinned,
            "--dest",
        ])
        .arg(&folder);
    output(&mut download)?;
    let archive = newest(&folder, &format!("{name}-"), ".tar.gz")?;
    fs::create_dir_all(&tree)?;
    output(
        Command::new("tar")
            .arg("xzf")
            .arg(archive)
            .arg("-C")
            .arg(&tree)
            .arg("--strip-components=1"),
    )?;
    Ok(tree)
}
