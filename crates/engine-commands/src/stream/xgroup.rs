//! XGROUP and its subcommands.

use super::shared_group::no_group;
use super::shared_group_read::CREATED_CONSUMER;
use super::shared_id;
use crate::args::{int, is};
use crate::help::HELP;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::stream::{self, ENTRIES_READ_UNKNOWN};
use engine_types::{Stream, StreamId};

/// What all subcommands share.
const SUB: Command = Command {
    flags: Flags::WRITE,
    acl: Acl::STREAM,
    group: Group::Stream,
    since: "5.0.0",
    ..Command::BASE
};

const INSERTED: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::INSERT))];
const UPDATED: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::UPDATE))];
const DELETED: &[KeySpec] = &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::DELETE))];

pub(crate) const COMMAND: Command = Command {
    name: "xgroup",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Stream,
    since: "5.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for commands that manage consumer groups.",
    subcommands: &[
        Command {
            name: "create",
            arity: -5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            keys: INSERTED,
            summary: "Makes a group that has read up to an ID.",
            syntax: "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]",
            run: create,
            ..SUB
        },
        Command {
            name: "createconsumer",
            arity: 5,
            flags: Flags::WRITE.union(Flags::DENYOOM),
            keys: INSERTED,
            since: "6.2.0",
            summary: "Makes a consumer of a group, and tells whether it is new.",
            syntax: "key group consumer",
            run: create_consumer,
            ..SUB
        },
        Command {
            name: "delconsumer",
            arity: 5,
            keys: DELETED,
            summary: "Removes a consumer and returns how many entries were pending for it.",
            syntax: "key group consumer",
            run: delete_consumer,
            ..SUB
        },
        Command {
            name: "destroy",
            arity: 4,
            keys: DELETED,
            complexity: "O(N), N being the number of pending entries of the group.",
            summary: "Removes a group with all its consumers.",
            syntax: "key group",
            run: destroy,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            acl: Acl::STREAM,
            group: Group::Stream,
            ..HELP
        },
        Command {
            name: "setid",
            arity: -5,
            keys: UPDATED,
            summary: "Sets up to which ID a group has read.",
            syntax: "key group <id | $> [ENTRIESREAD entries-read]",
            run: set_id,
            ..SUB
        },
    ],
    ..Command::BASE
};

const NO_STREAM: Error = Error::fixed(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM \
     option to create an empty stream automatically.",
);

fn event(name: &'static str) -> Option<Event> {
    Some(Event::new(Class::Stream, name))
}

fn syntax(args: &[&[u8]]) -> Error {
    let name = String::from_utf8_lossy(&args[1][..args[1].len().min(128)]);
    Error::new(format!(
        "ERR unknown subcommand or wrong number of arguments for '{name}'. Try XGROUP HELP."
    ))
}

/// MKSTREAM, if it is allowed, and ENTRIESREAD.
fn options(args: &[&[u8]], creates: bool) -> Result<(bool, i64), Error> {
    let (mut make, mut entries_read) = (false, ENTRIES_READ_UNKNOWN);
    let mut words = args[5..].iter();
    while let Some(word) = words.next() {
        if creates && is(word, "MKSTREAM") {
            make = true;
        } else if is(word, "ENTRIESREAD")
            && let Some(n) = words.next()
        {
            entries_read = int(n)?;
            if entries_read < 0 && entries_read != ENTRIES_READ_UNKNOWN {
                return Err(Error::new(
                    "ERR value for ENTRIESREAD must be positive or -1",
                ));
            }
        } else {
            return Err(syntax(args));
        }
    }
    Ok((make, entries_read))
}

fn stream<'c>(cx: &'c Cx<'_>, key: &[u8]) -> Result<&'c Stream, Error> {
    cx.db.look::<Stream>(key)?.ok_or(NO_STREAM)
}

/// Fails unless the stream and the group exist.
fn must_exist(cx: &Cx<'_>, key: &[u8], group: &[u8]) -> Outcome {
    match stream(cx, key)?.group(group) {
        Some(_) => Ok(()),
        None => Err(no_group(key, group)),
    }
}

fn create(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name) = (args[2], args[3]);
    let (make, entries_read) = options(args, true)?;
    let there = cx.db.look::<Stream>(key)?;
    if there.is_none() && !make {
        return Err(NO_STREAM);
    }
    if args.len() > 8 {
        return Err(syntax(args));
    }
    let last_id = match args[4] {
        b"$" => there.map_or(StreamId::MIN, |stream| stream.entries().last_id()),
        id => shared_id::strict(id, 0)?,
    };
    let created = cx.db.edit::<Stream, _>(key, true, |stream, change| {
        let created = stream.add_group(stream::Group::new(name, last_id, entries_read));
        if created {
            change.note_beside(1, event("xgroup-create"));
        }
        created
    })?;
    if created == Some(false) {
        return Err(Error::new("BUSYGROUP Consumer Group name already exists"));
    }
    cx.out.ok();
    Ok(())
}

