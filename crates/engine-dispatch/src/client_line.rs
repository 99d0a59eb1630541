//! A client's line: CLIENT LIST, CLIENT INFO, ACL LOG.

use crate::client::{Client, ClientInfo};
use crate::client_memory::{self, FIXED_BUFFER};
use crate::dialect;
use crate::server::Server;
use crate::tracking::Mode;
use proto_resp::num::len_i64;
use std::sync::atomic::Ordering::Relaxed;

/// What is known only of the client that asks.
#[derive(Debug)]
pub struct Own {
    pub id: u64,
    /// Bytes of the command that asks: as it was sent, and of its words alone.
    command_bytes: usize,
    word_bytes: usize,
    /// A watched key has changed.
    dirty: bool,
    closes: bool,
}

impl Own {
    /// Of a client that runs the command `args`; its [`ClientInfo`] is brought up to date.
    #[must_use]
    pub fn of(client: &Client, args: &[&[u8]], now_ms: i64) -> Self {
        client.publish(now_ms, 0);
        let header = |n: usize| 3 + len_i64(n as i64);
        Self {
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
}

fn flags(info: &ClientInfo, own: Option<&Own>) -> String {
    let blocked = info.blocked.load(Relaxed) || info.suspended.load(Relaxed);
    let tracking = Mode::from_bits_truncate(info.tracking.load(Relaxed));
    let marks = [
        ('O', info.monitor.load(Relaxed)),
        ('S', info.replica.load(Relaxed)),
        ('M', info.primary.load(Relaxed)),
        ('P', info.listens()),
        ('x', info.multi.load(Relaxed) >= 0),
        ('b', blocked),
        ('t', tracking.contains(Mode::ON)),
        ('R', tracking.contains(Mode::BROKEN_REDIRECT)),
        ('B', tracking.contains(Mode::BCAST)),
        ('d', own.is_some_and(|o| o.dirty)),
        ('c', own.is_some_and(|o| o.closes)),
        ('U', info.peer.starts_with('/')),
        ('e', info.no_evict.load(Relaxed)),
        ('T', info.no_touch.load(Relaxed)),
    ];
    let set: String = marks.iter().filter(|m| m.1).map(|m| m.0).collect();
    if set.is_empty() { "N".to_string() } else { set }
}

/// Writes the line, without an end of line.
pub fn write(
    server: &Server,
    info: &ClientInfo,
    own: Option<&Own>,
    now_ms: i64,
    out: &mut Vec<u8>,
) {
    let seconds = |since: i64| (now_ms - since).max(0) / 1000;
    let output = info.output.load(Relaxed);
    let (in_buffer, in_list) = if output <= FIXED_BUFFER {
        (output, 0)
    } else {
        (FIXED_BUFFER, output - FIXED_BUFFER)
    };
    let (query, words) = own.map_or((info.input.load(Relaxed), 0), |o| {
        (o.command_bytes as u64, o.word_bytes)
    });
    let queued = info.queued_bytes.load(Relaxed);
    let total = client_memory::memory(info) - info.input.load(Relaxed) + query;
    let last = info.last_command.load(Relaxed);
    let command = if last < server.table.len() {
        server.table.by_id(last).full_name.as_str()
    } else {
        "NULL"
    };
    let text = info.text.lock().clone();
    let watch = if dialect::lists_watched_keys(server) {
        format!(" watch={}", info.watching.load(Relaxed))
    } else {
        String::new()
    };
    let head = format!(
        "id={} addr={} laddr={} fd={} name=",
        info.id, info.peer, info.local, info.fd
    );
    let middle = format!(
        " age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={}{watch} qbuf={query} qbuf-free=0 argv-mem={words} \
         multi-mem={queued} rbs=0 rbp=0 obl={in_buffer} oll={} omem={in_list} tot-mem={total} events={} cmd={command} user={} \
         redir={} resp={} lib-name=",
        seconds(info.created_ms),
        seconds(info.active_ms.load(Relaxed)),
        flags(info, own),
        info.db.load(Relaxed),
        info.channels.load(Relaxed),
        info.patterns.load(Relaxed),
        info.shard_channels.load(Relaxed),
        info.multi.load(Relaxed),
        u8::from(in_list > 0),
        if output > 0 { "rw" } else { "r" },
        text.user,
        info.redirect(),
        if info.resp3.load(Relaxed) { 3 } else { 2 },
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&text.name);
    out.extend_from_slice(middle.as_bytes());
    out.extend_from_slice(&text.lib_name);
    out.extend_from_slice(b" lib-ver=");
    out.extend_from_slice(&text.lib_version);
}
