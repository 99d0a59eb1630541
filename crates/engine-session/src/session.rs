//! A session: what stands between the bytes of a connection and the commands.

use crate::batch::{Batch, End};
use engine_dispatch::acl::user::ChannelsLeft;
use engine_dispatch::block::{self, Release};
use engine_dispatch::client::{Blocked, Endpoint, ReplyMode};
use engine_dispatch::execute::{Prepared, Ran, run};
use engine_dispatch::pubsub::Frame;
use engine_dispatch::worker::count;
use engine_dispatch::{Client, Server, Worker, pubsub, tracking, transaction};
use engine_keyspace::Busy;
use proto_resp::{Parser, Reply};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// What the driver must do about a session after it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for bytes.
    Idle,
    /// A lock was not to be had; call [`Session::resume`] each turn, at least every millisecond.
    Suspended(Busy),
    /// It waits for a key or an acknowledgement; see [`Session::deadline_ms`].
    Blocked,
    /// Send the output, then close.
    Close,
    /// It has become something else; see `client.takeover`.
    Takeover,
}

/// One connection, without its socket.
#[derive(Debug)]
pub struct Session {
    pub client: Client,
    /// Bytes to be sent, in order.
    pub out: Vec<u8>,
    /// Bytes received and not yet consumed.
    input: Vec<u8>,
    parser: Parser,
    batch: Batch,
    status: Status,
}

