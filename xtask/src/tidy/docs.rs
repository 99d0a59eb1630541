//! Every path of ours that a document names in backticks exists.

use super::File;

/// A path in backticks counts when it begins with one of these.
const ROOTS: &[&str] = &[
    ".ci/",
    "bench/",
    "conformance/",
    "console/",
    "crates/",
    "docs/",
    "examples/",
    "fuzz/",
    "xtask/",
];
/// Made by the build or by a run, so not in a fresh clone.
const MADE: &[&str] = &["docs/reference/"];

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for path in file.text.as_deref().into_iter().flat_map(named_paths) {
            if !exists(path, files) {
                findings.push(format!("{} names `{path}`, which is not there", file.path));
            }
        }
    }
    findings
}

/// Texts between single backticks that read as a path of ours; patterns and code blocks are left out.
fn named_paths(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let spans = line.split('`').skip(1).step_by(2);
        found.extend(spans.filter(|span| {
            ROOTS.iter().any(|root| span.starts_with(root))
                && !span.contains(['*', '<', '{', ' ', '…'])
        }));
    }
    found
}

fn exists(path: &str, files: &[File]) -> bool {
    let path = path.split([':', '#']).next().unwrap_or(path);
    let folder = format!("{}/", path.trim_end_matches('/'));
    MADE.iter().any(|made| path.starts_with(made))
        || files
            .iter()
            .any(|file| file.path == path || file.path.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[test]
    fn missing_paths_are_found() {
        let files = [
            file(
                "README.md",
                "see `crates/a/src/lib.rs`, `crates/a`, `crates/b/` and `crates/*`",
            ),
            file("crates/a/src/lib.rs", ""),
        ];
        assert_eq!(
            check(&files),
            ["README.md names `crates/b/`, which is not there"]
        );
    }

    #[test]
    fn code_blocks_and_line_numbers_are_understood() {
        let files = [
            file("A.md", "```\n`crates/none`\n```\n`crates/a/x.rs:12`"),
            file("crates/a/x.rs", ""),
        ];
        assert!(check(&files).is_empty());
    }
}
