//! CLIENT and its subcommands.

use super::shared_client_flow as flow;
use super::shared_client_kill as kill;
use super::shared_client_list as list;
use super::shared_client_tracking as tracking;
use crate::args::is;
use crate::help::HELP;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

/// What all subcommands share.
const SUB: Command = Command {
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    ..Command::BASE
};

/// What those share that concern other clients.
const ADMIN: Command = Command {
    flags: SUB.flags.union(Flags::ADMIN),
    ..SUB
};

pub(crate) const COMMAND: Command = Command {
    name: "client",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Connection,
    since: "2.4.0",
    complexity: "Depends on subcommand.",
    summary: "A container for client connection commands.",
    subcommands: &[
        Command {
            name: "caching",
            arity: 3,
            since: "6.0.0",
            summary: "Says whether the keys of the next command are tracked.",
            syntax: "<YES | NO>",
            run: tracking::caching,
            ..SUB
        },
        Command {
            name: "getname",
            arity: 2,
            since: "2.6.9",
            summary: "Returns the name of the connection.",
            run: get_name,
            ..SUB
        },
        Command {
            name: "getredir",
            arity: 2,
            since: "6.0.0",
            summary: "Returns the client that invalidations are sent to instead.",
            run: tracking::get_redir,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            acl: Acl::CONNECTION,
            group: Group::Connection,
            ..HELP
        },
        Command {
            name: "id",
            arity: 2,
            since: "5.0.0",
            summary: "Returns the id of the connection, which no other ever gets.",
            run: id,
            ..SUB
        },
        Command {
            name: "info",
            arity: 2,
            since: "6.2.0",
            summary: "Describes the connection.",
            run: list::info,
            ..SUB
        },
        Command {
            name: "kill",
            arity: -3,
            since: "2.4.0",
            complexity: "O(N) where N is the number of client connections",
            summary: "Closes the connections that meet all of the conditions.",
            syntax: "<ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage] [...]>>",
            run: kill::run,
            ..ADMIN
        },
        Command {
            name: "list",
            arity: -2,
            since: "2.4.0",
            complexity: "O(N) where N is the number of client connections",
            summary: "Describes all connections, one a line.",
            syntax: "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
            run: list::run,
            ..ADMIN
        },
        Command {
            name: "no-evict",
            arity: 3,
            since: "7.0.0",
            summary: "Says whether the connection may be closed where memory for clients is short.",
            syntax: "<ON | OFF>",
            run: flow::no_evict,
            ..ADMIN
        },
        Command {
            name: "no-touch",
            arity: 3,
            since: "7.2.0",
            summary: "Says whether the connection's commands count as access to their keys.",
            syntax: "<ON | OFF>",
            run: flow::no_touch,
            ..SUB
        },
        Command {
            name: "pause",
            arity: -3,
            since: "2.9.50",
            summary: "Holds back all commands, or those that write, for so many milliseconds.",
            syntax: "timeout [WRITE | ALL]",
            run: flow::pause,
            ..ADMIN
        },
        Command {
            name: "reply",
            arity: 3,
            since: "3.2.0",
            summary: "Says whether the connection gets replies.",
            syntax: "<ON | OFF | SKIP>",
            run: flow::reply,
            ..SUB
        },
        Command {
            name: "setinfo",
            arity: 4,
            since: "7.2.0",
            summary: "Says which client library the connection is made by.",
            syntax: "<LIB-NAME libname | LIB-VER libver>",
            run: set_info,
            ..SUB
        },
        Command {
            name: "setname",
            arity: 3,
            since: "2.6.9",
            summary: "Names the connection.",
            syntax: "connection-name",
            run: run_set_name,
            ..SUB
        },
        Command {
            name: "tracking",
            arity: -3,
            since: "6.0.0",
            complexity: "O(1). Some options may introduce additional complexity.",
            summary: "Turns invalidation messages for a client-side cache on or off.",
            syntax: "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
            run: tracking::tracking,
            ..SUB
        },
        Command {
            name: "trackinginfo",
            arity: 2,
            since: "6.2.0",
            summary: "Returns how the connection's keys are tracked.",
            run: tracking::tracking_info,
            ..SUB
        },
        Command {
            name: "unblock",
            arity: -3,
            since: "5.0.0",
            complexity: "O(log N) where N is the number of client connections",
            summary: "Ends the waiting of another connection, as if its time were over or with an error.",
            syntax: "client-id [TIMEOUT | ERROR]",
            run: flow::unblock,
            ..ADMIN
        },
        Command {
            name: "unpause",
            arity: 2,
            since: "6.2.0",
            complexity: "O(N) Where N is the number of paused clients",
            summary: "Ends CLIENT PAUSE.",
            run: flow::unpause,
            ..ADMIN
        },
    ],
    ..Command::BASE
};

