//! A file that a stranger can find his way in: 1,000 lines at most, data tables and generated code aside.

use super::File;

const LINES_MAX: usize = 1_000;
const CODE: &[&str] = &["rs", "py", "sh", "tcl", "js", "ts", "tsx", "css"];

pub(crate) fn check(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| counts(&file.path))
        .filter_map(finding)
        .collect()
}

fn finding(file: &File) -> Option<String> {
    let text = file.text.as_ref()?;
    let lines = text.lines().count();
    let generated = text.lines().take(3).any(|line| line.contains("@generated"));
    (lines > LINES_MAX && !generated).then(|| {
        format!(
            "{} has {lines} lines, past the {LINES_MAX} that a file may have",
            file.path
        )
    })
}

fn counts(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("");
    CODE.contains(&extension)
        && !path
            .split('/')
            .any(|part| part == "data" || part == "generated")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[test]
    fn long_code_is_found_and_data_is_not() {
        let long = "x\n".repeat(LINES_MAX + 1);
        assert_eq!(check(&[file("crates/a/src/b.rs", &long)]).len(), 1);
        assert!(check(&[file("crates/a/src/b.rs", &"x\n".repeat(LINES_MAX))]).is_empty());
        assert!(check(&[file("crates/a/data/b.rs", &long), file("Cargo.lock", &long)]).is_empty());
        assert!(check(&[file("crates/a/src/b.rs", &format!("// @generated\n{long}"))]).is_empty());
    }
}
