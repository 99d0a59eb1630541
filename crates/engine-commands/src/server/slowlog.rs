//! SLOWLOG and its subcommands.

use crate::help::HELP;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use proto_resp::num::parse_i64;

const SUB: Command = Command {
    flags: Flags::ADMIN.union(Flags::LOADING).union(Flags::STALE),
    group: Group::Server,
    since: "2.2.12",
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "slowlog",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "2.2.12",
    complexity: "Depends on subcommand.",
    summary: "A container for slow log commands.",
    subcommands: &[
        Command {
            name: "get",
            arity: -2,
            complexity: "O(N) where N is the number of entries returned",
            summary: "Returns the newest commands that took long; -1 means all.",
            syntax: "[count]",
            run: get,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            since: "6.2.0",
            ..HELP
        },
        Command {
            name: "len",
            arity: 2,
            summary: "Returns how many entries there are.",
            run: len,
            ..SUB
        },
        Command {
            name: "reset",
            arity: 2,
            complexity: "O(N) where N is the number of entries in the slowlog",
            summary: "Forgets all entries.",
            run: reset,
            ..SUB
        },
    ],
    ..Command::BASE
};

/// Entries returned where no number is given.
const COUNT_DEFAULT: usize = 10;

fn get(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = match args {
        [_, _] => COUNT_DEFAULT,
        [_, _, count] => match parse_i64(count) {
            Some(-1) => usize::MAX,
            Some(n) if n >= 0 => n as usize,
            _ => {
                return Err(Error::new(
                    "ERR count should be greater than or equal to -1",
                ));
            }
        },
        _ => {
            return Err(Error::new(
                "ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.",
            ));
        }
    };
    let entries = cx.server.slowlog.newest(count);
    cx.out.array(entries.len());
    for entry in entries {
        cx.out.array(6);
        cx.out.int(entry.id as i64);
        cx.out.int(entry.time_s);
        cx.out.int(entry.micros as i64);
        cx.out.array(entry.words.len());
        entry.words.iter().for_each(|word| cx.out.bulk(word));
        cx.out.bulk(entry.peer.as_bytes());
        cx.out.bulk(&entry.name);
    }
    Ok(())
}

fn len(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.server.slowlog.len() as i64);
    Ok(())
}

fn reset(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.server.slowlog.clear();
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn slow_commands_are_kept_without_secrets() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> CONFIG SET slowlog-log-slower-than 0
             < +OK
             > SLOWLOG RESET
             < +OK
             > CLIENT SETNAME me
             < +OK
             > CONFIG SET requirepass secret maxmemory-samples 6 slowlog-max-len 3
             < +OK
             > AUTH secret
             < +OK
             > MULTI
             < +OK
             > GET k
             < +QUEUED
             > EXEC
             < *1
             < $-1
             > CONFIG SET slowlog-log-slower-than -1
             < +OK
             > SLOWLOG LEN
             < :3",
        );
        let log = String::from_utf8(stage.send("a", b"SLOWLOG GET -1\r\n")).unwrap();
        assert!(log.starts_with("*3\r\n*6\r\n"));
        // EXEC is not logged, its commands are.
        let get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n$11\r\n127.0.0.1:1\r\n$2\r\nme\r\n";
        let auth = "*2\r\n$4\r\nAUTH\r\n$10\r\n(redacted)\r\n";
        assert!(log.contains(get) && log.contains(auth), "{log}");
        assert!(!log.contains("secret"));
        stage.play("> SLOWLOG RESET\n< +OK\n> SLOWLOG LEN\n< :0");
    }

    #[test]
    fn long_commands_are_cut() {
        let mut stage = Stage::new(crate::table());
        stage.play("> CONFIG SET slowlog-log-slower-than 0\n< +OK");
        let words: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
        stage.send(
            "a",
            format!("DEL {} {}\r\n", "x".repeat(200), words.join(" ")).as_bytes(),
        );
        let log = String::from_utf8(stage.send("a", b"SLOWLOG GET 1\r\n")).unwrap();
        assert!(log.contains("*32\r\n$3\r\nDEL\r\n"));
        assert!(log.contains(&format!("{}... (72 more bytes)\r\n", "x".repeat(128))));
        assert!(log.contains("\r\n... (11 more arguments)\r\n"), "{log}");
    }

    #[test]
    fn wrong_counts() {
        play(
            "> SLOWLOG GET abc
             < -ERR count should be greater than or equal to -1
             > SLOWLOG GET -2
             < -ERR count should be greater than or equal to -1
             > SLOWLOG foo
             < -ERR unknown subcommand 'foo'. Try SLOWLOG HELP.",
        );
    }
}