fn id(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.client.info.id as i64);
    Ok(())
}

fn get_name(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let name = cx.client.info.text.lock().name.clone();
    if name.is_empty() {
        cx.out.null();
    } else {
        cx.out.bulk(&name);
    }
    Ok(())
}

fn run_set_name(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    set_name(cx, args[2])?;
    cx.out.ok();
    Ok(())
}

/// Whether a text can stand in a line of CLIENT LIST.
fn is_printable(text: &[u8]) -> bool {
    text.iter().all(|b| (b'!'..=b'~').contains(b))
}

/// Names the client (CLIENT SETNAME, HELLO SETNAME); an empty name takes it away.
///
/// # Errors
/// The name holds what would break the lines of CLIENT LIST.
pub(crate) fn set_name(cx: &mut Cx<'_>, name: &[u8]) -> Result<(), Error> {
    if !is_printable(name) {
        return Err(Error::new(
            "ERR Client names cannot contain spaces, newlines or special characters.",
        ));
    }
    cx.client.info.text.lock().name = name.to_vec();
    Ok(())
}

fn set_info(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (option, value) = (args[2], args[3]);
    let is_name = is(option, "LIB-NAME");
    let spelled = String::from_utf8_lossy(option);
    if !is_name && !is(option, "LIB-VER") {
        return Err(Error::new(format!("ERR Unrecognized option '{spelled}'")));
    }
    if !is_printable(value) {
        return Err(Error::new(format!(
            "ERR {spelled} cannot contain spaces, newlines or special characters."
        )));
    }
    let mut text = cx.client.info.text.lock();
    if is_name {
        text.lib_name = value.to_vec();
    } else {
        text.lib_version = value.to_vec();
    }
    drop(text);
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn names_and_libraries() {
        play(
            "> CLIENT GETNAME
             < $-1
             3> CLIENT GETNAME
             < _
             a> CLIENT SETNAME me
             < +OK
             > CLIENT GETNAME
             < $2
             < me
             > CLIENT SETNAME 'a b'
             < -ERR Client names cannot contain spaces, newlines or special characters.
             > CLIENT SETNAME ''
             < +OK
             > CLIENT GETNAME
             < $-1
             > CLIENT SETINFO LIB-NAME redis-py
             < +OK
             > CLIENT SETINFO lib-ver 'a b'
             < -ERR lib-ver cannot contain spaces, newlines or special characters.
             > CLIENT SETINFO lib-x y
             < -ERR Unrecognized option 'lib-x'
             > CLIENT ID
             < :1
             b> CLIENT ID
             < :3",
        );
    }

    #[test]
    fn wrong_words() {
        play(
            "> CLIENT
             < -ERR wrong number of arguments for 'client' command
             > CLIENT foo
             < -ERR unknown subcommand 'foo'. Try CLIENT HELP.
             > CLIENT KILL
             < -ERR wrong number of arguments for 'client|kill' command
             > CLIENT id x
             < -ERR wrong number of arguments for 'client|id' command",
        );
    }
}
