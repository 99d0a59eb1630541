//! What a client listens to.

use super::Scope;
use super::publish::Publisher;
use crate::acl::user::ChannelsLeft;
use crate::client::Client;
use crate::cx::Cx;
use crate::server::Server;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering::Relaxed;

/// The channels and patterns of one client.
#[derive(Debug, Default)]
pub struct Subscriptions {
    channels: BTreeSet<Box<[u8]>>,
    shard_channels: BTreeSet<Box<[u8]>>,
    patterns: BTreeSet<Box<[u8]>>,
}

impl Subscriptions {
    fn of(&mut self, scope: Scope) -> &mut BTreeSet<Box<[u8]>> {
        match scope {
            Scope::Global => &mut self.channels,
            Scope::Shard => &mut self.shard_channels,
        }
    }

    /// The channels, in order of their names.
    #[must_use]
    pub fn channels(&self, scope: Scope) -> Vec<Box<[u8]>> {
        match scope {
            Scope::Global => self.channels.iter().cloned().collect(),
            Scope::Shard => self.shard_channels.iter().cloned().collect(),
        }
    }

    /// The patterns, in order.
    #[must_use]
    pub fn patterns(&self) -> Vec<Box<[u8]>> {
        self.patterns.iter().cloned().collect()
    }

    /// The number that confirmations give: channels and patterns, or shard channels.
    #[must_use]
    pub fn count(&self, scope: Scope) -> usize {
        match scope {
            Scope::Global => self.channels.len() + self.patterns.len(),
            Scope::Shard => self.shard_channels.len(),
        }
    }

    /// Whether the client listens to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count(Scope::Global) + self.count(Scope::Shard) == 0
    }

    /// Whether all of them are among the channels left to a user.
    #[must_use]
    pub fn are_left(&self, left: &ChannelsLeft) -> bool {
        let names = self.channels.iter().chain(&self.shard_channels);
        names
            .map(|name| (name, false))
            .chain(self.patterns.iter().map(|pattern| (pattern, true)))
            .all(|(name, is_pattern)| left.allows(name, is_pattern))
    }

    /// Bytes that the names take.
    #[must_use]
    pub fn memory(&self) -> usize {
        let all = self.channels.iter().chain(&self.shard_channels);
        all.chain(&self.patterns).map(|name| name.len() + 32).sum()
    }
}

fn show(client: &Client) {
    let (info, subscriptions) = (&client.info, &client.subscriptions);
    info.channels.store(subscriptions.channels.len(), Relaxed);
    info.shard_channels
        .store(subscriptions.shard_channels.len(), Relaxed);
    info.patterns.store(subscriptions.patterns.len(), Relaxed);
    info.subscription_bytes
        .store(subscriptions.memory() as u64, Relaxed);
}

/// The client listens to a channel from now on.
pub fn subscribe(server: &Server, client: &mut Client, scope: Scope, channel: &[u8]) {
    if client.subscriptions.of(scope).insert(channel.into()) {
        let (thread, session) = (client.info.thread, client.info.id);
        server.pubsub.of(scope).add(channel, thread, session);
        show(client);
    }
}

/// The client no longer listens to a channel; messages published before are in the inbox, see [`pull`].
pub fn unsubscribe(server: &Server, client: &mut Client, scope: Scope, channel: &[u8]) {
    if client.subscriptions.of(scope).remove(channel) {
        let (thread, session) = (client.info.thread, client.info.id);
        server.pubsub.of(scope).remove(channel, thread, session);
        show(client);
    }
}

/// The client listens to all channels that match a pattern from now on.
pub fn subscribe_pattern(server: &Server, client: &mut Client, pattern: &[u8]) {
    if client.subscriptions.patterns.insert(pattern.into()) {
        let (thread, session) = (client.info.thread, client.info.id);
        server.pubsub.add_pattern(pattern, thread, session);
        show(client);
    }
}

/// The client no longer listens by a pattern; see [`unsubscribe`].
pub fn unsubscribe_pattern(server: &Server, client: &mut Client, pattern: &[u8]) {
    if client.subscriptions.patterns.remove(pattern) {
        let (thread, session) = (client.info.thread, client.info.id);
        server.pubsub.remove_pattern(pattern, thread, session);
        show(client);
    }
}

/// Takes what is on its way to the client out of its thread's inbox, to be sent before the reply of the command that
/// runs: what was published before an UNSUBSCRIBE comes before its confirmation, and nothing after.
pub fn pull(cx: &mut Cx<'_>) {
    let own = Publisher::of(cx.client);
    cx.db.pushes.get_mut().pull(cx.server, own);
}

/// Ends all subscriptions (RESET, end of the connection).
pub fn reset(server: &Server, client: &mut Client) {
    if client.subscriptions.is_empty() {
        return;
    }
    for scope in [Scope::Global, Scope::Shard] {
        for channel in client.subscriptions.channels(scope) {
            unsubscribe(server, client, scope, &channel);
        }
    }
    for pattern in client.subscriptions.patterns() {
        unsubscribe_pattern(server, client, &pattern);
    }
}
