//! CLIENT LIST and CLIENT INFO: one line a client.

use crate::args::is;
use crate::server::shared_dialect::is_at_least;
use engine_dispatch::client::ClientInfo;
use engine_dispatch::{Cx, Error, Outcome, Server};
use proto_resp::num::{len_i64, parse_i64};
use std::sync::atomic::Ordering::Relaxed;

/// A kind of client that LIST and KILL can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientType {
    Normal,
    Replica,
    Primary,
    Pubsub,
}

impl ClientType {
    /// The kind that a word names.
    ///
    /// # Errors
    /// It names none.
    pub(super) fn named(word: &[u8]) -> Result<Self, Error> {
        match word {
            _ if is(word, "NORMAL") => Ok(Self::Normal),
            _ if is(word, "SLAVE") || is(word, "REPLICA") => Ok(Self::Replica),
            _ if is(word, "MASTER") || is(word, "PRIMARY") => Ok(Self::Primary),
            _ if is(word, "PUBSUB") => Ok(Self::Pubsub),
            _ => {
                let word = String::from_utf8_lossy(word);
                Err(Error::new(format!("ERR Unknown client type '{word}'")))
            }
        }
    }

    /// The kind of a client.
    pub(super) fn of(info: &ClientInfo) -> Self {
        if info.primary.load(Relaxed) {
            Self::Primary
        } else if info.replica.load(Relaxed) {
            Self::Replica
        } else {
            Self::Normal
        }
    }
}

/// What is known only of the client that asks.
struct Own {
    id: u64,
    /// Bytes of the command that asks: as it was sent, and of its words alone.
    command_bytes: usize,
    word_bytes: usize,
    /// A watched key has changed.
    dirty: bool,
    closes: bool,
}

pub(super) fn info(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let own = about_self(cx, args);
    let mut text = Vec::new();
    line(
        cx.server,
        &cx.client.info,
        Some(&own),
        cx.now_ms(),
        &mut text,
    );
    cx.out.verbatim("txt", &text);
    Ok(())
}

pub(super) fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let infos = match args {
        [_, _] => cx.server.clients.all(),
        [_, _, option, word] if is(option, "TYPE") => {
            let wanted = ClientType::named(word)?;
            let all = cx.server.clients.all();
            all.into_iter()
                .filter(|i| ClientType::of(i) == wanted)
                .collect()
        }
        [_, _, option, ids @ ..] if is(option, "ID") && !ids.is_empty() => {
            let mut found = Vec::new();
            for id in ids {
                let id = parse_i64(id).ok_or_else(|| Error::new("ERR Invalid client ID"))?;
                found.extend(
                    u64::try_from(id)
                        .ok()
                        .and_then(|id| cx.server.clients.get(id)),
                );
            }
            found
        }
        _ => return Err(Error::SYNTAX),
    };
    let own = about_self(cx, args);
    let mut text = Vec::new();
    for info in &infos {
        let own = Some(&own).filter(|own| own.id == info.id);
        line(cx.server, info, own, cx.now_ms(), &mut text);
    }
    cx.out.verbatim("txt", &text);
    Ok(())
}

fn about_self(cx: &Cx<'_>, args: &[&[u8]]) -> Own {
    let client = &*cx.client;
    client.publish(cx.now_ms(), 0);
    let header = |n: usize| 3 + len_i64(n as i64);
    Own {
        id: client.info.id,
        command_bytes: header(args.len())
            + args
                .iter()
                .map(|a| header(a.len()) + a.len() + 2)
                .sum::<usize>(),
        word_bytes: args.iter().map(|a| a.len()).sum(),
        dirty: client.watch_flag.load(Relaxed),
        closes: client.close_after,
    }
}

fn flags(info: &ClientInfo, own: Option<&Own>) -> String {
    let blocked = info.blocked.load(Relaxed) || info.suspended.load(Relaxed);
    let marks = [
        ('O', info.monitor.load(Relaxed)),
        ('S', info.replica.load(Relaxed)),
        ('M', info.primary.load(Relaxed)),
        ('x', info.multi.load(Relaxed) >= 0),
        ('b', blocked),
        ('d', own.is_some_and(|o| o.dirty)),
        ('c', own.is_some_and(|o| o.closes)),
        ('U', info.peer.starts_with('/')),
        ('e', info.no_evict.load(Relaxed)),
        ('T', info.no_touch.load(Relaxed)),
    ];
    let set: String = marks.iter().filter(|m| m.1).map(|m| m.0).collect();
    if set.is_empty() { "N".to_string() } else { set }
}

