//! Tests of protocol behaviour as transcripts: what is sent, what is expected, on raw bytes.
//!
//! ```text
//! > SET k v          a line is sent as an inline command (quotes as in redis-cli)
//! < +OK              and this line, with CR LF, is expected in answer
//! a> GET k           `a`, `b` … are other connections; the first is the default
//! < $1
//! < v
//! <                  (an empty expectation: no bytes at all)
//! = *1\r\n…          sent as it stands, with \r \n \xHH unescaped
//! + 1500             lets the clock go on, milliseconds
//! 3> …               as `>`, but the connection first says HELLO 3 (once)
//! # a comment
//! ```
//! Consecutive `<` lines are one expectation: exactly these bytes, nothing more.

use crate::session::{Session, Status};
use engine_dispatch::block::Release;
use engine_dispatch::client::{ClientInfo, Endpoint};
use engine_dispatch::inbox::Message;
use engine_dispatch::{Client, CommandTable, Server, Worker, tracking};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node without sockets, for tests: one thread, any number of sessions, a clock that the test moves.
pub struct Stage {
    pub server: &'static Server,
    pub worker: Worker,
    sessions: BTreeMap<String, Session>,
    hello: Vec<String>,
}

impl Stage {
    /// A node with these commands and the default parameters.
    #[must_use]
    pub fn new(table: &'static CommandTable) -> Self {
        Self::with(params::Config::new(), table)
    }

    /// As [`Self::new`], with other parameters.
    #[must_use]
    pub fn with(config: params::Config, table: &'static CommandTable) -> Self {
        let server = Server::new(table, config, 1, [7; 28]);
        let worker = Worker::new(server, 0);
        Self {
            server,
            worker,
            sessions: BTreeMap::new(),
            hello: Vec::new(),
        }
    }

    /// The session of a name, made when first used.
    pub fn session(&mut self, name: &str) -> &mut Session {
        let server = self.server;
        self.sessions.entry(name.to_string()).or_insert_with(|| {
            let id = server.clients.next_id();
            let info = Arc::new(ClientInfo {
                id,
                peer: "127.0.0.1:1".into(),
                ..ClientInfo::default()
            });
            server.clients.add(info.clone());
            let trusted = server.acl.default_is_open();
            Session::new(Client::new(info, Endpoint::Node, trusted))
        })
    }

    /// Sends bytes on a connection and returns what it answers, replies to others delivered meanwhile.
    pub fn send(&mut self, name: &str, bytes: &[u8]) -> Vec<u8> {
        self.session(name);
        if let Some(session) = self.sessions.get_mut(name)
            && session.receive(self.server, &mut self.worker, bytes) == Status::Close
        {
            let id = session.client.info.id;
            let out = std::mem::take(&mut session.out);
            self.close(id);
            self.deliver();
            return out;
        }
        self.deliver();
        self.output(name)
    }

    /// What a connection has been sent since it was last asked.
    pub fn output(&mut self, name: &str) -> Vec<u8> {
        std::mem::take(&mut self.session(name).out)
    }

    /// Lets the clock go on; blocked sessions whose time is over are released.
    pub fn advance(&mut self, ms: i64) {
        self.worker.now_ms += ms;
        let now = self.worker.now_ms;
        for session in self.sessions.values_mut() {
            if session.status() == Status::Blocked
                && session.deadline_ms().is_some_and(|at| at <= now)
            {
                session.release(self.server, &mut self.worker, Release::TimedOut);
            } else if matches!(session.status(), Status::Suspended(_)) {
                session.resume(self.server, &mut self.worker);
            }
        }
        self.deliver();
    }

    fn deliver(&mut self) {
        tracking::limit(self.server);
        self.server.tracking.broadcast(self.server);
        while let Some(message) = self.server.inboxes[0].next() {
            match message {
                Message::Reply {
                    session,
                    bytes,
                    offset,
                } => self.with_session(session, |session, server, worker| {
                    session.deliver(server, worker, &bytes, offset);
                }),
                Message::Push { session, bytes } => self.with_session(session, |session, _, _| {
                    session.out.extend_from_slice(&bytes);
                }),
                Message::Publish { sessions, frame } => {
                    for id in sessions.iter() {
                        self.with_session(*id, |session, _, _| session.push(&frame));
                    }
                }
                Message::Invalidate {
                    session,
                    redirected,
                    keys,
                } => self.with_session(session, |session, _, _| {
                    session.invalidate(redirected, keys.as_ref());
                }),
                Message::Unblock { session, error } => {
                    self.with_session(session, |session, server, worker| {
                        let how = if error {
                            Release::Error(engine_dispatch::Error::UNBLOCKED.text())
                        } else {
                            Release::TimedOut
                        };
                        session.release(server, worker, how);
                    });
                }
                Message::Close { session, .. } => self.close(session),
                Message::ChannelsLeft(left) => {
                    let ends = |s: &&Session| s.ends_with_channels(&left);
                    let ids = self.sessions.values().filter(ends);
                    let ids: Vec<u64> = ids.map(|s| s.client.info.id).collect();
                    ids.into_iter().for_each(|id| self.close(id));
                }
                Message::RoleChanged | Message::Retry => {}
            }
        }
    }

