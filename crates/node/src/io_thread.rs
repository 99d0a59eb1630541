//! The event loop of one I/O thread: receive from all ready connections and run their sessions, then send all
//! replies. Sweeps of expired keys run between the batches.
//!
//! While a session runs, its connection and the worker are out of the loop's state and nothing of the state is
//! borrowed: a script that runs for too long takes turns of this loop from within itself ([`serve_others`]), so that
//! the thread's other clients are answered and can end the script.

use crate::connection::{Accepted, Connection, Held, Sent};
use crate::log;
use crate::memory::count_this_thread;
use crate::poll::{Interest, Poll, Ready, Waker};
use engine_dispatch::acl::user::ChannelsLeft;
use engine_dispatch::block::Release;
use engine_dispatch::evict;
use engine_dispatch::expire::{self, Sweep};
use engine_dispatch::inbox::Message;
use engine_dispatch::pubsub::Frame;
use engine_dispatch::worker::count;
use engine_dispatch::{Error, Server, Worker, client_memory, tracking};
use engine_persist::blocks::WakeHandle;
use engine_replication::NodeReplication;
use engine_session::Status;
use parking_lot::Mutex;
use rustix::net::{RecvFlags, recv};
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Bytes received in one call.
const RECEIVE_BYTES: usize = 64 * 1024;
/// Output above which a connection is sent to at once, not at the end of the batch.
const SEND_EARLY_BYTES: usize = 256 * 1024;
/// Stack of a thread. Scripts nest values a thousand deep, and serve others from within themselves.
const STACK_BYTES: usize = 16 << 20;
/// Token of the thread's waker; connections have their place in the table.
const WAKER: u64 = u64::MAX;

/// What other threads have of an I/O thread.
pub(crate) struct Port {
    pub(crate) waker: Waker,
    incoming: Mutex<Vec<Accepted>>,
    /// Sessions on the thread and on their way to it.
    pub(crate) sessions: AtomicUsize,
}

impl Port {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            waker: Waker::new()?,
            incoming: Mutex::default(),
            sessions: AtomicUsize::new(0),
        })
    }

    /// Gives the thread a connection.
    pub(crate) fn give(&self, accepted: Accepted) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        self.incoming.lock().push(accepted);
        self.waker.wake();
    }
}

thread_local! {
    /// The loop that runs on this thread.
    static CURRENT: RefCell<Option<Rc<IoThread>>> = const { RefCell::new(None) };
}

/// Serves this thread's other sessions for one turn, from within a session that runs; nothing on a thread without
/// a loop.
pub(crate) fn serve_others() {
    let current = CURRENT.with_borrow(Clone::clone);
    if let Some(thread) = current {
        thread.turn(true);
    }
}

/// The loop. Its state is borrowed for moments only, never while a session runs.
pub(crate) struct IoThread {
    server: &'static Server,
    state: RefCell<State>,
}

/// What the loop knows.
struct State {
    server: &'static Server,
    threads: usize,
    port: Arc<Port>,
    /// What sessions run with; another takes its place while one is in use.
    worker: Box<Worker>,
    spare: Option<Box<Worker>>,
    /// Buffers of [`RECEIVE_BYTES`] that no turn uses.
    buffers: Vec<Vec<u8>>,
    poll: Poll,
    /// Kept for the next turn.
    events: Vec<Ready>,
    connections: Vec<Option<Box<Connection>>>,
    free: Vec<usize>,
    by_session: HashMap<u64, usize>,
    dirty: Vec<usize>,
    /// Those with more output than their soft limit.
    over_limit: Vec<usize>,
    /// Places of connections whose output waits for the append-only file.
    held: Vec<usize>,
    suspended: VecDeque<usize>,
    /// When blocked sessions time out: (time, place, session).
    deadlines: BinaryHeap<Reverse<(i64, usize, u64)>>,
    sweep: Sweep,
    next_tick_ms: i64,
    sweep_again: bool,
    /// Until then clients come before the sweep: it takes half of the time at most while there are any.
    sweep_rests_until: Instant,
    /// Messages to sessions that are running.
    held_back: Vec<Message>,
    replication: Arc<NodeReplication>,
    /// Places of the links to replicas.
    links: Vec<usize>,
    /// Wakes the thread when the journal grows, while it has links.
    journal_waker: Option<Arc<WakeHandle>>,
}

