//! COMMAND DOCS: commands described for people.

use super::shared_command_facts::{deprecated, is_of_the_system};
use super::shared_command_syntax::{Argument, Kind, parse};
use engine_dispatch::{Cx, Outcome, Registered};
use proto_resp::Reply;

pub(super) fn docs(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let table = cx.server.table;
    let chosen: Vec<&Registered> = if args.len() == 2 {
        table.commands.clone()
    } else {
        args[2..]
            .iter()
            .filter_map(|name| table.by_full_name(name))
            .collect()
    };
    cx.out.map(chosen.len());
    for command in chosen {
        describe(&mut cx.out, command);
    }
    Ok(())
}

fn text(out: &mut Reply<'_>, name: &str, value: &str) {
    out.bulk(name.as_bytes());
    out.bulk(value.as_bytes());
}

fn flags(out: &mut Reply<'_>, name: &str, flags: &[&str]) {
    out.bulk(name.as_bytes());
    out.set(flags.len());
    flags.iter().for_each(|flag| out.simple(flag));
}

fn describe(out: &mut Reply<'_>, registered: &Registered) {
    let command = registered.command;
    let deprecated = deprecated(&registered.full_name);
    let of_the_system = is_of_the_system(&registered.full_name);
    let mut keys = command.keys.len();
    let arguments = parse(command.syntax, &mut keys);
    let fields = 3
        + usize::from(!command.complexity.is_empty())
        + usize::from(deprecated.is_some() || of_the_system)
        + 2 * usize::from(deprecated.is_some())
        + usize::from(!arguments.is_empty())
        + usize::from(!command.subcommands.is_empty());
    out.bulk(registered.full_name.as_bytes());
    out.map(fields);
    text(out, "summary", command.summary);
    text(out, "since", command.since);
    text(out, "group", command.group.name());
    if !command.complexity.is_empty() {
        text(out, "complexity", command.complexity);
    }
    if let Some((since, instead)) = deprecated {
        flags(out, "doc_flags", &["deprecated"]);
        text(out, "deprecated_since", since);
        text(out, "replaced_by", instead);
    } else if of_the_system {
        flags(out, "doc_flags", &["syscmd"]);
    }
    if !arguments.is_empty() {
        out.bulk(b"arguments");
        describe_arguments(out, &arguments);
    }
    if !command.subcommands.is_empty() {
        out.bulk(b"subcommands");
        out.map(command.subcommands.len());
        for sub in command.subcommands {
            if let Some(sub) = registered.subcommands.get(sub.name.as_bytes()) {
                describe(out, sub);
            }
        }
    }
}

fn describe_arguments(out: &mut Reply<'_>, arguments: &[Argument]) {
    out.array(arguments.len());
    for argument in arguments {
        let is_leaf = !matches!(argument.kind, Kind::Block | Kind::OneOf);
        let marks = argument.flags();
        let fields = 2
            + usize::from(is_leaf)
            + usize::from(argument.key_spec.is_some())
            + usize::from(argument.token.is_some())
            + usize::from(!marks.is_empty())
            + usize::from(!is_leaf);
        out.map(fields);
        text(out, "name", &argument.name);
        text(out, "type", argument.kind.name());
        if is_leaf {
            text(out, "display_text", &argument.name);
        }
        if let Some(index) = argument.key_spec {
            out.bulk(b"key_spec_index");
            out.int(index as i64);
        }
        if let Some(token) = &argument.token {
            text(out, "token", token);
        }
        if !marks.is_empty() {
            flags(out, "flags", &marks);
        }
        if !is_leaf {
            out.bulk(b"arguments");
            describe_arguments(out, &argument.children);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn a_command_without_arguments() {
        play(
            "3> COMMAND DOCS nosuch time
             < %1
             < $4
             < time
             < %4
             < $7
             < summary
             < $78
             < Returns the time, as seconds of Unix time and microseconds of that second.
             < $5
             < since
             < $5
             < 2.6.0
             < $5
             < group
             < $6
             < server
             < $10
             < complexity
             < $4
             < O(1)"
                .replace("$78", "$74")
                .as_str(),
        );
    }

    #[test]
    fn all_can_be_described() {
        let mut stage = Stage::new(crate::table());
        let docs = String::from_utf8(stage.send("a", b"COMMAND DOCS\r\n")).unwrap();
        assert!(docs.contains("\r\nclient|kill\r\n"));
        assert!(docs.contains("\r\nkey_spec_index\r\n:0\r\n"));
        assert!(docs.contains("\r\ndeprecated_since\r\n$5\r\n5.0.0\r\n"));
    }
}
