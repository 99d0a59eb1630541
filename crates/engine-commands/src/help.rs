//! HELP of the containers, made from what the table says of their subcommands.

use engine_dispatch::{Command, Cx, Outcome};

/// The HELP subcommand of a container, to be completed with flags, categories and group.
pub const HELP: Command = Command {
    name: "help",
    arity: 2,
    since: "5.0.0",
    summary: "Explains the subcommands.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let container = cx.command.full_name.split('|').next().unwrap_or_default();
    let registered = cx.server.table.by_full_name(container.as_bytes());
    let subcommands = registered.map_or(&[][..], |r| r.command.subcommands);
    cx.out.array(1 + 2 * subcommands.len());
    cx.out.simple(&first_line(container));
    let others = subcommands.iter().filter(|c| c.name != "help");
    for command in others.chain(subcommands.iter().filter(|c| c.name == "help")) {
        let line = format!("{} {}", command.name.to_uppercase(), command.syntax);
        cx.out.simple(line.trim_end());
        cx.out.simple(&format!("    {}", command.summary));
    }
    Ok(())
}

/// HELP of a command whose subcommands the table does not list: pairs of words and explanation.
pub fn write(cx: &mut Cx<'_>, lines: &[(&str, &str)]) {
    cx.out.array(1 + 2 * lines.len());
    cx.out.simple(&first_line(cx.command.command.name));
    for (words, explanation) in lines {
        cx.out.simple(words);
        cx.out.simple(&format!("    {explanation}"));
    }
}

fn first_line(container: &str) -> String {
    let name = container.to_uppercase();
    format!("{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
}