impl IoThread {
    /// A loop that runs on the calling thread.
    pub(crate) fn new(
        server: &'static Server,
        index: usize,
        threads: usize,
        port: Arc<Port>,
        replication: Arc<NodeReplication>,
    ) -> io::Result<Self> {
        count_this_thread();
        let poll = Poll::new()?;
        poll.add(port.waker.fd(), WAKER, Interest::Read)?;
        let state = State {
            server,
            threads,
            port,
            worker: Box::new(Worker::new(server, index)),
            spare: None,
            buffers: Vec::new(),
            poll,
            events: Vec::new(),
            connections: Vec::new(),
            free: Vec::new(),
            by_session: HashMap::new(),
            dirty: Vec::new(),
            over_limit: Vec::new(),
            held: Vec::new(),
            suspended: VecDeque::new(),
            deadlines: BinaryHeap::new(),
            sweep: Sweep::default(),
            next_tick_ms: 0,
            sweep_again: false,
            sweep_rests_until: Instant::now(),
            held_back: Vec::new(),
            replication,
            links: Vec::new(),
            journal_waker: None,
        };
        Ok(Self {
            server,
            state: RefCell::new(state),
        })
    }

    /// Runs for as long as the process does.
    pub(crate) fn run(self) -> ! {
        let this = Rc::new(self);
        CURRENT.set(Some(this.clone()));
        loop {
            this.turn(false);
        }
    }

    /// Receive, run, send. A turn that is `nested` in a running session does not wait, and leaves the keys alone.
    fn turn(&self, nested: bool) {
        let mut ready = Vec::new();
        let mut buffer = self.state.borrow_mut().wait(nested, &mut ready);
        // What was sent to a client before it asked comes before its answer.
        self.take_messages();
        for event in &ready {
            if event.token == WAKER {
                self.state.borrow().port.waker.drain();
                continue;
            }
            let at = event.token as usize;
            if event.writable {
                self.state.borrow_mut().unstick(at);
            }
            if event.readable {
                self.receive(at, &mut buffer);
            }
        }
        self.server.tracking.broadcast(self.server);
        self.take_messages();
        self.state.borrow_mut().take_incoming();
        self.retry_suspended();
        self.release_overdue();
        let mut state = self.state.borrow_mut();
        state.send_held();
        state.send_all();
        state.feed_links();
        if !nested {
            state.look_after_keys(ready.is_empty());
        }
        // The end of a turn says that whatever began before it is over, which a nested one cannot say.
        if !nested {
            count(&state.worker.stats.batches, 1);
        }
        state.events = ready;
        state.buffers.push(buffer);
    }

    /// Runs `f` on a connection and a worker that are out of the state, so that nothing of the loop is borrowed
    /// meanwhile, and does what the session's status asks for.
    fn with(&self, at: usize, f: impl FnOnce(&mut Worker, &mut Connection)) {
        let taken = self.state.borrow_mut().take_out(at);
        let Some((mut worker, mut connection)) = taken else {
            return;
        };
        f(&mut worker, &mut connection);
        self.state.borrow_mut().put_back(at, worker, connection);
    }

