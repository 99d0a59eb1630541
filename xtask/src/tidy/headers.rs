//! Each library opens with four lines: purpose, layer, what it must not know, its design page. The page exists.

use super::File;

const OPENING: [&str; 4] = [
    "//! Purpose: ",
    "//! Layer: ",
    "//! Must not know: ",
    "//! Design: ",
];

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let libraries = files
        .iter()
        .filter(|file| file.path.starts_with("crates/") && file.path.ends_with("/src/lib.rs"));
    let mut findings = Vec::new();
    for library in libraries {
        let text = library.text.as_deref().unwrap_or("");
        let mut lines = text.lines();
        for opening in OPENING {
            let line = lines.next().unwrap_or("");
            let Some(rest) = line.strip_prefix(opening) else {
                findings.push(format!(
                    "{} must open with `{}…` among its first four lines",
                    library.path,
                    opening.trim_end()
                ));
                break;
            };
            if opening == OPENING[3] {
                findings.extend(missing_pages(rest, files).map(|page| {
                    format!("{} names the page {page}, which is not there", library.path)
                }));
            }
        }
    }
    findings
}

fn missing_pages<'a>(pages: &'a str, files: &'a [File]) -> impl Iterator<Item = &'a str> {
    pages
        .split(',')
        .map(str::trim)
        .filter(|page| !files.iter().any(|file| file.path == *page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    const GOOD: &str =
        "//! Purpose: a.\n//! Layer: b.\n//! Must not know: c.\n//! Design: docs/design/x.md\n";

    #[test]
    fn a_header_with_its_page_passes() {
        assert!(
            check(&[
                file("crates/x/src/lib.rs", GOOD),
                file("docs/design/x.md", "")
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_missing_line_or_page_is_found() {
        assert_eq!(check(&[file("crates/x/src/lib.rs", GOOD)]).len(), 1);
        assert_eq!(
            check(&[
                file("crates/x/src/lib.rs", "//! A crate.\n"),
                file("docs/design/x.md", "")
            ])
            .len(),
            1
        );
    }
}
