//! ACL and its subcommands, for the one user there is so far: `default`, who may do everything.

use super::shared_dialect::is_at_least;
use crate::args::{int, is};
use crate::help::HELP;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, Server};
use proto_resp::num::parse_i64;
use sha2::{Digest, Sha256};

const SUB: Command = Command {
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    group: Group::Server,
    since: "6.0.0",
    ..Command::BASE
};

const ADMIN: Command = Command {
    flags: SUB.flags.union(Flags::ADMIN),
    ..SUB
};

pub(crate) const COMMAND: Command = Command {
    name: "acl",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "6.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for Access List Control commands.",
    subcommands: &[
        Command {
            name: "cat",
            arity: -2,
            complexity: "O(1) since the categories and commands are a fixed set.",
            summary: "Returns the categories of commands, or the commands of one.",
            syntax: "[category]",
            run: cat,
            ..SUB
        },
        Command {
            name: "deluser",
            arity: -3,
            complexity: "O(1) amortized time considering the typical user.",
            summary: "Removes users.",
            syntax: "username [username ...]",
            restricted: true,
            run: del_user,
            ..ADMIN
        },
        Command {
            name: "dryrun",
            arity: -4,
            since: "7.0.0",
            complexity: "O(1).",
            summary: "Says whether a user may run a command, without running it.",
            syntax: "username command [arg [arg ...]]",
            run: dry_run,
            ..ADMIN
        },
        Command {
            name: "genpass",
            arity: -2,
            summary: "Returns a password that nobody can guess.",
            syntax: "[bits]",
            run: gen_pass,
            ..SUB
        },
        Command {
            name: "getuser",
            arity: 3,
            complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
            summary: "Returns what a user may do.",
            syntax: "username",
            run: get_user,
            ..ADMIN
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            since: "6.0.0",
            ..HELP
        },
        Command {
            name: "list",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Returns the users as lines of an ACL file.",
            run: list,
            ..ADMIN
        },
        Command {
            name: "load",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Reads the ACL file again.",
            restricted: true,
            run: no_file,
            ..ADMIN
        },
        Command {
            name: "log",
            arity: -2,
            complexity: "O(N) with N being the number of entries shown.",
            summary: "Returns what users were refused.",
            syntax: "[count | RESET]",
            run: log,
            ..ADMIN
        },
        Command {
            name: "save",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Writes the ACL file.",
            restricted: true,
            run: no_file,
            ..ADMIN
        },
        Command {
            name: "setuser",
            arity: -3,
            complexity: "O(N). Where N is the number of rules provided.",
            summary: "Makes a user or changes what it may do.",
            syntax: "username [rule [rule ...]]",
            restricted: true,
            run: set_user,
            ..ADMIN
        },
        Command {
            name: "users",
            arity: 2,
            complexity: "O(N). Where N is the number of configured users.",
            summary: "Returns the names of the users.",
            run: users,
            ..ADMIN
        },
        Command {
            name: "whoami",
            arity: 2,
            summary: "Returns the user that the connection is logged in as.",
            run: who_am_i,
            ..SUB
        },
    ],
    ..Command::BASE
};

fn wrong_number(sub: &str) -> Error {
    Error::new(format!(
        "ERR unknown subcommand or wrong number of arguments for '{sub}'. Try ACL HELP."
    ))
}

fn who_am_i(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let user = cx.client.info.text.lock().user.clone();
    cx.out.bulk(user.as_bytes());
    Ok(())
}

fn cat(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let names: Vec<&str> = match args {
        [_, _] => Acl::NAMES.iter().map(|(_, name)| *name).collect(),
        [_, _, category] => {
            let found = Acl::NAMES.iter().find(|(_, name)| is(category, name));
            let Some((wanted, _)) = found else {
                let category = String::from_utf8_lossy(category);
                return Err(Error::new(format!("ERR Unknown category '{category}'")));
            };
            cx.server
                .table
                .all()
                .filter(|c| c.command.categories().contains(*wanted))
                .map(|c| c.full_name.as_str())
                .collect()
        }
        _ => return Err(wrong_number("cat")),
    };
    cx.out.array(names.len());
    names.iter().for_each(|name| cx.out.bulk(name.as_bytes()));
    Ok(())
}

/// The default user's marks: `on`, and `nopass` where none is needed.
fn marks(server: &Server) -> Vec<&'static str> {
    let mut marks = vec!["on"];
    if server.password.read().is_empty() {
        marks.push("nopass");
    }
    if is_at_least(server, (7, 2), (7, 2)) {
        marks.push("sanitize-payload");
    }
    marks
}

/// SHA-256 of the default user's password, if it has one.
fn password_digest(server: &Server) -> Option<String> {
    let password = server.password.read();
    (!password.is_empty()).then(|| hex::encode(Sha256::digest(&*password)))
}

fn list(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let mut line = format!("user default {}", marks(cx.server).join(" "));
    if let Some(digest) = password_digest(cx.server) {
        line.push_str(&format!(" #{digest}"));
    }
    line.push_str(" ~* &* +@all");
    cx.out.array(1);
    cx.out.bulk(line.as_bytes());
    Ok(())
}

fn users(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.array(1);
    cx.out.bulk(b"default");
    Ok(())
}

