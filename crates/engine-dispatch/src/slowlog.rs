//! Commands that took long (SLOWLOG), and what must not be shown of a command's words.

use crate::client::Client;
use crate::command::Flags;
use crate::server::Server;
use crate::table::Registered;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Words of a command that are kept, and bytes of each.
const WORDS_MAX: usize = 32;
const WORD_BYTES_MAX: usize = 128;

/// A command that took long.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: u64,
    /// Unix time, seconds.
    pub time_s: i64,
    pub micros: u64,
    pub words: Vec<Vec<u8>>,
    pub peer: String,
    pub name: Vec<u8>,
}

/// The log, newest first. A leaf lock.
#[derive(Debug, Default)]
pub struct Slowlog(Mutex<(u64, VecDeque<Entry>)>);

impl Slowlog {
    /// Notes a command; keeps the newest `max`.
    pub(crate) fn push(&self, mut entry: Entry, max: usize) {
        let mut log = self.0.lock();
        entry.id = log.0;
        log.0 += 1;
        log.1.push_front(entry);
        log.1.truncate(max);
    }

    /// The newest entries.
    #[must_use]
    pub fn newest(&self, count: usize) -> Vec<Entry> {
        self.0.lock().1.iter().take(count).cloned().collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().1.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.lock().1.clear();
    }

    /// Forgets the oldest beyond `max` (`slowlog-max-len` was changed).
    pub fn truncate(&self, max: usize) {
        self.0.lock().1.truncate(max);
    }
}

/// A command has taken `nanos`: notes it where it is over the limits that are set.
#[inline]
pub(crate) fn note(
    server: &'static Server,
    client: &Client,
    command: &Registered,
    args: &[&[u8]],
    nanos: u64,
    now_ms: i64,
) {
    let slow_micros = server.config.int(params::SLOWLOG_LOG_SLOWER_THAN);
    let watched_ms = server.config.int(params::LATENCY_MONITOR_THRESHOLD);
    let (micros, ms) = ((nanos / 1000) as i64, (nanos / 1_000_000) as i64);
    if watched_ms > 0 && ms >= watched_ms {
        let event = if command.command.flags.contains(Flags::FAST) {
            "fast-command"
        } else {
            "command"
        };
        server.latency.add(event, now_ms / 1000, ms);
    }
    if slow_micros >= 0
        && micros >= slow_micros
        && !command.command.flags.contains(Flags::SKIP_SLOWLOG)
    {
        log(server, client, command, args, micros as u64, now_ms);
    }
}

#[cold]
fn log(
    server: &'static Server,
    client: &Client,
    command: &Registered,
    args: &[&[u8]],
    micros: u64,
    now_ms: i64,
) {
    let max = server.config.int(params::SLOWLOG_MAX_LEN).max(0) as usize;
    if max == 0 {
        return;
    }
    let entry = Entry {
        id: 0,
        time_s: now_ms / 1000,
        micros,
        words: shown_words(command, args),
        peer: client.info.peer.clone(),
        name: client.info.text.lock().name.clone(),
    };
    server.slowlog.push(entry, max);
}

fn shown_words(command: &Registered, args: &[&[u8]]) -> Vec<Vec<u8>> {
    let shown = if args.len() > WORDS_MAX {
        WORDS_MAX - 1
    } else {
        args.len()
    };
    let mut words: Vec<Vec<u8>> = args[..shown]
        .iter()
        .enumerate()
        .map(|(n, word)| {
            if is_secret(command, args, n) {
                return b"(redacted)".to_vec();
            }
            let mut kept = word[..word.len().min(WORD_BYTES_MAX)].to_vec();
            if word.len() > WORD_BYTES_MAX {
                kept.extend(format!("... ({} more bytes)", word.len() - WORD_BYTES_MAX).bytes());
            }
            kept
        })
        .collect();
    if shown < args.len() {
        words.push(format!("... ({} more arguments)", args.len() - shown).into_bytes());
    }
    words
}

/// Whether word `n` of a command is a secret, which neither SLOWLOG nor MONITOR shows.
#[must_use]
pub fn is_secret(command: &Registered, args: &[&[u8]], n: usize) -> bool {
    let is = |at: usize, word: &str| {
        args.get(at)
            .is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()))
    };
    match command.full_name.as_str() {
        "auth" => n >= 1,
        "hello" => (2..args.len()).any(|at| is(at, "AUTH") && (n == at + 1 || n == at + 2)),
        "migrate" => (6..args.len()).any(|at| {
            (is(at, "AUTH") && n == at + 1) || (is(at, "AUTH2") && (n == at + 1 || n == at + 2))
        }),
        "config|set" => {
            n >= 3
                && n % 2 == 1
                && args
                    .get(n - 1)
                    .and_then(|name| params::lookup(name))
                    .is_some_and(|(id, _)| id.param().flags.contains(params::Flags::SENSITIVE))
        }
        "acl|setuser" => n >= 3,
        "acl|deluser" | "acl|getuser" => false,
        _ => false,
    }
}
