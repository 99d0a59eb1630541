//! Publish and subscribe with several threads: one order for all who listen, the reply's count is true, nothing is
//! lost and nothing comes after the confirmation of UNSUBSCRIBE; a tracked client hears of the change of what it read.

use engine_dispatch::client::{ClientInfo, Endpoint};
use engine_dispatch::inbox::Message;
use engine_dispatch::{Client, Server, Worker};
use engine_session::Session;
use std::sync::Arc;
use std::sync::Barrier;

const THREADS: usize = 4;
const MESSAGES: usize = 300;

/// One I/O thread without sockets, with one session.
struct Loop {
    server: &'static Server,
    worker: Worker,
    session: Session,
    received: Vec<u8>,
}

impl Loop {
    fn new(server: &'static Server, index: usize) -> Self {
        let info = Arc::new(ClientInfo {
            id: server.clients.next_id(),
            thread: index,
            ..ClientInfo::default()
        });
        server.clients.add(info.clone());
        Self {
            server,
            worker: Worker::new(server, index),
            session: Session::new(Client::new(info, Endpoint::Node, true)),
            received: Vec::new(),
        }
    }

    fn turn(&mut self) {
        self.server.tracking.broadcast(self.server);
        while let Some(message) = self.server.inboxes[self.worker.index].next() {
            match message {
                Message::Publish { sessions, frame } => {
                    assert_eq!(*sessions, [self.session.client.info.id]);
                    self.session.push(&frame);
                }
                Message::Invalidate {
                    redirected, keys, ..
                } => self.session.invalidate(redirected, keys.as_ref()),
                other => panic!("unexpected: {other:?}"),
            }
        }
        self.received.append(&mut self.session.out);
    }

    /// Sends a command; what was received up to its reply stays in `received`, in order.
    fn send(&mut self, line: &str) {
        self.worker.tick();
        self.turn();
        let line = format!("{line}\r\n");
        self.session
            .receive(self.server, &mut self.worker, line.as_bytes());
        while matches!(self.session.status(), engine_session::Status::Suspended(_)) {
            self.session.resume(self.server, &mut self.worker);
        }
        self.turn();
    }

    fn text(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.received)).expect("text")
    }
}

fn server() -> &'static Server {
    Server::new(
        engine_commands::table(),
        params::Config::new(),
        THREADS,
        [9; 28],
    )
}

/// The payloads of the messages in a transcript.
fn payloads(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.split("\r\n").collect();
    let messages = lines.iter().enumerate().filter(|(_, l)| **l == "message");
    messages.map(|(at, _)| lines[at + 4]).collect()
}

#[test]
fn all_who_listen_see_one_order_and_all_of_it() {
    let server = server();
    let ready = Barrier::new(THREADS);
    let published = Barrier::new(THREADS);
    let seen: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                let (ready, published) = (&ready, &published);
                scope.spawn(move || {
                    let mut this = Loop::new(server, index);
                    this.send("HELLO 3");
                    this.send("SUBSCRIBE ch");
                    this.text();
                    ready.wait();
                    // Every thread publishes to all, itself among them.
                    for n in 0..MESSAGES {
                        this.send(&format!("PUBLISH ch m{index}.{n}"));
                    }
                    published.wait();
                    this.send("UNSUBSCRIBE ch");
                    this.text()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("a thread"))
            .collect()
    });
    let first = payloads(&seen[0]);
    assert_eq!(first.len(), THREADS * MESSAGES);
    for text in &seen {
        assert_eq!(payloads(text), first);
        assert_eq!(text.matches(&format!(":{THREADS}\r\n")).count(), MESSAGES);
        assert!(text.ends_with("unsubscribe\r\n$2\r\nch\r\n:0\r\n"));
    }
}

#[test]
fn nothing_comes_after_unsubscribe_and_every_counted_message_comes() {
    let server = server();
    let counted: usize = std::thread::scope(|scope| {
        let publisher = scope.spawn(move || {
            let mut this = Loop::new(server, 1);
            let mut counted = 0;
            for n in 0..20 * MESSAGES {
                this.send(&format!("PUBLISH ch {n}"));
                counted += usize::from(this.text() == ":1\r\n");
            }
            counted
        });
        let mut this = Loop::new(server, 0);
        let mut received = 0;
        while !publisher.is_finished() {
            this.send("SUBSCRIBE ch");
            std::thread::yield_now();
            this.send("UNSUBSCRIBE ch");
            let text = this.text();
            assert!(
                text.ends_with("unsubscribe\r\n$2\r\nch\r\n:0\r\n"),
                "{text}"
            );
            received += payloads(&text).len();
            this.turn();
            assert_eq!(this.text(), "");
        }
        let counted = publisher.join().expect("the publisher");
        assert_eq!(received, counted);
        counted
    });
    println!("{counted} messages were received");
}

#[test]
fn a_tracked_client_never_keeps_an_old_copy() {
    let server = server();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let done = &done;
        scope.spawn(move || {
            let mut this = Loop::new(server, 1);
            for n in 1..=5 * MESSAGES {
                this.send(&format!("SET k {n}"));
            }
            done.store(true, std::sync::atomic::Ordering::Release);
        });
        let mut this = Loop::new(server, 0);
        this.send("HELLO 3");
        this.send("CLIENT TRACKING on");
        this.text();
        // The copy is valid until it is invalidated; in the end it must be the last value.
        let mut copy: Option<String> = None;
        loop {
            let over = done.load(std::sync::atomic::Ordering::Acquire);
            if copy.is_none() {
                this.send("GET k");
            } else {
                this.turn();
            }
            let text = this.text();
            let reply_at = text.find('$').filter(|_| copy.is_none());
            if let Some(value) = text.lines().nth(1).filter(|_| text.starts_with('$')) {
                copy = Some(value.to_string());
            }
            // An invalidation in front of the reply is of an earlier copy.
            let told = text.rfind("invalidate");
            if told.is_some() && (reply_at.is_none() || told > reply_at) {
                copy = None;
            }
            if over && copy.is_some() {
                break;
            }
        }
        assert_eq!(copy, Some((5 * MESSAGES).to_string()));
    });
}
