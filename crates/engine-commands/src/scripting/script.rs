//! SCRIPT

use crate::args::is;
use crate::help::HELP;
use engine_dispatch::script::Kind;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, Plan};
use engine_scripting::Scripts;

pub(crate) const COMMAND: Command = Command {
    name: "script",
    arity: -2,
    group: Group::Scripting,
    since: "2.6.0",
    complexity: "Depends on subcommand.",
    summary: "Manages the scripts that the node knows.",
    subcommands: SUBCOMMANDS,
    ..Command::BASE
};

const BASE: Command = Command {
    flags: Flags::NOSCRIPT,
    acl: Acl::SCRIPTING,
    group: Group::Scripting,
    ..Command::BASE
};

const SUBCOMMANDS: &[Command] = &[
    Command {
        name: "debug",
        arity: 3,
        since: "3.2.0",
        summary: "Would set how scripts are debugged; there is no debugger.",
        syntax: "<YES | SYNC | NO>",
        run: debug,
        ..BASE
    },
    Command {
        name: "exists",
        arity: -3,
        since: "2.6.0",
        complexity: "O(N) with N being the number of scripts to check.",
        summary: "Tells which scripts of the given digests the node knows.",
        syntax: "sha1 [sha1 ...]",
        run: exists,
        ..BASE
    },
    Command {
        name: "flush",
        arity: -2,
        plan: Plan::Wide,
        since: "2.6.0",
        complexity: "O(N) with N being the number of scripts known.",
        summary: "Forgets all scripts.",
        syntax: "[ASYNC | SYNC]",
        run: flush,
        ..BASE
    },
    Command {
        flags: Flags::LOADING.union(Flags::STALE),
        acl: Acl::SCRIPTING,
        group: Group::Scripting,
        ..HELP
    },
    Command {
        name: "kill",
        arity: 2,
        flags: Flags::NOSCRIPT.union(Flags::ALLOW_BUSY),
        since: "2.6.0",
        summary: "Ends the script that runs, if it has changed nothing.",
        run: kill,
        ..BASE
    },
    Command {
        name: "load",
        arity: 3,
        flags: Flags::NOSCRIPT.union(Flags::STALE),
        plan: Plan::Wide,
        since: "2.6.0",
        complexity: "O(N) with N being the length in bytes of the script body.",
        summary: "Makes a script known to the node.",
        syntax: "script",
        run: load,
        ..BASE
    },
    Command {
        name: "show",
        arity: 3,
        since: "8.0.0",
        summary: "Returns the text of a script.",
        syntax: "sha1",
        run: show,
        ..BASE
    },
];

fn debug(_: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if !["yes", "sync", "no"].iter().any(|mode| is(args[2], mode)) {
        return Err(Error::new("ERR Use SCRIPT DEBUG YES/SYNC/NO"));
    }
    Err(Error::new(
        "ERR Elastane has no Lua debugger: run the script with redis.log() calls instead",
    ))
}

fn exists(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let scripts = Scripts::of(cx.server)?;
    cx.out.array(args.len() - 2);
    for sha in &args[2..] {
        cx.out.int(i64::from(scripts.exists(sha)));
    }
    Ok(())
}

fn flush(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let known = match args {
        [_, _] => true,
        [_, _, mode] => is(mode, "sync") || is(mode, "async"),
        _ => false,
    };
    if !known {
        return Err(Error::new(
            "ERR SCRIPT FLUSH only support SYNC|ASYNC option",
        ));
    }
    Scripts::of(cx.server)?.flush();
    cx.out.ok();
    Ok(())
}

fn kill(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.server.scripts.kill(Kind::Eval)?;
    cx.out.ok();
    Ok(())
}

fn load(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let sha = Scripts::of(cx.server)?.load(cx.server, args[2])?;
    cx.out.bulk(sha.as_bytes());
    Ok(())
}

fn show(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let body = Scripts::of(cx.server)?.show(args[2])?;
    cx.out.bulk(&body);
    Ok(())
}
