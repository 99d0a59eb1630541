//! XADD

use super::shared_id::{self, NewId};
use super::shared_trim::Options;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::stream::{ENTRY_LEN_MAX, Entries};
use engine_types::{Stream, StreamId};

pub(crate) const COMMAND: Command = Command {
    name: "xadd",
    arity: -5,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(1) to add an entry, O(N) to trim, N being the number of entries taken away.",
    summary: "Adds an entry to a stream, which is made if there is none, and returns its ID.",
    syntax: "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]",
    run,
    ..Command::BASE
};

const ADDED: Event = Event::new(Class::Stream, "xadd");

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let options = Options::parse(cx, args, true)?;
    let arity = || Error::arity(cx.command.command.name);
    let (new_id, id_at) = options.id.ok_or_else(arity)?;
    let fields = &args[id_at + 1..];
    if fields.is_empty() || !fields.len().is_multiple_of(2) {
        return Err(arity());
    }
    if new_id == NewId::Given(StreamId::MIN) {
        return Err(Error::new(
            "ERR The ID specified in XADD must be greater than 0-0",
        ));
    }
    if fields.iter().map(|part| part.len()).sum::<usize>() > ENTRY_LEN_MAX {
        return Err(Error::new("ERR Elements are too large to be stored"));
    }
    let (key, limits, now_ms) = (args[1], cx.server.limits(), cx.now_ms());
    let added = cx
        .db
        .edit::<Stream, _>(key, !options.must_exist, |stream, change| {
            let id = choose(new_id, stream.entries(), now_ms)?;
            if !stream.append(id, fields, &limits) {
                return Err(TOO_SMALL);
            }
            change.note(1, ADDED);
            Ok(id)
        })?;
    let Some(id) = added.transpose()? else {
        cx.out.null();
        return Ok(());
    };
    shared_id::bulk(&mut cx.out, id);
    let mut exactly = None;
    if let Some(trim) = &options.trim {
        trim.apply(cx, key)?;
        exactly = trim.exactly(cx, key);
    }
    rewrite(cx, args, (new_id, id_at), id, exactly);
    Ok(())
}

/// What the server says of an ID that is not greater than all before.
const TOO_SMALL: Error = Error::fixed(
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
);

/// The ID for an entry that comes behind `entries`.
fn choose(new_id: NewId, entries: &Entries, now_ms: i64) -> Result<StreamId, Error> {
    let last = entries.last_id();
    if last == StreamId::MAX {
        return Err(Error::new(
            "ERR The stream has exhausted the last possible ID, unable to add more items",
        ));
    }
    match new_id {
        NewId::Auto => entries.next_id(now_ms).ok_or(TOO_SMALL),
        NewId::AutoSeq(ms) if ms == last.ms => {
            let seq = last.seq.checked_add(1).ok_or(TOO_SMALL)?;
            Ok(StreamId::new(ms, seq))
        }
        NewId::AutoSeq(ms) => Ok(StreamId::new(ms, 0)),
        NewId::Given(id) => Ok(id),
    }
}