    fn receive(&self, at: usize, buffer: &mut [u8]) {
        self.with(at, |worker, connection| {
            if connection.closing {
                return;
            }
            match recv(&connection.fd, &mut *buffer, RecvFlags::empty()) {
                Ok((n, _)) if n > 0 => {
                    count(&worker.stats.input_bytes, n as u64);
                    count(&worker.stats.reads, 1);
                    let info = &connection.session.client.info;
                    info.active_ms.store(worker.now_ms, Ordering::Relaxed);
                    if let Some(link) = &mut connection.link {
                        if link.input(&buffer[..n], worker.now_ms) {
                            self.server.acks.advanced(self.server);
                        }
                        return;
                    }
                    connection
                        .session
                        .receive(self.server, worker, &buffer[..n]);
                    if connection.unsent() > SEND_EARLY_BYTES {
                        self.state.borrow_mut().send(at, connection);
                    }
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                // The peer has gone, or the connection is broken: what it sent before has been run.
                Ok(_) | Err(_) => {
                    connection.session.end(self.server);
                    connection.session.out.clear();
                }
            }
        });
    }

    fn take_messages(&self) {
        let inbox = {
            let state = self.state.borrow();
            &self.server.inboxes[state.worker.index]
        };
        // No more than there are now: what they lead to has its turn later.
        for _ in 0..inbox.len() {
            let Some(message) = inbox.next() else { return };
            self.handle(message);
        }
    }

    fn handle(&self, message: Message) {
        let session = match &message {
            Message::Reply { session, .. }
            | Message::Push { session, .. }
            | Message::Invalidate { session, .. }
            | Message::Close { session, .. }
            | Message::Unblock { session, .. } => *session,
            Message::Publish { sessions, frame } => {
                return self.state.borrow_mut().publish(sessions, frame);
            }
            Message::RoleChanged => {
                let places = self.state.borrow().connections.len();
                for at in 0..places {
                    self.with(at, |worker, connection| {
                        role_changed(self.server, worker, connection);
                    });
                }
                return;
            }
            Message::ChannelsLeft(left) => {
                return self.state.borrow_mut().channels_left(left);
            }
            Message::Retry => return,
        };
        let mut state = self.state.borrow_mut();
        let Some(at) = state.by_session.get(&session).copied() else {
            return;
        };
        if state.connections[at].is_none() {
            state.held_back.push(message);
            return;
        }
        drop(state);
        self.with(at, |worker, connection| {
            handle_one(self.server, worker, connection, message);
        });
    }

    fn retry_suspended(&self) {
        // Those that are suspended anew come to the end of the queue.
        let waiting = self.state.borrow().suspended.len();
        for _ in 0..waiting {
            let next = self.state.borrow_mut().suspended.pop_front();
            let Some(at) = next else { return };
            self.with(at, |worker, connection| {
                connection.suspended = false;
                connection.session.resume(self.server, worker);
            });
        }
    }

    fn release_overdue(&self) {
        loop {
            let next = self.state.borrow_mut().next_overdue();
            let Some((deadline, at)) = next else { return };
            self.with(at, |worker, connection| {
                if connection.session.deadline_ms() == Some(deadline) {
                    connection
                        .session
                        .release(self.server, worker, Release::TimedOut);
                }
            });
        }
    }
}

fn handle_one(
    server: &'static Server,
    worker: &mut Worker,
    connection: &mut Connection,
    message: Message,
) {
    let session = &mut connection.session;
    match message {
        Message::Reply { bytes, offset, .. } => {
            session.deliver(server, worker, &bytes, offset);
        }
        Message::Push { bytes, .. } => session.out.extend_from_slice(&bytes),
        Message::Invalidate {
            redirected, keys, ..
        } => session.invalidate(redirected, keys.as_ref()),
        Message::Close { flush, .. } => {
            session.end(server);
            if !flush {
                session.out.clear();
            }
        }
        Message::Unblock { error, .. } => {
            let how = if error {
                Release::Error(Error::UNBLOCKED.text())
            } else {
                Release::TimedOut
            };
            if session.status() == Status::Blocked {
                session.release(server, worker, how);
            }
        }
        Message::Publish { .. }
        | Message::RoleChanged
        | Message::ChannelsLeft(_)
        | Message::Retry => {}
    }
}

fn role_changed(server: &'static Server, worker: &mut Worker, connection: &mut Connection) {
    if !server.is_replica() {
        return;
    }
    if connection.session.ends_with_demotion() {
        connection.session.end(server);
        connection.session.out.clear();
    } else if connection.session.status() == Status::Blocked {
        let how = Release::Error(Error::UNBLOCKED_ROLE.text());
        connection.session.release(server, worker, how);
    }
}

impl State {
    /// Waits for something to do, which is noted in `ready`; the buffer to receive with.
    fn wait(&mut self, nested: bool, ready: &mut Vec<Ready>) -> Vec<u8> {
        std::mem::swap(ready, &mut self.events);
        self.port.waker.going_to_sleep();
        let timeout = if !nested && self.links_wait() {
            self.timeout_ms()
        } else {
            Some(0)
        };
        self.poll.wait(timeout, ready);
        self.port.waker.awake();
        self.worker.tick();
        let buffer = self.buffers.pop();
        buffer.unwrap_or_else(|| vec![0; RECEIVE_BYTES])
    }

