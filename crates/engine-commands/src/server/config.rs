//! CONFIG and its subcommands.

use crate::help::HELP;
use engine_dispatch::acl::Users;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use engine_types::glob;
use params::Origin;
use std::sync::atomic::Ordering;

const SUB: Command = Command {
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE),
    group: Group::Server,
    restricted: true,
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "config",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "2.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for server configuration commands.",
    restricted: true,
    subcommands: &[
        Command {
            name: "get",
            arity: -3,
            since: "2.0.0",
            complexity: "O(N) when N is the number of configuration parameters provided",
            summary: "Returns the values of the parameters whose names match.",
            syntax: "parameter [parameter ...]",
            run: get,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            ..HELP
        },
        Command {
            name: "resetstat",
            arity: 2,
            since: "2.0.0",
            summary: "Sets the counters of INFO back to zero.",
            run: reset_stat,
            ..SUB
        },
        Command {
            name: "rewrite",
            arity: 2,
            since: "2.8.0",
            summary: "Writes the parameters as they are now into the configuration file.",
            run: rewrite,
            ..SUB
        },
        Command {
            name: "set",
            arity: -4,
            since: "2.0.0",
            complexity: "O(N) when N is the number of configuration parameters provided",
            summary: "Sets parameters, all or none.",
            syntax: "parameter value [parameter value ...]",
            run: set,
            ..SUB
        },
    ],
    ..Command::BASE
};

fn get(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let found = cx.server.config.get(&args[2..], |pattern, name| {
        glob::matches(pattern, name, true)
    });
    cx.out.map(found.len());
    for (name, value) in found {
        cx.out.bulk(name.as_bytes());
        cx.out.bulk(&value);
    }
    Ok(())
}

fn set(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let words = &args[2..];
    if !words.len().is_multiple_of(2) {
        return Err(Error::SYNTAX);
    }
    let pairs: Vec<(&[u8], &[u8])> = words.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let server = cx.server;
    let peer = &cx.client.info.peer;
    let origin = Origin {
        startup: false,
        loading: server.loading.load(Ordering::Relaxed),
        local: peer.starts_with("127.") || peer.starts_with("[::1]") || peer.starts_with('/'),
    };
    let applied = server.config.set_and_apply(&pairs, origin, &mut |id| {
        server.process().map_or(Ok(()), |p| p.apply(id))?;
        take_into_use(server, id);
        Ok(())
    });
    applied.map_err(|error| Error::new(format!("{} {error}", error.code())))?;
    cx.out.ok();
    Ok(())
}

/// What the engine itself keeps beside the parameters.
fn take_into_use(server: &engine_dispatch::Server, id: params::Id) {
    if id == params::REQUIREPASS {
        let book = Users::book(server.table, &server.config);
        server
            .acl
            .set_default_password(book, &server.config.bytes(id));
    } else if id == params::MAXMEMORY || id == params::MAXMEMORY_POLICY {
        server.eviction.hurry();
    } else if id == params::SLOWLOG_MAX_LEN {
        server
            .slowlog
            .truncate(server.config.int(id).max(0) as usize);
    } else if id == params::REPL_BACKLOG_SIZE {
        server.journal.set_backlog_bytes(server.config.memory(id));
    }
}

fn reset_stat(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.server.reset_stats();
    cx.out.ok();
    Ok(())
}

fn rewrite(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let Some(process) = cx.server.process() else {
        return Err(no_file());
    };
    if process.config_file().is_none() {
        return Err(no_file());
    }
    process
        .rewrite_config()
        .map_err(|reason| Error::new(format!("ERR Rewriting config file: {reason}")))?;
    cx.out.ok();
    Ok(())
}

fn no_file() -> Error {
    Error::new("ERR The server is running without a config file")
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn patterns_names_and_values() {
        play(
            "> CONFIG GET maxmemory
             < *2
             < $9
             < maxmemory
             < $1
             < 0
             3> CONFIG GET MaxMemory-S* nosuch
             < %1
             < $17
             < maxmemory-samples
             < $1
             < 5
             a> CONFIG GET nosuch
             < *0
             > CONFIG GET
             < -ERR wrong number of arguments for 'config|get' command",
        );
    }

    #[test]
    fn all_or_nothing() {
        play(
            "> CONFIG SET maxmemory-samples 7 slowlog-max-len 3
             < +OK
             > CONFIG SET maxmemory-samples 8 maxmemory x
             < -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
             > CONFIG GET maxmemory-samples
             < *2
             < $17
             < maxmemory-samples
             < $1
             < 7
             > CONFIG SET a b c
             < -ERR syntax error
             > CONFIG SET a
             < -ERR wrong number of arguments for 'config|set' command
             > CONFIG SET nosuch 1
             < -ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'
             > CONFIG SET databases 1
             < -ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
             > CONFIG REWRITE
             < -ERR The server is running without a config file
             > CONFIG RESETSTAT
             < +OK
             > CONFIG
             < -ERR wrong number of arguments for 'config' command",
        );
    }

    #[test]
    fn a_password_counts_for_new_connections() {
        play(
            "> CONFIG SET requirepass secret
             < +OK
             > PING
             < +PONG
             b> PING
             < -NOAUTH Authentication required.
             b> AUTH secret
             < +OK
             a> CONFIG SET requirepass ''
             < +OK
             c> PING
             < +PONG",
        );
    }
}