fn line(server: &Server, info: &ClientInfo, own: Option<&Own>, now_ms: i64, out: &mut Vec<u8>) {
    /// Output up to here would stand in the fixed buffer of a Redis client, bytes.
    const FIXED_BUFFER: u64 = 16 * 1024;
    let seconds = |since: i64| (now_ms - since).max(0) / 1000;
    let output = info.output.load(Relaxed);
    let (in_buffer, in_list) = if output <= FIXED_BUFFER {
        (output, 0)
    } else {
        (FIXED_BUFFER, output - FIXED_BUFFER)
    };
    let (query, words) = own.map_or((0, 0), |o| (o.command_bytes, o.word_bytes));
    let total = std::mem::size_of::<engine_dispatch::Client>() as u64 + output + query as u64;
    let last = info.last_command.load(Relaxed);
    let command = if last < server.table.len() {
        server.table.by_id(last).full_name.as_str()
    } else {
        "NULL"
    };
    let text = info.text.lock().clone();
    let watch = if is_at_least(server, (7, 4), (8, 0)) {
        format!(" watch={}", info.watching.load(Relaxed))
    } else {
        String::new()
    };
    let head = format!(
        "id={} addr={} laddr={} fd={} name=",
        info.id, info.peer, info.local, info.fd
    );
    let middle = format!(
        " age={} idle={} flags={} db={} sub=0 psub=0 ssub=0 multi={}{watch} qbuf={query} qbuf-free=0 argv-mem={words} \
         multi-mem=0 rbs=0 rbp=0 obl={in_buffer} oll={} omem={in_list} tot-mem={total} events={} cmd={command} user={} \
         redir=-1 resp={} lib-name=",
        seconds(info.created_ms),
        seconds(info.active_ms.load(Relaxed)),
        flags(info, own),
        info.db.load(Relaxed),
        info.multi.load(Relaxed),
        u8::from(in_list > 0),
        if output > 0 { "rw" } else { "r" },
        text.user,
        if info.resp3.load(Relaxed) { 3 } else { 2 },
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&text.name);
    out.extend_from_slice(middle.as_bytes());
    out.extend_from_slice(&text.lib_name);
    out.extend_from_slice(b" lib-ver=");
    out.extend_from_slice(&text.lib_version);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    fn ask(stage: &mut Stage, name: &str, line: &str) -> String {
        let out = stage.send(name, format!("{line}\r\n").as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_client_has_its_line() {
        let mut stage = Stage::new(crate::table());
        ask(&mut stage, "a", "CLIENT SETNAME me");
        ask(&mut stage, "b", "SELECT 3");
        ask(&mut stage, "b", "MULTI");
        ask(&mut stage, "b", "GET k");
        ask(&mut stage, "c", "WAIT 1 0");
        let all = ask(&mut stage, "a", "CLIENT LIST");
        let lines: Vec<&str> = all.lines().filter(|l| l.starts_with("id=")).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains(" name=me "));
        assert!(lines[0].contains(" multi=-1 qbuf=26 qbuf-free=0 argv-mem=10 "));
        assert!(
            lines[0].contains(" cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=")
        );
        assert!(lines[1].contains(" flags=x db=3 sub=0 psub=0 ssub=0 multi=1 "));
        assert!(lines[1].contains(" cmd=get "));
        assert!(lines[2].contains(" flags=b db=0 "));
        let some = ask(&mut stage, "a", "CLIENT LIST ID 3 99 1");
        let ids: Vec<&str> = some
            .lines()
            .filter_map(|l| l.split(' ').next())
            .filter(|w| w.starts_with("id="))
            .collect();
        assert_eq!(ids, ["id=3", "id=1"]);
        assert_eq!(
            ask(&mut stage, "a", "CLIENT LIST TYPE replica"),
            "$0\r\n\r\n"
        );
        ask(&mut stage, "a", "HELLO 3");
        assert!(ask(&mut stage, "a", "CLIENT INFO").contains("\r\ntxt:id=1 addr=127.0.0.1:1 "));
    }

    #[test]
    fn wrong_filters() {
        play(
            "> CLIENT LIST TYPE foo
             < -ERR Unknown client type 'foo'
             > CLIENT LIST ID abc
             < -ERR Invalid client ID
             > CLIENT LIST ID
             < -ERR syntax error
             > CLIENT LIST foo
             < -ERR syntax error",
        );
    }
}