    fn timeout_ms(&self) -> Option<u64> {
        if self.sweep_again
            || self.server.tracking.is_waiting()
            || self.server.eviction.is_running()
            || !self.dirty.is_empty()
            || !self.held_wait()
            || !self.server.inboxes[self.worker.index].is_empty()
            || !self.port.incoming.lock().is_empty()
        {
            return Some(0);
        }
        if !self.suspended.is_empty() {
            return Some(1);
        }
        let now = engine_dispatch::server::now_ms();
        let deadline = self
            .deadlines
            .peek()
            .map_or(i64::MAX, |Reverse((at, ..))| *at);
        let next = deadline.min(self.next_tick_ms.max(now));
        Some((next - now).clamp(0, self.tick_ms()) as u64)
    }

    /// A connection with a worker to run it.
    fn take_out(&mut self, at: usize) -> Option<(Box<Worker>, Box<Connection>)> {
        let connection = self.connections.get_mut(at)?.take()?;
        let mut spare = match self.spare.take() {
            Some(spare) => spare,
            None => Box::new(self.worker.another()),
        };
        spare.now_ms = self.worker.now_ms;
        Some((std::mem::replace(&mut self.worker, spare), connection))
    }

    /// The connection has been run.
    fn put_back(&mut self, at: usize, mut worker: Box<Worker>, mut connection: Box<Connection>) {
        worker.now_ms = worker.now_ms.max(self.worker.now_ms);
        self.spare = Some(std::mem::replace(&mut self.worker, worker));
        if self.settle(at, &mut connection) {
            self.connections[at] = Some(connection);
        } else {
            self.close(at, *connection);
        }
        if !self.held_back.is_empty() {
            self.server.inboxes[self.worker.index].put_back(&mut self.held_back);
        }
    }

    /// Runs `f` on a connection taken out of the table, for what runs no session, and does what its session's
    /// status asks for.
    fn with(&mut self, at: usize, f: impl FnOnce(&mut Self, &mut Connection)) {
        let Some(mut connection) = self.connections.get_mut(at).and_then(Option::take) else {
            return;
        };
        f(self, &mut connection);
        if self.settle(at, &mut connection) {
            self.connections[at] = Some(connection);
        } else {
            self.close(at, *connection);
        }
    }

    /// Ends a session whose peer leaves more unread than it may.
    fn hold_to_limit(&mut self, at: usize, connection: &mut Connection) {
        let unsent = connection.unsent() as u64;
        if unsent <= client_memory::FIXED_BUFFER && connection.over_since_ms.is_none() {
            return;
        }
        let info = connection.session.client.info.clone();
        let now_ms = self.worker.now_ms;
        let since = &mut connection.over_since_ms;
        let was_over = since.is_some();
        if client_memory::is_over_limit(self.server, &info, unsent, now_ms, since) {
            log::warning(&client_memory::over_limit_text(self.server, &info, now_ms));
            count(&self.worker.stats.output_limit, 1);
            connection.session.end(self.server);
            connection.drop_output();
        } else if !was_over && connection.over_since_ms.is_some() {
            self.over_limit.push(at);
        }
    }