/// The effect names the ID that was chosen, and cuts exactly as was cut here.
fn rewrite(
    cx: &mut Cx<'_>,
    args: &[&[u8]],
    (new_id, id_at): (NewId, usize),
    id: StreamId,
    exactly: Option<(usize, Vec<u8>)>,
) {
    let chosen = !matches!(new_id, NewId::Given(_));
    if !cx.db.is_journalled() || !chosen && exactly.is_none() {
        return;
    }
    let id = id.to_string();
    let mut effect = args.to_vec();
    if chosen {
        effect[id_at] = id.as_bytes();
    }
    if let Some((at, left)) = &exactly {
        effect[at - 1] = b"=";
        effect[*at] = left;
    }
    cx.db.rewrite(&effect);
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn ids_are_given_or_made() {
        play(
            "> XADD s 5-1 a 1
             < $3
             < 5-1
             > XADD s 5-* a 1 b 2
             < $3
             < 5-2
             > XADD s 6 a 1
             < $3
             < 6-0
             > XADD s 7-* a 1
             < $3
             < 7-0
             > XADD s 7-0 a 1
             < -ERR The ID specified in XADD is equal or smaller than the target stream top item
             > XADD s 6-* a 1
             < -ERR The ID specified in XADD is equal or smaller than the target stream top item
             > XADD s 0-0 a 1
             < -ERR The ID specified in XADD must be greater than 0-0
             > XADD t 0-* a 1
             < $3
             < 0-1
             > XLEN s
             < :4
             > TYPE s
             < +stream
             > OBJECT ENCODING s
             < $6
             < stream",
        );
    }

    #[test]
    fn the_last_of_all_ids() {
        play(
            "> XADD s 18446744073709551615-18446744073709551615 a 1
             < $41
             < 18446744073709551615-18446744073709551615
             > XADD s * a 1
             < -ERR The stream has exhausted the last possible ID, unable to add more items
             > XADD t 18446744073709551615-18446744073709551614 a 1
             < $41
             < 18446744073709551615-18446744073709551614
             > XADD t * a 1
             < $41
             < 18446744073709551615-18446744073709551615
             > XADD u 3-18446744073709551615 a 1
             < $22
             < 3-18446744073709551615
             > XADD u 3-* a 1
             < -ERR The ID specified in XADD is equal or smaller than the target stream top item",
        );
    }

    #[test]
    fn nothing_is_made_that_must_exist() {
        play(
            "> XADD s NOMKSTREAM 1-1 a 1
             < $-1
             3> XADD s NOMKSTREAM 1-1 a 1
             < _
             > EXISTS s
             < :0
             > XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s nomkstream 1-2 a 1
             < $3
             < 1-2",
        );
    }

    #[test]
    fn cuts_after_adding() {
        play(
            "> XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s 2-1 a 1
             < $3
             < 2-1
             > XADD s MAXLEN 2 3-1 a 1
             < $3
             < 3-1
             > XLEN s
             < :2
             > XADD s MINID = 3-1 4-1 a 1
             < $3
             < 4-1
             > XADD s MAXLEN ~ 1 5-1 a 1
             < $3
             < 5-1
             > XLEN s
             < :3
             > XADD s MAXLEN 0 6-1 a 1
             < $3
             < 6-1
             > XLEN s
             < :0
             > EXISTS s
             < :1",
        );
    }

    #[test]
    fn effects_say_what_was_done() {
        let effects = journal(
            "> CONFIG SET stream-node-max-entries 2
             < +OK
             > XADD s 5-* a 1
             < $3
             < 5-0
             > XADD s MAXLEN ~ 3 LIMIT 10 5-* a 1
             < $3
             < 5-1
             > XADD s 6-0 a 1
             < $3
             < 6-0
             > XADD s MAXLEN ~ 1 6-1 a 1
             < $3
             < 6-1
             > XADD s MINID ~ 9 9-0 a 1
             < $3
             < 9-0",
        );
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "XADD s 5-0 a 1",
                "XADD s MAXLEN = 2 LIMIT 10 5-1 a 1",
                "XADD s 6-0 a 1",
                "XADD s MAXLEN = 2 6-1 a 1",
                "XADD s MINID = 9-0 9-0 a 1",
            ]
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XADD s * a
             < -ERR wrong number of arguments for 'xadd' command
             > XADD s * a 1 b
             < -ERR wrong number of arguments for 'xadd' command
             > XADD s x a 1
             < -ERR Invalid stream ID specified as stream command argument
             > XADD s + a 1
             < -ERR Invalid stream ID specified as stream command argument
             > XADD s MAXLEN 1 MINID 1 * a 1
             < -ERR syntax error, MAXLEN and MINID options at the same time are not compatible
             > XADD s MAXLEN -1 * a 1
             < -ERR The MAXLEN argument must be >= 0.
             > XADD s MAXLEN x * a 1
             < -ERR value is not an integer or out of range
             > XADD s MAXLEN = 1 LIMIT 3 * a 1
             < -ERR syntax error, LIMIT cannot be used without the special ~ option
             > XADD s MAXLEN ~ 1 LIMIT -1 * a 1
             < -ERR The LIMIT argument must be >= 0.
             > XADD s LIMIT 3 * a 1
             < -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
             > EXISTS s
             < :0
             > SET k v
             < +OK
             > XADD k * a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
