//! XINFO and its subcommands.

use super::shared_group::no_group;
use super::shared_info::{self, Teller};
use crate::args::{int, is};
use crate::help::HELP;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome, dialect};
use engine_types::Stream;

/// What the subcommands that look at a stream share.
const SUB: Command = Command {
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Stream,
    since: "5.0.0",
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "xinfo",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Stream,
    since: "5.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for commands that look into streams.",
    subcommands: &[
        Command {
            name: "consumers",
            arity: 4,
            summary: "Lists the consumers of a group.",
            syntax: "key group",
            run: consumers,
            ..SUB
        },
        Command {
            name: "groups",
            arity: 3,
            summary: "Lists the groups of a stream.",
            syntax: "key",
            run: groups,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            acl: Acl::STREAM,
            group: Group::Stream,
            ..HELP
        },
        Command {
            name: "stream",
            arity: -3,
            summary: "Tells what is known of a stream.",
            syntax: "key [FULL [COUNT count]]",
            run: stream,
            ..SUB
        },
    ],
    ..Command::BASE
};

/// Writes what `tell` says of a stream.
fn with_stream(
    cx: &mut Cx<'_>,
    key: &[u8],
    tell: impl FnOnce(&mut Teller<'_>, &Stream) -> Outcome,
) -> Outcome {
    let mut body = Vec::new();
    let mut teller = Teller {
        out: proto_resp::Reply::new(&mut body, cx.out.version()),
        now_ms: cx.now_ms(),
        activity: dialect::consumers_tell_activity(cx.server),
    };
    let stream = cx.db.read::<Stream>(key)?.ok_or(Error::NO_KEY)?;
    tell(&mut teller, stream)?;
    cx.out.raw(&body);
    Ok(())
}

fn consumers(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    with_stream(cx, args[2], |teller, stream| {
        let group = stream
            .group(args[3])
            .ok_or_else(|| no_group(args[2], args[3]))?;
        shared_info::consumers(teller, group);
        Ok(())
    })
}

fn groups(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    with_stream(cx, args[2], |teller, stream| {
        shared_info::groups(teller, stream);
        Ok(())
    })
}

fn stream(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    with_stream(cx, args[2], |teller, stream| {
        let full = match args[3..] {
            [] => None,
            [full] if is(full, "FULL") => Some(10),
            [full, count, n] if is(full, "FULL") && is(count, "COUNT") => {
                Some(usize::try_from(int(n)?).unwrap_or(10))
            }
            _ => {
                return Err(Error::new(
                    "ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.",
                ));
            }
        };
        match full {
            None => shared_info::stream(teller, stream),
            Some(count) => shared_info::stream_in_full(teller, stream, count),
        }
        Ok(())
    })
}