    /// Looks again at those that were above their soft limit; once a tick.
    fn check_limits(&mut self) {
        for at in std::mem::take(&mut self.over_limit) {
            self.with(at, |this, connection| {
                if connection.over_since_ms.is_some() {
                    this.over_limit.push(at);
                }
            });
        }
        if self.worker.index == 0 {
            client_memory::evict(self.server, self.worker.stats, self.worker.now_ms);
        }
    }

    /// Notes what a session waits for; false if its connection is over.
    fn settle(&mut self, at: usize, connection: &mut Connection) -> bool {
        self.hold_to_limit(at, connection);
        match connection.session.status() {
            Status::Idle => {}
            Status::Suspended(_) => {
                if !connection.suspended {
                    connection.suspended = true;
                    self.suspended.push_back(at);
                }
            }
            Status::Blocked => {
                if let Some(deadline) = connection.session.deadline_ms() {
                    self.deadlines
                        .push(Reverse((deadline, at, connection.session.client.info.id)));
                }
            }
            Status::Close => {
                if connection.unsent() == 0 {
                    return false;
                }
                connection.closing = true;
            }
            Status::Takeover => {
                if connection.link.is_none() && !self.become_link(at, connection) {
                    return false;
                }
            }
        }
        let waits = connection.dirty || connection.stuck || connection.held.is_some();
        if connection.unsent() > 0 && !waits {
            connection.dirty = true;
            self.dirty.push(at);
        }
        true
    }

    /// How much of a connection's output may be sent: what it answers is in the append-only file, as far as
    /// `appendfsync` promises that.
    fn may_send(&mut self, at: usize, connection: &mut Connection) -> usize {
        let all = connection.session.out.len();
        let aof = &self.server.aof;
        let free = match connection.held {
            Some(held) if aof.holds_back(held.offset) => return held.free,
            Some(held) => held.bytes,
            None => 0,
        };
        connection.held = None;
        match aof.before_replies(&self.server.journal) {
            Some(offset) if free < all && connection.link.is_none() => {
                connection.held = Some(Held {
                    free,
                    bytes: all,
                    offset,
                });
                self.held.push(at);
                free
            }
            _ => all,
        }
    }

    /// Sends what waited for the append-only file and need not any longer.
    fn send_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        for at in std::mem::take(&mut self.held) {
            self.with(at, |this, connection| {
                let Some(held) = connection.held else { return };
                if this.server.aof.holds_back(held.offset) {
                    this.held.push(at);
                } else if !connection.stuck {
                    this.send(at, connection);
                }
            });
        }
    }

    /// Whether nothing that waits for the append-only file can be sent yet.
    fn held_wait(&self) -> bool {
        let held = |at: &usize| self.connections.get(*at)?.as_ref()?.held;
        let mut all = self.held.iter().filter_map(held);
        all.all(|held| self.server.aof.holds_back(held.offset))
    }

    fn send(&mut self, at: usize, connection: &mut Connection) {
        let limit = self.may_send(at, connection);
        let (sent, bytes) = connection.send_link(limit);
        count(&self.worker.stats.output_bytes, bytes as u64);
        count(&self.worker.stats.writes, u64::from(bytes > 0));
        connection
            .session
            .client
            .info
            .output
            .store(connection.unsent() as u64, Ordering::Relaxed);
        let interest = match sent {
            Sent::All if connection.stuck => Some(Interest::Read),
            Sent::Some if !connection.stuck => Some(Interest::Write),
            _ => None,
        };
        if let Some(interest) = interest {
            connection.stuck = interest == Interest::Write;
            if self
                .poll
                .change(&connection.fd, at as u64, interest)
                .is_err()
            {
                connection.closing = true;
            }
        }
        if sent == Sent::Broken || (sent == Sent::Some && self.is_stranger_in_debt(connection)) {
            connection.session.end(self.server);
            connection.session.out.clear();
        }
    }

