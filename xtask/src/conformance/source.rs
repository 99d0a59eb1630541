//! Where suites come from: Debian source packages and Python source distributions, unpacked below `target/`, never stored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::install::{self, Venv, apt_get};
use crate::workspace::{output, scratch};

/// A Debian source package: which, and from which suite of Debian (the machine's own when there is none).
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) suite: Option<&'static str>,
}

/// The tree of a source package, below `target/suites/FOLDER`; the version that was fetched stands in `VERSION` in it.
pub(crate) fn debian(folder: &str, package: &Package) -> Result<PathBuf> {
    let folder = scratch(&format!("suites/{folder}"))?;
    let tree = folder.join("tree");
    if !tree.join("tests/test_helper.tcl").exists() {
        install::programs(&[install::DPKG_SOURCE])?;
        let lists = own_lists(&folder, package.suite)?;
        eprintln!("fetching the source package `{}`", package.name);
        output(apt_get().args(&lists).arg("update"))?;
        output(apt_get().args(&lists).current_dir(&folder).args([
            "source",
            "--download-only",
            package.name,
        ]))?;
        let description = newest(&folder, &format!("{}_", package.name), ".dsc")?;
        fs::remove_dir_all(&tree).ok();
        output(
            Command::new("dpkg-source")
                .current_dir(&folder)
                .args(["--no-check", "-x"])
                .arg(&description)
                .arg(&tree),
        )?;
        let version = description
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        fs::write(folder.join("VERSION"), version.unwrap_or_default())?;
    }
    println!(
        "suite: {}",
        fs::read_to_string(folder.join("VERSION")).unwrap_or_default()
    );
    Ok(tree)
}

/// Options that make apt use source lists of our own, made from the system's, which stay as they are.
fn own_lists(folder: &Path, suite: Option<&str>) -> Result<Vec<String>> {
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
            ("own.sources", source_stanzas(&text, suite))
        } else {
            ("own.list", source_lines(&text, suite))
        };
        found |= text.contains("deb-src");
        fs::write(parts.join(name), text)?;
        if found && suite.is_some() {
            break;
        }
    }
    if !found {
        anyhow::bail!("found no Debian package sources in /etc/apt to take a source package from");
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

/// The stanzas of a `.sources` file for source packages; for another suite only the first, which is Debian's own archive.
fn source_stanzas(text: &str, suite: Option<&str>) -> String {
    let text = text.replace("Types: deb\n", "Types: deb-src\n");
    let Some(suite) = suite else { return text };
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines = first.lines().map(|line| {
        if line.starts_with("Suites:") {
            format!("Suites: {suite}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// The same for the lines of a `sources.list`: `deb [options] address suite components`.
fn source_lines(text: &str, suite: Option<&str>) -> String {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("deb "));
    let Some(suite) = suite else {
        return lines.map(|line| format!("deb-src {line}\n")).collect();
    };
    let Some(line) = lines.next() else {
        return String::new();
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let of_suite = words.iter().position(|word| word.contains("://"));
    let words = words.iter().enumerate().map(|(at, word)| {
        if Some(at) == of_suite.map(|at| at + 1) {
            suite
        } else {
            word
        }
    });
    format!("deb-src {}\n", words.collect::<Vec<_>>().join(" "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_suite_is_taken_from_the_first_archive() {
        let stanzas = "Types: deb\nURIs: http://one\nSuites: a a-updates\n\nTypes: deb\nURIs: http://two\nSuites: b\n";
        assert_eq!(
            source_stanzas(stanzas, Some("sid")),
            "Types: deb-src\nURIs: http://one\nSuites: sid\n"
        );
        let lines = "# c\ndeb [trusted=yes] http://one a main\ndeb http://two b main\n";
        assert_eq!(
            source_lines(lines, Some("sid")),
            "deb-src [trusted=yes] http://one sid main\n"
        );
        assert_eq!(
            source_lines(lines, None),
            "deb-src [trusted=yes] http://one a main\ndeb-src http://two b main\n"
        );
    }
}