fn set_id(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name) = (args[2], args[3]);
    let (_, entries_read) = options(args, false)?;
    must_exist(cx, key, name)?;
    if !matches!(args.len(), 5 | 7) {
        return Err(syntax(args));
    }
    let last_id = match args[4] {
        b"$" => stream(cx, key)?.entries().last_id(),
        id => shared_id::parse(id, 0)?,
    };
    cx.db.edit::<Stream, _>(key, false, |stream, change| {
        stream.edit_group(name, |_, group| group.set_position(last_id, entries_read));
        change.note_beside(1, event("xgroup-setid"));
    })?;
    cx.out.ok();
    Ok(())
}

fn destroy(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name) = (args[2], args[3]);
    stream(cx, key)?;
    let destroyed = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        let destroyed = stream.remove_group(name);
        if destroyed {
            // Those who wait for the group are to be told.
            change.note_beside(1, event("xgroup-destroy"));
            change.wakes();
        }
        destroyed
    })?;
    cx.out.int(i64::from(destroyed == Some(true)));
    Ok(())
}

fn create_consumer(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name, now_ms) = (args[2], args[3], cx.now_ms());
    must_exist(cx, key, name)?;
    let created = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        let created = stream.edit_group(name, |_, group| group.create_consumer(args[4], now_ms));
        let created = created == Some(true);
        change.note_beside(usize::from(created), created.then_some(CREATED_CONSUMER));
        created
    })?;
    cx.out.int(i64::from(created == Some(true)));
    Ok(())
}

fn delete_consumer(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name) = (args[2], args[3]);
    must_exist(cx, key, name)?;
    let pending = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        let removed = stream.edit_group(name, |_, group| group.remove_consumer(args[4]));
        let pending = removed.flatten();
        if pending.is_some() {
            change.note_beside(1, event("xgroup-delconsumer"));
        }
        pending
    })?;
    cx.out.int(pending.flatten().unwrap_or(0) as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn groups_are_made_and_destroyed() {
        play(
            "> XGROUP CREATE s g $
             < -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
             > XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XGROUP CREATE s g $ MKSTREAM
             < -BUSYGROUP Consumer Group name already exists
             > XGROUP CREATE s h 0 ENTRIESREAD 3
             < +OK
             > XLEN s
             < :0
             > XGROUP DESTROY s g
             < :1
             > XGROUP DESTROY s g
             < :0
             > XGROUP DESTROY none g
             < -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
             > XGROUP SETID s h 5 ENTRIESREAD 4
             < +OK
             > XINFO GROUPS s
             < *1
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
             < 5-0
             < $12
             < entries-read
             < :4
             < $3
             < lag
             < :0",
        );
    }

    #[test]
    fn consumers_take_what_is_pending_with_them() {
        play(
            "> XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XGROUP CREATECONSUMER s g c
             < :1
             > XGROUP CREATECONSUMER s g c
             < :0
             > XGROUP CREATECONSUMER s nobody c
             < -NOGROUP No such consumer group 'nobody' for key name 's'
             > XGROUP CREATECONSUMER none g c
             < -ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.
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
             > XGROUP DELCONSUMER s g nobody
             < :0
             > XGROUP DELCONSUMER s g c
             < :1
             > XPENDING s g
             < *4
             < :0
             < $-1
             < $-1
             < *-1
             > XGROUP SETID s g 0
             < +OK
             > XREADGROUP GROUP g d STREAMS s >
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
             < 1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XGROUP CREATE s g $ MKSTREAM
             < +OK
             > XGROUP CREATE s i x
             < -ERR Invalid stream ID specified as stream command argument
             > XGROUP CREATE s i 0 ENTRIESREAD -2
             < -ERR value for ENTRIESREAD must be positive or -1
             > XGROUP CREATE s i 0 ENTRIESREAD x
             < -ERR value is not an integer or out of range
             > XGROUP CREATE s i 0 ENTRIESREAD
             < -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
             > XGROUP CREATE s i 0 WHAT
             < -ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.
             > XGROUP CREATE s i -
             < -ERR Invalid stream ID specified as stream command argument
             > XGROUP SETID s nobody 0
             < -NOGROUP No such consumer group 'nobody' for key name 's'
             > XGROUP SETID s g 0 MKSTREAM
             < -ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP.
             > XGROUP SETID s g x
             < -ERR Invalid stream ID specified as stream command argument
             > XGROUP CREATE s
             < -ERR wrong number of arguments for 'xgroup|create' command
             > XGROUP WHAT s g
             < -ERR unknown subcommand 'WHAT'. Try XGROUP HELP.
             > SET k v
             < +OK
             > XGROUP CREATE k g $ MKSTREAM
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > XGROUP DESTROY k g
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