    /// Whether a client that has not logged in leaves replies lying: it may not make the node keep more than this.
    fn is_stranger_in_debt(&self, connection: &Connection) -> bool {
        /// Bytes (as in Redis).
        const STRANGERS_MAX: usize = 1024;
        let client = &connection.session.client;
        connection.link.is_none()
            && !client.authenticated
            && connection.unsent() > STRANGERS_MAX
            && !self.server.acl.default_is_open()
    }

    fn unstick(&mut self, at: usize) {
        self.with(at, |this, connection| {
            if connection.stuck {
                this.send(at, connection);
            }
        });
    }

    /// A PSYNC has been read: from here on the connection carries the stream of changes to a replica.
    fn become_link(&mut self, at: usize, connection: &mut Connection) -> bool {
        let Some(asked) = connection.session.client.takeover.take() else {
            return false;
        };
        let wakes = self.port.clone();
        let wake = move || wakes.waker.wake();
        let mut link =
            self.replication
                .link(&connection.session.client, asked, self.worker.now_ms, wake);
        let rest = connection.session.take_input();
        if !rest.is_empty() {
            link.input(&rest, self.worker.now_ms);
        }
        connection.link = Some(link);
        self.links.push(at);
        if self.journal_waker.is_none() {
            let wakes = self.port.clone();
            self.journal_waker = Some(
                self.server
                    .journal
                    .register_waker(move || wakes.waker.wake()),
            );
        }
        true
    }

    /// Asks to be woken by whatever the links wait for; false if one has something to send already.
    fn links_wait(&mut self) -> bool {
        if self.links.is_empty() {
            return true;
        }
        if let Some(waker) = &self.journal_waker {
            waker.arm();
        }
        let now = self.worker.now_ms;
        let mut wait = true;
        for at in &self.links {
            let Some(connection) = self.connections.get_mut(*at).and_then(Option::as_mut) else {
                continue;
            };
            let Some(link) = &mut connection.link else {
                continue;
            };
            link.arm();
            link.poll(now);
            wait &= connection.stuck || (link.output().next().is_none() && link.ended().is_none());
        }
        wait
    }

    /// Sends the replicas what the journal and snapshots have for them.
    fn feed_links(&mut self) {
        if self.links.is_empty() {
            return;
        }
        if let Some(waker) = &self.journal_waker {
            waker.disarm();
        }
        for at in std::mem::take(&mut self.links) {
            self.with(at, |this, connection| {
                let Some(link) = &mut connection.link else {
                    return;
                };
                link.poll(this.worker.now_ms);
                if let Some(end) = link.ended() {
                    log::notice(&format!(
                        "The link to replica {} is closed: {end:?}",
                        link.peer().ip
                    ));
                    connection.session.end(this.server);
                    connection.session.out.clear();
                    return;
                }
                this.links.push(at);
                if !connection.stuck {
                    this.send(at, connection);
                }
            });
        }
        if self.links.is_empty()
            && let Some(waker) = self.journal_waker.take()
        {
            self.server.journal.unregister_waker(&waker);
        }
    }

    fn send_all(&mut self) {
        for at in std::mem::take(&mut self.dirty) {
            self.with(at, |this, connection| {
                connection.dirty = false;
                if !connection.stuck {
                    this.send(at, connection);
                }
            });
        }
    }

    fn take_incoming(&mut self) {
        let incoming = std::mem::take(&mut *self.port.incoming.lock());
        for accepted in incoming {
            let at = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let connection = Box::new(Connection::new(accepted));
            let id = connection.session.client.info.id;
            count(&self.worker.stats.connections, 1);
            if self
                .poll
                .add(&connection.fd, at as u64, Interest::Read)
                .is_err()
            {
                self.close(at, *connection);
                continue;
            }
            self.by_session.insert(id, at);
            self.connections[at] = Some(connection);
        }
    }

