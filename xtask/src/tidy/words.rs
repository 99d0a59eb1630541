//! What no file of the project may say: hosts of package registries, paths of one machine, folders beside the repository.

use super::File;

/// Written in pieces, so that this file does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("crates", ".io"), "a package registry's host"),
    (concat!("pypi", ".org"), "a package registry's host"),
    (concat!("python", "hosted.org"), "a package registry's host"),
    (concat!("npmjs", ".org"), "a package registry's host"),
    (concat!("deb.", "debian.org"), "a package registry's host"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("../sh", "ared"), "a folder outside the repository"),
];

/// Written by cargo, which names its registry.
const LOCK: &str = "Cargo.lock";

pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.path.ends_with(LOCK)) {
        for (number, line) in file.text.as_deref().unwrap_or("").lines().enumerate() {
            for (word, what) in FORBIDDEN {
                if line.contains(word) {
                    findings.push(format!("{}:{}: `{word}` is {what}", file.path, number + 1));
                }
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
    fn forbidden_words_are_found_with_their_line() {
        let text = format!("fine\nsee {}x\n", FORBIDDEN[5].0);
        let found = check(&[file("docs/a.md", &text)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("docs/a.md:2:"));
    }

    #[test]
    fn the_lock_file_is_left_to_cargo() {
        assert!(check(&[file("fuzz/Cargo.lock", FORBIDDEN[0].0)]).is_empty());
    }
}
