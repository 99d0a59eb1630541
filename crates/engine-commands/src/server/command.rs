//! COMMAND and its subcommands.

use super::shared_command_docs::docs;
use super::shared_command_info::{all, info};
use super::shared_command_keys::{get_keys, get_keys_and_flags};
use crate::args::is;
use crate::help::HELP;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, Registered};
use engine_types::glob;

const SUB: Command = Command {
    flags: Flags::LOADING.union(Flags::STALE),
    acl: Acl::CONNECTION,
    group: Group::Server,
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "command",
    arity: -1,
    since: "2.8.13",
    complexity: "O(N) where N is the total number of Redis commands",
    summary: "Describes all commands.",
    subcommands: &[
        Command {
            name: "count",
            arity: 2,
            since: "2.8.13",
            summary: "Returns how many commands there are.",
            run: count,
            ..SUB
        },
        Command {
            name: "docs",
            arity: -2,
            since: "7.0.0",
            complexity: "O(N) where N is the number of commands to look up",
            summary: "Describes commands for people.",
            syntax: "[command-name [command-name ...]]",
            run: docs,
            ..SUB
        },
        Command {
            name: "getkeys",
            arity: -4,
            since: "2.8.13",
            complexity: "O(N) where N is the number of arguments to the command",
            summary: "Returns which words of a command are keys.",
            syntax: "command [arg [arg ...]]",
            run: get_keys,
            ..SUB
        },
        Command {
            name: "getkeysandflags",
            arity: -4,
            since: "7.0.0",
            complexity: "O(N) where N is the number of arguments to the command",
            summary: "Returns which words of a command are keys, and what it does with each.",
            syntax: "command [arg [arg ...]]",
            run: get_keys_and_flags,
            ..SUB
        },
        Command {
            flags: SUB.flags,
            acl: SUB.acl,
            group: SUB.group,
            ..HELP
        },
        Command {
            name: "info",
            arity: -2,
            since: "2.8.13",
            complexity: "O(N) where N is the number of commands to look up",
            summary: "Describes commands for clients.",
            syntax: "[command-name [command-name ...]]",
            run: info,
            ..SUB
        },
        Command {
            name: "list",
            arity: -2,
            since: "7.0.0",
            complexity: "O(N) where N is the total number of Redis commands",
            summary: "Returns the names of the commands that meet the condition.",
            syntax: "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
            run: list,
            ..SUB
        },
    ],
    run: all,
    ..SUB
};

fn count(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.server.table.commands.len() as i64);
    Ok(())
}

fn list(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let filter: Box<dyn Fn(&Registered) -> bool> = match args {
        [_, _] => Box::new(|_| true),
        [_, _, by, what, value] if is(by, "FILTERBY") => {
            if is(what, "MODULE") {
                Box::new(|_| false)
            } else if is(what, "ACLCAT") {
                let wanted = Acl::NAMES.iter().find(|(_, name)| is(value, name));
                Box::new(move |c| {
                    wanted.is_some_and(|(cat, _)| c.command.categories().contains(*cat))
                })
            } else if is(what, "PATTERN") {
                Box::new(|c| glob::matches(value, c.full_name.as_bytes(), true))
            } else {
                return Err(Error::SYNTAX);
            }
        }
        _ => return Err(Error::SYNTAX),
    };
    let names: Vec<&str> = cx
        .server
        .table
        .all()
        .filter(|c| filter(c))
        .map(|c| c.full_name.as_str())
        .collect();
    cx.out.array(names.len());
    for name in names {
        cx.out.bulk(name.as_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn lists() {
        play(
            "> COMMAND LIST FILTERBY PATTERN comm*nd|co*
             < *1
             < $13
             < command|count
             > COMMAND LIST FILTERBY MODULE x
             < *0
             > COMMAND LIST FILTERBY ACLCAT foo
             < *0
             > COMMAND LIST FILTERBY foo bar
             < -ERR syntax error
             > COMMAND LIST foo
             < -ERR syntax error
             > COMMAND foo
             < -ERR unknown subcommand 'foo'. Try COMMAND HELP.",
        );
    }

    #[test]
    fn as_many_as_are_counted() {
        let mut stage = Stage::new(crate::table());
        let count = String::from_utf8(stage.send("a", b"COMMAND COUNT\r\n")).unwrap();
        let all = String::from_utf8(stage.send("a", b"COMMAND\r\n")).unwrap();
        let number = count.trim_end().trim_start_matches(':');
        assert!(all.starts_with(&format!("*{number}\r\n*10\r\n")));
        let docs = String::from_utf8(stage.send("a", b"COMMAND DOCS\r\n")).unwrap();
        let pairs = 2 * number.parse::<usize>().unwrap();
        assert!(docs.starts_with(&format!("*{pairs}\r\n")));
    }
}