    fn with_session(
        &mut self,
        id: u64,
        f: impl FnOnce(&mut Session, &'static Server, &mut Worker),
    ) {
        let mut sessions = self.sessions.values_mut();
        if let Some(session) = sessions.find(|s| s.client.info.id == id) {
            f(session, self.server, &mut self.worker);
        }
    }

    /// Ends a session; one that is used again under its name is a new connection.
    fn close(&mut self, id: u64) {
        self.server.clients.remove(id);
        self.sessions.retain(|_, session| {
            let ends = session.client.info.id == id;
            if ends {
                session.end(self.server);
            }
            !ends
        });
    }

    /// Turns the journal on; the position from which [`Self::effects`] reads what is written from here on.
    pub fn journal_on(&mut self) -> u64 {
        let journal = &self.server.journal;
        journal.turn_on(journal.ids().current);
        journal.offset()
    }

    /// The commands in the journal from a position on, each as a line of words.
    #[must_use]
    pub fn effects(&self, from: u64) -> Vec<String> {
        let mut bytes = Vec::new();
        if let Some(reader) = self.server.journal.reader_at(from) {
            reader.chunks().for_each(|chunk| bytes.extend(chunk));
        }
        // An array of bulk strings a command: the words are the lines that are no headers.
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.split("\r\n");
        let mut effects = Vec::new();
        while let Some(count) = lines.next().and_then(|line| line.strip_prefix('*')) {
            let count = count.parse().unwrap_or(0);
            let words: Vec<&str> = lines.by_ref().take(2 * count).skip(1).step_by(2).collect();
            effects.push(words.join(" "));
        }
        effects
    }

    /// Plays a transcript.
    ///
    /// # Panics
    /// With the line, what was expected and what came, where they differ.
    pub fn play(&mut self, transcript: &str) {
        let (mut current, mut got, mut want) = ("a".to_string(), Vec::new(), None::<Vec<u8>>);
        let mut sent = String::new();
        for (number, line) in transcript.lines().enumerate() {
            let line = line.trim_start();
            if let Some(text) = line.strip_prefix('<') {
                let text = text.strip_prefix(' ').unwrap_or(text);
                let want = want.get_or_insert_default();
                if !text.is_empty() {
                    want.extend(unescape(text));
                    want.extend_from_slice(b"\r\n");
                }
                continue;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            check(&mut want, &got, &sent, number);
            sent = line.to_string();
            if let Some(ms) = line.strip_prefix("+ ") {
                self.advance(ms.trim().parse().expect("milliseconds"));
                got = self.output(&current);
            } else if let Some(raw) = line.strip_prefix("= ") {
                got = self.send(&current, &unescape(raw));
            } else if let Some((name, command)) = line.split_once('>') {
                current = if name.trim().is_empty() {
                    "a".to_string()
                } else {
                    name.trim().to_string()
                };
                if current == "3" && !self.hello.contains(&current) {
                    self.hello.push(current.clone());
                    self.send("3", b"HELLO 3\r\n");
                }
                let command = command.trim_start();
                got = if command.is_empty() {
                    self.output(&current)
                } else {
                    self.send(&current, format!("{command}\r\n").as_bytes())
                };
            } else {
                panic!("line {}: not a transcript line: {line}", number + 1);
            }
        }
        check(&mut want, &got, &sent, transcript.lines().count());
    }
}

fn check(want: &mut Option<Vec<u8>>, got: &[u8], sent: &str, before: usize) {
    if let Some(want) = want.take() {
        assert!(
            want == got,
            "before line {}: after {sent:?}\n expected {:?}\n got      {:?}",
            before + 1,
            String::from_utf8_lossy(&want),
            String::from_utf8_lossy(got)
        );
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'\\' && at + 1 < bytes.len() {
            let hex = bytes
                .get(at + 2..at + 4)
                .and_then(|h| std::str::from_utf8(h).ok());
            match (
                bytes[at + 1],
                hex.and_then(|h| u8::from_str_radix(h, 16).ok()),
            ) {
                (b'x', Some(byte)) => {
                    out.push(byte);
                    at += 4;
                    continue;
                }
                (b'r', _) => out.push(b'\r'),
                (b'n', _) => out.push(b'\n'),
                (other, _) => out.push(other),
            }
            at += 2;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
