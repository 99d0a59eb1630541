//! Lists the commands: every file in a folder of `src` is one command (or one container with its subcommands) and
//! holds a constant `COMMAND`. Writes the `mod` lines and the table in order of name; a new file is all it takes.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files that hold what several commands of a folder share; they have no `COMMAND`.
const SHARED_PREFIX: &str = "shared_";

fn main() -> io::Result<()> {
    let src = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("src");
    println!("cargo::rerun-if-changed={}", src.display());
    let (mut mods, mut table) = (String::new(), Vec::new());
    for folder in sorted(&src)?.into_iter().filter(|p| p.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        let group = stem(&folder);
        let _ = writeln!(
            mods,
            "#[path = {:?}]\nmod {group} {{",
            folder.display().to_string()
        );
        for file in sorted(&folder)?
            .into_iter()
            .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        {
            let name = stem(&file);
            // MOVE and TYPE are words of Rust, too.
            let module = match name.as_str() {
                "move" | "type" => format!("r#{name}"),
                _ => name.clone(),
            };
            if name == group {
                mods.push_str("    #[allow(clippy::module_inception)]\n");
            }
            let _ = writeln!(
                mods,
                "    #[path = {:?}]\n    pub(crate) mod {module};",
                file.display().to_string()
            );
            if !name.starts_with(SHARED_PREFIX) {
                table.push((name, format!("{group}::{module}::COMMAND")));
            }
        }
        mods.push_str("}\n");
    }
    table.sort();
    let rows: String = table.iter().fold(String::new(), |rows, (_, path)| {
        format!("{rows}    &{path},\n")
    });
    let text = format!(
        "{mods}\n/// All commands in order of name.\npub static COMMANDS: &[&engine_dispatch::Command] = &[\n{rows}];\n"
    );
    fs::write(
        PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("commands.rs"),
        text,
    )
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|e| e.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    all.sort();
    Ok(all)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
