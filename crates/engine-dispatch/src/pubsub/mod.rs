//! Publish and subscribe: who listens to what, and how a message reaches them.
//!
//! The registry knows the sessions of a channel by the thread that owns them. A message is encoded once and pushed
//! once a thread, with its recipients, while the lock of the channel's shard is held: so all who listen to a channel
//! see its messages in one order, and those who are told of a message are those who listened when it was published.
//! Locks: a channel's shard, then the patterns, then an inbox; all are leaves to everything else.

mod listeners;
mod membership;
mod publish;

pub use membership::{
    Subscriptions, pull, reset, subscribe, subscribe_pattern, unsubscribe, unsubscribe_pattern,
};
pub(crate) use publish::Publisher;
pub use publish::Pushes;

use engine_keyspace::lock::{self, Class};
use listeners::Listeners;
use parking_lot::Mutex;
use proto_resp::Version;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The two name spaces of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// SUBSCRIBE, PUBLISH.
    Global,
    /// SSUBSCRIBE, SPUBLISH: the channel belongs to the slot of its name.
    Shard,
}

/// A message as it is sent to RESP2 clients; to others its first byte becomes that of a push.
pub type Frame = Arc<[u8]>;

/// Writes a message in the words of a client's protocol.
pub fn write_frame(out: &mut Vec<u8>, version: Version, frame: &[u8]) {
    match frame.split_first() {
        Some((b'*', rest)) if version == Version::Resp3 => {
            out.push(b'>');
            out.extend_from_slice(rest);
        }
        _ => out.extend_from_slice(frame),
    }
}

/// Locks that the channels are spread over.
const SHARDS: usize = 64;

/// The channels under one lock.
type Shard = Mutex<HashMap<Box<[u8]>, Listeners>>;

/// The channels of one name space.
#[derive(Debug)]
struct Channels {
    shards: Box<[Shard]>,
    hasher: RandomState,
    /// Channels with a listener.
    count: AtomicUsize,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            count: AtomicUsize::new(0),
        }
    }
}

impl Channels {
    fn shard(&self, channel: &[u8]) -> &Shard {
        &self.shards[self.hasher.hash_one(channel) as usize % SHARDS]
    }

    fn add(&self, channel: &[u8], thread: usize, session: u64) {
        let _order = lock::enter(Class::Leaf);
        let mut shard = self.shard(channel).lock();
        if let Some(listeners) = shard.get_mut(channel) {
            listeners.add(thread, session);
            return;
        }
        let mut listeners = Listeners::default();
        listeners.add(thread, session);
        shard.insert(channel.into(), listeners);
        self.count.fetch_add(1, Ordering::Release);
    }

    fn remove(&self, channel: &[u8], thread: usize, session: u64) {
        let _order = lock::enter(Class::Leaf);
        let mut shard = self.shard(channel).lock();
        if let Some(listeners) = shard.get_mut(channel)
            && listeners.remove(thread, session)
        {
            shard.remove(channel);
            self.count.fetch_sub(1, Ordering::Release);
        }
    }

    fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    fn listeners(&self, channel: &[u8]) -> usize {
        let shard = self.shard(channel).lock();
        shard.get(channel).map_or(0, Listeners::len)
    }
}

/// Patterns with their listeners, in order of the patterns.
type Patterns = BTreeMap<Box<[u8]>, Listeners>;

/// Who listens to what.
#[derive(Debug, Default)]
pub struct PubSub {
    global: Channels,
    shard: Channels,
    patterns: Mutex<Patterns>,
    pattern_count: AtomicUsize,
}

impl PubSub {
    fn of(&self, scope: Scope) -> &Channels {
        match scope {
            Scope::Global => &self.global,
            Scope::Shard => &self.shard,
        }
    }

    /// Channels that somebody listens to and that `wanted` chooses, in order of their names.
    pub fn channels(&self, scope: Scope, wanted: impl Fn(&[u8]) -> bool) -> Vec<Box<[u8]>> {
        let mut names = Vec::new();
        for shard in &self.of(scope).shards {
            names.extend(shard.lock().keys().filter(|name| wanted(name)).cloned());
        }
        names.sort_unstable();
        names
    }

    /// How many channels somebody listens to.
    #[must_use]
    pub fn channel_count(&self, scope: Scope) -> usize {
        self.of(scope).count.load(Ordering::Acquire)
    }

    /// How many patterns somebody listens to.
    #[must_use]
    pub fn pattern_count(&self) -> usize {
        self.pattern_count.load(Ordering::Acquire)
    }

    /// How many sessions listen to a channel by its name.
    #[must_use]
    pub fn listeners(&self, scope: Scope, channel: &[u8]) -> usize {
        self.of(scope).listeners(channel)
    }

    fn add_pattern(&self, pattern: &[u8], thread: usize, session: u64) {
        let _order = lock::enter(Class::Leaf);
        let mut patterns = self.patterns.lock();
        patterns
            .entry(pattern.into())
            .or_default()
            .add(thread, session);
        self.pattern_count.store(patterns.len(), Ordering::Release);
    }

    fn remove_pattern(&self, pattern: &[u8], thread: usize, session: u64) {
        let _order = lock::enter(Class::Leaf);
        let mut patterns = self.patterns.lock();
        if let Some(listeners) = patterns.get_mut(pattern)
            && listeners.remove(thread, session)
        {
            patterns.remove(pattern);
        }
        self.pattern_count.store(patterns.len(), Ordering::Release);
    }
}
