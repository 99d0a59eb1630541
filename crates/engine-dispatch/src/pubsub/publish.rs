//! From a message to the inboxes of those who listen.

use super::{Frame, Listeners, PubSub, Scope, write_frame};
use crate::client::Client;
use crate::inbox::Message;
use crate::keys::Keys;
use crate::server::Server;
use crate::tracking::Receiver;
use engine_keyspace::lock::{self, Class};
use engine_types::glob;
use proto_resp::{Reply, Version};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Messages of a running unit to the client that runs it: they wait for its reply, as in Redis since 7.2.
#[derive(Debug, Default)]
pub struct Pushes {
    /// What was on its way to the client already, for before the reply.
    pub(crate) before: Vec<u8>,
    /// What the unit itself has sent it, for after the reply.
    pub(crate) after: Vec<u8>,
}

impl Pushes {
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Puts the messages around a reply that begins at `start`.
    pub(crate) fn place(self, start: usize, out: &mut Vec<u8>) {
        if !self.before.is_empty() {
            out.splice(start..start, self.before);
        }
        out.extend_from_slice(&self.after);
    }

    /// Takes over what is on its way to the client, in its place among the messages.
    pub(crate) fn pull(&mut self, server: &Server, own: Publisher) {
        let into = if self.after.is_empty() {
            &mut self.before
        } else {
            &mut self.after
        };
        if let Some(inbox) = server.inboxes.get(own.thread) {
            inbox.pull(own.session, own.receiver, into);
        }
    }
}

/// The client that runs the publishing unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publisher {
    pub(crate) thread: usize,
    pub(crate) session: u64,
    pub(crate) receiver: Receiver,
}

impl Publisher {
    pub(crate) fn of(client: &Client) -> Self {
        Self {
            thread: client.info.thread,
            session: client.info.id,
            receiver: client.receiver(),
        }
    }
}

impl Keys {
    /// Publishes a message; how many receive it. Under whatever slot locks the unit holds.
    pub fn publish(&self, scope: Scope, channel: &[u8], payload: &[u8]) -> usize {
        let pubsub = &self.server.pubsub;
        let patterns = scope == Scope::Global && pubsub.pattern_count() > 0;
        if !pubsub.of(scope).any() && !patterns {
            return 0;
        }
        let mut sending = Sending {
            server: self.server,
            publisher: self.publisher,
            pushes: &mut self.pushes.borrow_mut(),
        };
        pubsub.publish(&mut sending, scope, channel, payload)
    }
}

impl PubSub {
    fn publish(
        &self,
        sending: &mut Sending<'_>,
        scope: Scope,
        channel: &[u8],
        payload: &[u8],
    ) -> usize {
        let _order = lock::enter(Class::Leaf);
        let shard = self.of(scope).shard(channel).lock();
        let mut receivers = 0;
        if let Some(listeners) = shard.get(channel) {
            let word: &[u8] = match scope {
                Scope::Global => b"message",
                Scope::Shard => b"smessage",
            };
            sending.send(listeners, &encode(&[word, channel, payload]));
            receivers += listeners.len();
        }
        if scope == Scope::Global && self.pattern_count.load(Ordering::Acquire) > 0 {
            for (pattern, listeners) in &*self.patterns.lock() {
                if glob::matches(pattern, channel, false) {
                    sending.send(
                        listeners,
                        &encode(&[b"pmessage", pattern, channel, payload]),
                    );
                    receivers += listeners.len();
                }
            }
        }
        receivers
    }
}

fn encode(words: &[&[u8]]) -> Frame {
    let bytes = words.iter().map(|w| w.len() + 24).sum();
    let mut frame = Vec::with_capacity(bytes);
    let mut reply = Reply::new(&mut frame, Version::Resp2);
    reply.array(words.len());
    words.iter().for_each(|word| reply.bulk(word));
    frame.into()
}

struct Sending<'u> {
    server: &'static Server,
    publisher: Option<Publisher>,
    pushes: &'u mut Pushes,
}

impl Sending<'_> {
    fn send(&mut self, listeners: &Listeners, frame: &Frame) {
        for (thread, sessions) in listeners.by_thread() {
            match self.publisher {
                Some(own)
                    if own.thread == thread && sessions.binary_search(&own.session).is_ok() =>
                {
                    self.send_to_own(own, sessions, frame)
                }
                _ => self.push(thread, sessions.clone(), frame),
            }
        }
    }

    /// The publisher is among the recipients: its copy waits for the reply, behind what was sent to it before.
    fn send_to_own(&mut self, own: Publisher, sessions: &Arc<Vec<u64>>, frame: &Frame) {
        self.pushes.pull(self.server, own);
        write_frame(&mut self.pushes.after, own.receiver.version, frame);
        let others: Vec<u64> = sessions
            .iter()
            .copied()
            .filter(|session| *session != own.session)
            .collect();
        if !others.is_empty() {
            self.push(own.thread, Arc::new(others), frame);
        }
    }

    fn push(&self, thread: usize, sessions: Arc<Vec<u64>>, frame: &Frame) {
        let frame = frame.clone();
        self.server
            .tell(thread, Message::Publish { sessions, frame });
    }
}
