//! Lists `src/actions/` and writes its `mod` lines and the dispatch table in order of
//! name, so that a new action is a new file and nothing else.

use std::fmt::Write as _;
use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/actions");
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")).join("src/actions");
    let mut stems: Vec<String> = fs::read_dir(&folder)
        .expect("src/actions can be listed")
        .filter_map(|entry| {
            let name = entry.expect("src/actions can be listed").file_name();
            Some(name.to_str()?.strip_suffix(".rs")?.to_owned())
        })
        .collect();
    stems.sort();
    let (mut modules, mut arms, mut names) = (String::new(), String::new(), String::new());
    for stem in &stems {
        let action = camel(stem);
        let path = folder.join(format!("{stem}.rs"));
        let _ = writeln!(modules, "#[path = {path:?}]\npub(crate) mod {stem};");
        let _ = writeln!(
            arms,
            "        {action:?} => carry_out!(call, form, {action}, {stem}),"
        );
        let _ = writeln!(names, "    {action:?},");
    }
    let code = format!(
        "{modules}\n\
         /// The operations that are carried out, in order of name.\n\
         pub static ACTIONS: &[&str] = &[\n{names}];\n\n\
         pub(crate) async fn dispatch(call: &Call, action: &str, form: &Form) -> Option<Result<String, ApiError>> {{\n    \
         Some(match action {{\n{arms}        _ => return None,\n    }})\n}}\n"
    );
    fs::write(Path::new(&variable("OUT_DIR")).join("actions.rs"), code)
        .expect("OUT_DIR can be written");
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets its variables")
}

/// `create_cache_cluster` is the file of `CreateCacheCluster`.
fn camel(stem: &str) -> String {
    stem.split('_')
        .flat_map(|word| {
            word.chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .chain(word.chars().skip(1))
        })
        .collect()
}
