//! A name says what is inside: nothing is called after having no better name.

use super::File;

const FORBIDDEN: &[&str] = &[
    "common", "core", "helper", "helpers", "misc", "util", "utils",
];

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files {
        let parts = file
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part));
        for part in parts {
            if FORBIDDEN.contains(&part) {
                findings.push(format!(
                    "{}: `{part}` tells nobody what is inside",
                    file.path
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[test]
    fn empty_names_are_found_as_file_and_as_folder() {
        assert_eq!(
            check(&[
                file("crates/a/src/util.rs", ""),
                file("crates/a/tests/common/mod.rs", "")
            ])
            .len(),
            2
        );
        assert!(check(&[file("crates/a/src/score.rs", "")]).is_empty());
    }
}