impl Session {
    /// A session at the start of its connection.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            out: Vec::new(),
            input: Vec::new(),
            parser: Parser::default(),
            batch: Batch::default(),
            status: Status::Idle,
        }
    }

    /// What the session waits for.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Bytes received and not yet consumed.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.input.len()
    }

    /// Takes what has been received and not consumed: what follows a PSYNC belongs to its link.
    pub fn take_input(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// When a blocked session times out, milliseconds of Unix time.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<i64> {
        match &self.client.blocked {
            Some(Blocked::Keys { deadline_ms, .. } | Blocked::Acks { deadline_ms, .. }) => {
                *deadline_ms
            }
            Some(Blocked::Work) | None => None,
        }
    }

    /// Bytes have come.
    #[inline]
    pub fn receive(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        bytes: &[u8],
    ) -> Status {
        if self.status != Status::Idle {
            self.input.extend_from_slice(bytes);
            self.check_input(server, worker);
            return self.status;
        }
        if self.input.is_empty() {
            let used = self.consume(server, worker, bytes);
            self.input.extend_from_slice(&bytes[used..]);
        } else {
            self.input.extend_from_slice(bytes);
            if self.input.len() >= self.parser.need() {
                self.go_on(server, worker);
            }
        }
        self.check_input(server, worker);
        self.status
    }

    /// Shows how much of the input waits, and ends the session if that is more than may be.
    fn check_input(&mut self, server: &'static Server, worker: &Worker) {
        let bytes = self.input.len() as u64;
        let shown = &self.client.info.input;
        if shown.load(Ordering::Relaxed) != bytes {
            shown.store(bytes, Ordering::Relaxed);
        }
        let limit = server.config.memory(params::CLIENT_QUERY_BUFFER_LIMIT);
        if limit > 0 && bytes > limit {
            self.refuse_input(server, worker);
        }
    }

    #[cold]
    fn refuse_input(&mut self, server: &'static Server, worker: &Worker) {
        self.status = Status::Close;
        count(&worker.stats.query_limit, 1);
        if let Some(process) = server.process() {
            process.log(&format!(
                "Closing client that reached max query buffer length: id={} addr={} qbuf={}",
                self.client.info.id,
                self.client.info.peer,
                self.input.len()
            ));
        }
    }

    /// Tries again what was suspended.
    pub fn resume(&mut self, server: &'static Server, worker: &mut Worker) -> Status {
        if matches!(self.status, Status::Suspended(_)) {
            self.status = Status::Idle;
            self.go_on(server, worker);
        }
        self.status
    }

    fn go_on(&mut self, server: &'static Server, worker: &mut Worker) {
        let mut input = std::mem::take(&mut self.input);
        let used = self.consume(server, worker, &input);
        input.drain(..used);
        debug_assert!(self.input.is_empty());
        self.input = input;
    }

    /// Runs the commands in `input` for as long as nothing stops the session; how many bytes are done with.
    fn consume(&mut self, server: &'static Server, worker: &mut Worker, input: &[u8]) -> usize {
        let mut at = 0;
        let mut batch = std::mem::take(&mut self.batch);
        while self.status == Status::Idle {
            let (next, end) = batch.parse(server, &self.client, &mut self.parser, input, at);
            at = self.run_batch(server, worker, &mut batch, input, next, &end);
            if self.status != Status::Idle {
                break;
            }
            match end {
                End::More => {}
                End::Partial => break,
                End::Inline { start, next } => {
                    let words = std::mem::take(&mut self.parser.words);
                    let args: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                    worker.stamp();
                    let prepared = Prepared::new(server, self.client.db, &args);
                    at = if self.step(server, worker, &args, prepared) {
                        next
                    } else {
                        start
                    };
                }
                End::Broken(error) => {
                    Reply::new(&mut self.out, self.client.version).error(&format!("ERR {error}"));
                    self.status = Status::Close;
                    at = input.len();
                }
            }
        }
        self.batch = batch;
        self.publish(worker);
        at
    }

    /// Shows other threads how the client stands.
    fn publish(&self, worker: &Worker) {
        self.client.publish(worker.now_ms, self.out.len());
        let suspended = matches!(self.status, Status::Suspended(_));
        self.client
            .info
            .suspended
            .store(suspended, Ordering::Relaxed);
    }

    /// Runs the commands of a batch; where the input goes on after the last one that ran.
    fn run_batch(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        batch: &mut Batch,
        input: &[u8],
        rest: usize,
        end: &End,
    ) -> usize {
        worker.stamp();
        for n in 0..batch.commands.len() {
            let args = batch.args(n, input);
            let parsed = &mut batch.commands[n];
            let prepared = if parsed.db == self.client.db {
                let spent = Prepared {
                    command: Err(engine_dispatch::table::Unknown::Command),
                    key: None,
                };
                std::mem::replace(&mut parsed.prepared, spent)
            } else {
                Prepared::new(server, self.client.db, &args)
            };
            let (start, next) = (parsed.start, parsed.next);
            if !self.step(server, worker, &args, prepared) {
                self.forget_parsed(end);
                return start;
            }
            if self.status != Status::Idle {
                self.forget_parsed(end);
                return next;
            }
        }
        match end {
            End::Inline { start, .. } => *start,
            _ => rest,
        }
    }

    /// The batch stops before its end: what the parser keeps of a later, unfinished command would be of no use.
    fn forget_parsed(&mut self, end: &End) {
        if !matches!(end, End::More) {
            self.parser = Parser::default();
        }
    }

    /// Runs one command; false if it must be run again.
    #[inline]
    fn step(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        args: &[&[u8]],
        prepared: Prepared,
    ) -> bool {
        if let Ok(command) = &prepared.command {
            self.client
                .info
                .last_command
                .store(command.id, Ordering::Relaxed);
        }
        match run(
            server,
            worker,
            &mut self.client,
            args,
            prepared,
            &mut self.out,
        ) {
            Ran::Done => {
                if self.client.takeover.is_some() {
                    self.status = Status::Takeover;
                } else if self.client.close_after {
                    self.status = Status::Close;
                } else if self.client.blocked.is_some() {
                    // WAIT has blocked without keys.
                    self.status = Status::Blocked;
                }
                true
            }
            Ran::Blocked => {
                self.status = Status::Blocked;
                true
            }
            Ran::Suspended(busy) => {
                self.status = Status::Suspended(busy);
                false
            }
        }
    }

    /// The blocked command has been answered by another unit, whose journal offset is `offset`.
    pub fn deliver(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        bytes: &[u8],
        offset: u64,
    ) -> Status {
        if self.client.blocked.take().is_some() {
            self.client.last_write = self.client.last_write.max(offset);
            if self.client.reply_mode == ReplyMode::On {
                self.out.extend_from_slice(bytes);
            }
            self.unblocked(server, worker);
        }
        self.status
    }

    /// A published message has come.
    pub fn push(&mut self, frame: &[u8]) {
        pubsub::write_frame(&mut self.out, self.client.version, frame);
    }

    /// Values that the client, or the one it is told for, keeps copies of have changed.
    pub fn invalidate(&mut self, redirected: bool, keys: Option<&Frame>) {
        tracking::write_invalidation(&mut self.out, self.client.receiver(), redirected, keys);
    }

    /// Releases a blocked session: time-out, CLIENT UNBLOCK, role change. No effect if it was answered meanwhile.
    pub fn release(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        how: Release<'_>,
    ) -> Status {
        if block::release(server, &mut self.client, how, &mut self.out) {
            self.unblocked(server, worker);
        }
        self.status
    }

    fn unblocked(&mut self, server: &'static Server, worker: &mut Worker) {
        self.status = Status::Idle;
        self.go_on(server, worker);
    }

    /// The connection ends: nothing of it stays in the keyspace.
    pub fn end(&mut self, server: &'static Server) {
        let mut nothing = Vec::new();
        block::release(server, &mut self.client, Release::Gone, &mut nothing);
        transaction::discard(server, &mut self.client);
        server.monitors.remove(self.client.info.id);
        pubsub::reset(server, &mut self.client);
        tracking::disable(server, &mut self.client);
        self.status = Status::Close;
    }

    /// Whether the session must end because its user has lost a channel that it is subscribed to.
    #[must_use]
    pub fn ends_with_channels(&self, left: &BTreeMap<u64, ChannelsLeft>) -> bool {
        let left = left.get(&self.client.user.id);
        left.is_some_and(|left| !self.client.subscriptions.are_left(left))
    }

    /// Whether the session must end because the node is primary no more.
    #[must_use]
    pub fn ends_with_demotion(&self) -> bool {
        self.client.endpoint == Endpoint::Primary
    }
}
