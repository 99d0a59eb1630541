//! XREAD and XREADGROUP: their options, waiting, and reading without a group.

use super::{shared_entry, shared_group_read, shared_id};
use crate::args::{int, is};
use engine_dispatch::{Cx, Error, NullKind, Outcome, dialect};
use engine_types::{Stream, StreamId};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// Milliseconds to wait, 0 for no end; `None` for not at all.
    timeout_ms: Option<i64>,
    /// Most entries of a stream; 0 for all.
    pub count: usize,
    /// A group and the consumer in it.
    pub group: Option<(&'a [u8], &'a [u8])>,
    /// What is given counts as acknowledged.
    pub noack: bool,
    keys: &'a [&'a [u8]],
    ids: &'a [&'a [u8]],
    /// Place of the first ID among the arguments.
    ids_at: usize,
}

/// From where a stream is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// What comes behind this ID.
    Behind(StreamId),
    /// `>`: what no consumer of the group has been given.
    Undelivered,
}

impl<'a> Request<'a> {
    fn parse(name: &str, args: &'a [&'a [u8]], grouped: bool) -> Result<Self, Error> {
        let mut request = Self {
            timeout_ms: None,
            count: 0,
            group: None,
            noack: false,
            keys: &[],
            ids: &[],
            ids_at: 0,
        };
        let mut at = 1;
        while let Some(word) = args.get(at) {
            let more = args.len() - at - 1;
            if is(word, "BLOCK") && more > 0 {
                request.timeout_ms = Some(timeout_ms(args[at + 1])?);
                at += 2;
            } else if is(word, "COUNT") && more > 0 {
                request.count = int(args[at + 1])?.max(0) as usize;
                at += 2;
            } else if is(word, "STREAMS") && more > 0 {
                return request.with_streams(name, args, at + 1, grouped);
            } else if is(word, "GROUP") && more > 1 {
                if !grouped {
                    return Err(only_for_groups("GROUP"));
                }
                request.group = Some((args[at + 1], args[at + 2]));
                at += 3;
            } else if is(word, "NOACK") {
                if !grouped {
                    return Err(only_for_groups("NOACK"));
                }
                request.noack = true;
                at += 1;
            } else {
                break;
            }
        }
        Err(Error::SYNTAX)
    }

    fn with_streams(
        mut self,
        name: &str,
        args: &'a [&'a [u8]],
        at: usize,
        grouped: bool,
    ) -> Result<Self, Error> {
        let rest = &args[at..];
        if !rest.len().is_multiple_of(2) {
            let symbol = if grouped { '>' } else { '$' };
            return Err(Error::new(format!(
                "ERR Unbalanced '{name}' list of streams: for each stream key an ID or '{symbol}' must be specified."
            )));
        }
        (self.keys, self.ids) = rest.split_at(rest.len() / 2);
        self.ids_at = at + self.keys.len();
        if grouped && self.group.is_none() {
            return Err(Error::new("ERR Missing GROUP option for XREADGROUP"));
        }
        Ok(self)
    }
}

fn only_for_groups(option: &str) -> Error {
    Error::new(format!(
        "ERR The {option} option is only supported by XREADGROUP. You called XREAD instead."
    ))
}

/// A time to wait in milliseconds, as `getTimeoutFromObjectOrReply` reads it.
fn timeout_ms(arg: &[u8]) -> Result<i64, Error> {
    match proto_resp::num::parse_i64(arg) {
        None => Err(Error::new("ERR timeout is not an integer or out of range")),
        Some(ms) if ms < 0 => Err(Error::TIMEOUT_NEGATIVE),
        Some(ms) if ms > i64::MAX / 2 => Err(Error::TIMEOUT_RANGE),
        Some(ms) => Ok(ms),
    }
}

/// XREAD, or XREADGROUP if `grouped`.
pub(crate) fn run(cx: &mut Cx<'_>, args: &[&[u8]], grouped: bool) -> Outcome {
    let request = Request::parse(cx.command.command.name, args, grouped)?;
    let mut places = Vec::with_capacity(request.keys.len());
    for (key, id) in request.keys.iter().zip(request.ids) {
        places.push(place(cx, &request, key, id)?);
    }
    let mark = cx.out.begin();
    let mut served = 0;
    for (key, from) in request.keys.iter().zip(&places) {
        let got = match *from {
            From::Behind(id) if request.group.is_none() => read(cx, key, id, request.count)?,
            from => shared_group_read::read(cx, &request, key, from)?,
        };
        served += usize::from(got);
    }
    if grouped {
        cx.db.rewritten();
    }
    if served > 0 {
        // Pairs of key and entries: a map, or an array of arrays.
        if cx.out.resp3() {
            cx.out.end_map(mark, served);
        } else {
            cx.out.end_array(mark, served);
        }
        return Ok(());
    }
    let Some(timeout_ms) = request.timeout_ms else {
        cx.out.null_array();
        return Ok(());
    };
    cx.block_on_any(request.keys, timeout_ms, NullKind::Array, grouped)?;
    wait_from_now(cx, args, &request, &places);
    Ok(())
}