    fn close(&mut self, at: usize, mut connection: Connection) {
        let id = connection.session.client.info.id;
        self.poll.remove(&connection.fd);
        connection.session.end(self.server);
        self.server.clients.remove(id);
        self.by_session.remove(&id);
        self.free.push(at);
        self.port.sessions.fetch_sub(1, Ordering::Relaxed);
    }

    /// Ends the sessions whose users have lost a channel that they are subscribed to.
    fn channels_left(&mut self, left: &BTreeMap<u64, ChannelsLeft>) {
        for at in 0..self.connections.len() {
            self.with(at, |this, connection| {
                if connection.session.ends_with_channels(left) {
                    connection.session.end(this.server);
                }
            });
        }
    }

    /// Gives a published message to the sessions it is for.
    fn publish(&mut self, sessions: &[u64], frame: &Frame) {
        for session in sessions {
            let Some(at) = self.by_session.get(session).copied() else {
                continue;
            };
            if self.connections[at].is_none() {
                self.held_back.push(Message::Publish {
                    sessions: Arc::new(vec![*session]),
                    frame: frame.clone(),
                });
                continue;
            }
            self.with(at, |_, connection| connection.session.push(frame));
        }
    }

    /// The next session whose time is over, and what that time was.
    fn next_overdue(&mut self) -> Option<(i64, usize)> {
        while let Some(Reverse((deadline, at, session))) = self.deadlines.peek().copied()
            && deadline <= self.worker.now_ms
        {
            self.deadlines.pop();
            // The place may hold another session by now.
            if self.by_session.get(&session) == Some(&at) {
                return Some((deadline, at));
            }
        }
        None
    }

    /// How often the thread looks after its keys, milliseconds (`hz`).
    fn tick_ms(&self) -> i64 {
        1000 / self.server.config.int(params::HZ).clamp(1, 500)
    }

    /// Evicts and sweeps, a little at a time: at each tick, and between batches where there is more to do.
    fn look_after_keys(&mut self, idle: bool) {
        if self.server.ticks_paused.load(Ordering::Relaxed) {
            self.next_tick_ms = self.worker.now_ms + self.tick_ms();
            return;
        }
        let due = self.worker.now_ms >= self.next_tick_ms;
        if due || self.server.eviction.is_running() {
            evict::make_room(self.server, &mut self.worker);
        }
        if due {
            self.next_tick_ms = self.worker.now_ms + self.tick_ms();
            if self.worker.index == 0 {
                self.server.sample(self.worker.now_ms);
            }
        } else if !self.sweep_again {
            return;
        }
        if due {
            self.check_limits();
        }
        tracking::limit(self.server);
        let start = Instant::now();
        if !idle && start < self.sweep_rests_until {
            return;
        }
        let budget = expire::budget(self.server);
        let (server, worker) = (self.server, &mut self.worker);
        self.sweep_again = self.sweep.run(server, worker, self.threads, budget);
        self.sweep_rests_until = start + 2 * start.elapsed();
    }
}

/// Starts the I/O threads.
pub(crate) fn start(
    server: &'static Server,
    ports: &[Arc<Port>],
    replication: &Arc<NodeReplication>,
) -> io::Result<()> {
    for (index, port) in ports.iter().enumerate() {
        let waker = port.clone();
        server.inboxes[index].set_waker(move || waker.waker.wake());
        let (port, threads, replication) = (port.clone(), ports.len(), replication.clone());
        std::thread::Builder::new()
            .name(format!("io-{index}"))
            .stack_size(STACK_BYTES)
            .spawn(
                move || match IoThread::new(server, index, threads, port, replication) {
                    Ok(thread) => thread.run(),
                    Err(error) => {
                        log::warning(&format!(
                            "An I/O thread could not be started: {error}. Ending."
                        ));
                        std::process::exit(1);
                    }
                },
            )?;
    }
    Ok(())
}
