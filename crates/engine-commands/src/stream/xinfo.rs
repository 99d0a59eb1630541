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

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn tells_of_a_stream() {
        play(
            "> XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XADD s 3-0 b 3
             < $3
             < 3-0
             > XDEL s 1-0
             < :1
             > XGROUP CREATE s g 2-0
             < +OK
             3> XINFO STREAM s
             < %10
             < $6
             < length
             < :2
             < $15
             < radix-tree-keys
             < :1
             < $16
             < radix-tree-nodes
             < :2
             < $17
             < last-generated-id
             < $3
             < 3-0
             < $20
             < max-deleted-entry-id
             < $3
             < 1-0
             < $13
             < entries-added
             < :3
             < $23
             < recorded-first-entry-id
             < $3
             < 2-0
             < $6
             < groups
             < :1
             < $11
             < first-entry
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2
             < $10
             < last-entry
             < *2
             < $3
             < 3-0
             < *2
             < $1
             < b
             < $1
             < 3
             > XTRIM s MAXLEN 0
             < :2
             > XINFO STREAM s
             < *20
             < $6
             < length
             < :0
             < $15
             < radix-tree-keys
             < :0
             < $16
             < radix-tree-nodes
             < :1
             < $17
             < last-generated-id
             < $3
             < 3-0
             < $20
             < max-deleted-entry-id
             < $3
             < 1-0
             < $13
             < entries-added
             < :3
             < $23
             < recorded-first-entry-id
             < $3
             < 0-0
             < $6
             < groups
             < :1
             < $11
             < first-entry
             < $-1
             < $10
             < last-entry
             < $-1",
        );
    }

    #[test]
    fn tells_of_groups() {
        play(
            "> XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XADD s 3-0 b 3
             < $3
             < 3-0
             > XDEL s 1-0
             < :1
             > XGROUP CREATE s g 2-0
             < +OK
             > XGROUP CREATE s h 0 ENTRIESREAD 0
             < +OK
             > XINFO GROUPS s
             < *2
             < *12
             < $4
             < name
             < $1
             < g
             < $9
             < consumers
             < :0
             < $7
             < pending
             < :0
             < $17
             < last-delivered-id
             < $3
             < 2-0
             < $12
             < entries-read
             < $-1
             < $3
             < lag
             < :1
             < *12
             < $4
             < name
             < $1
             < h
             < $9
             < consumers
             < :0
             < $7
             < pending
             < :0
             < $17
             < last-delivered-id
             < $3
             < 0-0
             < $12
             < entries-read
             < :0
             < $3
             < lag
             < :3
             > XGROUP DESTROY s h
             < :1
             3> XINFO GROUPS s
             < *1
             < %6
             < $4
             < name
             < $1
             < g
             < $9
             < consumers
             < :0
             < $7
             < pending
             < :0
             < $17
             < last-delivered-id
             < $3
             < 2-0
             < $12
             < entries-read
             < _
             < $3
             < lag
             < :1
             > XINFO CONSUMERS s g
             < *0",
        );
    }

    #[test]
    fn tells_all_of_a_stream() {
        play(
            "> XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XGROUP CREATE s g 2-0
             < +OK
             3> XINFO STREAM s FULL COUNT 1
             < %9
             < $6
             < length
             < :2
             < $15
             < radix-tree-keys
             < :1
             < $16
             < radix-tree-nodes
             < :2
             < $17
             < last-generated-id
             < $3
             < 2-0
             < $20
             < max-deleted-entry-id
             < $3
             < 0-0
             < $13
             < entries-added
             < :2
             < $23
             < recorded-first-entry-id
             < $3
             < 1-0
             < $7
             < entries
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             < $6
             < groups
             < *1
             < %7
             < $4
             < name
             < $1
             < g
             < $17
             < last-delivered-id
             < $3
             < 2-0
             < $12
             < entries-read
             < _
             < $3
             < lag
             < :0
             < $9
             < pel-count
             < :0
             < $7
             < pending
             < *0
             < $9
             < consumers
             < *0",
        );
    }

    #[test]
    fn consumers_tell_when_they_were_active() {
        play(
            "> XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XREADGROUP GROUP g c STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             + 400
             > XREADGROUP GROUP g c STREAMS s >
             < *-1
             > XREADGROUP GROUP g d STREAMS s >
             < *-1
             + 30
             > XINFO CONSUMERS s g
             < *2
             < *8
             < $4
             < name
             < $1
             < c
             < $7
             < pending
             < :1
             < $4
             < idle
             < :30
             < $8
             < inactive
             < :430
             < *8
             < $4
             < name
             < $1
             < d
             < $7
             < pending
             < :0
             < $4
             < idle
             < :30
             < $8
             < inactive
             < :-1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XINFO STREAM s
             < -ERR no such key
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XGROUP CREATE s g $
             < +OK
             > XINFO CONSUMERS s nobody
             < -NOGROUP No such consumer group 'nobody' for key name 's'
             > XINFO STREAM s WHAT
             < -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
             > XINFO STREAM s FULL COUNT x
             < -ERR value is not an integer or out of range
             > XINFO STREAM s FULL COUNT
             < -ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.
             > XINFO GROUPS
             < -ERR wrong number of arguments for 'xinfo|groups' command
             > XINFO WHAT s
             < -ERR unknown subcommand 'WHAT'. Try XINFO HELP.
             > SET k v
             < +OK
             > XINFO GROUPS k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > XINFO CONSUMERS k g
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