/// From where a stream is read, once it is sure that it can be.
fn place(cx: &mut Cx<'_>, request: &Request<'_>, key: &[u8], id: &[u8]) -> Result<From, Error> {
    let stream = match cx.db.read::<Stream>(key) {
        Ok(Some(stream)) => Some(stream),
        gone if request.group.is_some() && cx.runs_again() => {
            if let Some(text) = dialect::stream_is_gone(cx.server) {
                return Err(Error::new(text));
            }
            gone?
        }
        other => other?,
    };
    if let Some((group, _)) = request.group {
        if stream.is_none_or(|stream| stream.group(group).is_none()) {
            let (key, group) = (String::from_utf8_lossy(key), String::from_utf8_lossy(group));
            return Err(Error::new(format!(
                "NOGROUP No such key '{key}' or consumer group '{group}' in XREADGROUP with GROUP option"
            )));
        }
        return match id {
            b"$" => Err(meaningless('$')),
            b"+" => Err(meaningless('+')),
            b">" => Ok(From::Undelivered),
            _ => Ok(match shared_id::strict(id, 0)? {
                // For Redis that is the same.
                StreamId::MAX => From::Undelivered,
                id => From::Behind(id),
            }),
        };
    }
    let last_id = stream.map_or(StreamId::MIN, |stream| stream.entries().last_id());
    match id {
        b"$" => Ok(From::Behind(last_id)),
        b"+" => Ok(From::Behind(before_last(stream))),
        b">" => Err(Error::new(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        _ => Ok(From::Behind(shared_id::strict(id, 0)?)),
    }
}

/// The place behind which nothing but the last entry comes.
fn before_last(stream: Option<&Stream>) -> StreamId {
    let last = stream.and_then(|stream| stream.entries().last_present_id());
    last.and_then(StreamId::previous).unwrap_or(StreamId::MIN)
}

fn meaningless(symbol: char) -> Error {
    Error::new(format!(
        "ERR The {symbol} ID is meaningless in the context of XREADGROUP: you want to read the history of this \
         consumer by specifying a proper ID, or use the > ID to get new messages. The {symbol} ID would just return \
         an empty result set."
    ))
}

/// Writes a stream's name and what comes behind an ID in it; false, and nothing written, if nothing does.
fn read(cx: &mut Cx<'_>, key: &[u8], id: StreamId, count: usize) -> Result<bool, Error> {
    let Some(stream) = cx.db.look::<Stream>(key)? else {
        return Ok(false);
    };
    let Some(start) = id.next().filter(|_| stream.entries().last_id() > id) else {
        return Ok(false);
    };
    let mut entries = stream.entries().range(start, StreamId::MAX).peekable();
    if entries.peek().is_none() {
        return Ok(false);
    }
    write_key(cx, key);
    let Some(stream) = cx.db.look::<Stream>(key)? else {
        return Ok(false);
    };
    let entries = stream.entries().range(start, StreamId::MAX);
    shared_entry::write_all(&mut cx.out, entries, count);
    Ok(true)
}

/// Begins what is written for a stream.
pub(crate) fn write_key(cx: &mut Cx<'_>, key: &[u8]) {
    if !cx.out.resp3() {
        cx.out.array(2);
    }
    cx.out.bulk(key);
}

/// `$` means the last ID of now, not of when the command will run again.
fn wait_from_now(cx: &mut Cx<'_>, args: &[&[u8]], request: &Request<'_>, places: &[From]) {
    if !request.ids.contains(&&b"$"[..]) {
        return;
    }
    let texts: Vec<String> = places
        .iter()
        .map(|place| match place {
            From::Behind(id) => id.to_string(),
            From::Undelivered => ">".into(),
        })
        .collect();
    let mut argv = args.to_vec();
    for (arg, text) in argv[request.ids_at..].iter_mut().zip(&texts) {
        if *arg == b"$" {
            *arg = text.as_bytes();
        }
    }
    cx.run_again_as(&argv);
}