fn get_user(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args[2] != b"default" {
        cx.out.null();
        return Ok(());
    }
    let marks = marks(cx.server);
    let passwords: Vec<String> = password_digest(cx.server).into_iter().collect();
    let out = &mut cx.out;
    out.map(6);
    out.bulk(b"flags");
    out.set(marks.len());
    marks.iter().for_each(|mark| out.bulk(mark.as_bytes()));
    out.bulk(b"passwords");
    out.array(passwords.len());
    passwords.iter().for_each(|p| out.bulk(p.as_bytes()));
    for (name, value) in [("commands", "+@all"), ("keys", "~*"), ("channels", "&*")] {
        out.bulk(name.as_bytes());
        out.bulk(value.as_bytes());
    }
    out.bulk(b"selectors");
    out.array(0);
    Ok(())
}

fn set_user(_: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    Err(Error::new(
        "ERR ACL SETUSER is not carried out by this version of Elastane; CONFIG SET requirepass sets the password of the user default",
    ))
}

fn del_user(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args[2..].contains(&&b"default"[..]) {
        return Err(Error::new("ERR The 'default' user cannot be removed"));
    }
    cx.out.int(0);
    Ok(())
}

fn no_file(_: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    Err(Error::new(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
    ))
}

fn log(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match args {
        [_, _, word] if is(word, "RESET") => {
            cx.out.ok();
            return Ok(());
        }
        [_, _] => {}
        [_, _, count] => {
            int(count)?;
        }
        _ => return Err(wrong_number("log")),
    }
    cx.out.array(0);
    Ok(())
}

fn dry_run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let text = |arg: &[u8]| String::from_utf8_lossy(arg).into_owned();
    if args[2] != b"default" {
        return Err(Error::new(format!(
            "ERR User '{}' not found",
            text(args[2])
        )));
    }
    let Ok(command) = cx.server.table.find(&args[3..]) else {
        return Err(Error::new(format!(
            "ERR Command '{}' not found",
            text(args[3])
        )));
    };
    if !command.command.takes(args.len() - 3) {
        return Err(Error::arity(&command.full_name));
    }
    cx.out.ok();
    Ok(())
}

fn gen_pass(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    /// Bits of a password: where none are given, and at most.
    const BITS: i64 = 256;
    const BITS_MAX: i64 = 4096;
    let bits = match args {
        [_, _] => BITS,
        [_, _, bits] => parse_i64(bits)
            .filter(|n| (1..=BITS_MAX).contains(n))
            .ok_or_else(|| {
                Error::new(
                    "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
                )
            })?,
        _ => return Err(wrong_number("genpass")),
    };
    let digits = (bits as usize).div_ceil(4);
    let mut random = vec![0u8; digits.div_ceil(2)];
    rand::fill(&mut random[..]);
    let text = hex::encode(random);
    cx.out.bulk(&text.as_bytes()[..digits]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn the_default_user() {
        play(
            "> ACL WHOAMI
             < $7
             < default
             > ACL USERS
             < *1
             < $7
             < default
             > ACL LIST
             < *1
             < $51
             < user default on nopass sanitize-payload ~* &* +@all
             > CONFIG SET requirepass secret
             < +OK
             > ACL LIST
             < *1
             < $110
             < user default on sanitize-payload #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all
             > ACL GETUSER nobody
             < $-1
             3> ACL GETUSER nobody
             < -NOAUTH Authentication required."
        );
    }

    #[test]
    fn categories_passwords_and_trials() {
        let mut stage = Stage::new(crate::table());
        let out = String::from_utf8(stage.send("a", b"ACL CAT\r\n")).unwrap();
        assert!(out.starts_with("*21\r\n$8\r\nkeyspace\r\n$4\r\nread\r\n"));
        let out = String::from_utf8(stage.send("a", b"ACL CAT Dangerous\r\n")).unwrap();
        assert!(out.contains("\r\nconfig|set\r\n") && !out.contains("\r\nget\r\n"));
        let password = stage.send("a", b"ACL GENPASS\r\n");
        assert_eq!(password.len(), 5 + 64 + 2);
        assert_eq!(stage.send("a", b"ACL GENPASS 5\r\n").len(), 4 + 2 + 2);
        assert_eq!(stage.send("a", b"ACL GENPASS 9\r\n").len(), 4 + 3 + 2);
        stage.play(
            "> ACL CAT foo
             < -ERR Unknown category 'foo'
             > ACL GENPASS 0
             < -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
             > ACL LOG
             < *0
             > ACL LOG RESET
             < +OK
             > ACL LOG x
             < -ERR value is not an integer or out of range
             > ACL DRYRUN default get a
             < +OK
             > ACL DRYRUN default
             < -ERR wrong number of arguments for 'acl|dryrun' command
             > ACL DRYRUN default get a b
             < -ERR wrong number of arguments for 'get' command
             > ACL DRYRUN nobody get a
             < -ERR User 'nobody' not found
             > ACL DRYRUN default nosuch a
             < -ERR Command 'nosuch' not found
             > ACL DELUSER nobody
             < :0
             > ACL DELUSER default
             < -ERR The 'default' user cannot be removed",
        );
    }
}
