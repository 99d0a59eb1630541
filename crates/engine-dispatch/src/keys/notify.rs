//! Keyspace events: what happened to a key, published for those who asked (`notify-keyspace-events`).

use super::{Class, Event, Keys};
use crate::pubsub::Scope;
use engine_keyspace::SlotId;
use params::choices::notify;

impl Class {
    /// The class's bit in `notify-keyspace-events`.
    const fn bit(self) -> i64 {
        match self {
            Self::Generic => notify::GENERIC,
            Self::String => notify::STRING,
            Self::List => notify::LIST,
            Self::Set => notify::SET,
            Self::Hash => notify::HASH,
            Self::ZSet => notify::ZSET,
            Self::Expired => notify::EXPIRED,
            Self::Evicted => notify::EVICTED,
            Self::Stream => notify::STREAM,
            Self::New => notify::NEW,
            Self::Miss => notify::KEY_MISS,
        }
    }
}

impl Keys {
    /// Says that something happened to a key of the current database, beyond what the change itself says (SET with
    /// an expiry sets, and then it sets the expiry).
    pub fn event(&self, key: &[u8], event: Event) {
        self.notify(self.db, key, event);
    }

    /// Publishes an event, if its class is asked for. Under the lock of the key's slot: the events of a key come in
    /// the order of its changes.
    #[inline]
    pub(crate) fn notify(&self, db: u32, key: &[u8], event: Event) {
        let chosen = self.server.config.int(params::NOTIFY_KEYSPACE_EVENTS);
        if chosen & event.class.bit() != 0 {
            self.publish_event(chosen, db, key, event.name);
        }
    }

    /// Says that a key comes into being, if it does.
    #[inline]
    pub(super) fn announce(&self, id: SlotId, hash: u64, key: &[u8]) {
        let chosen = self.server.config.int(params::NOTIFY_KEYSPACE_EVENTS);
        if chosen & notify::NEW != 0 && self.unit.data(id).get(hash, key).is_none() {
            self.publish_event(chosen, id.db(), key, Event::NEW.name);
        }
    }

    /// Says that a key comes into being by [`Keys::put_entry`].
    pub fn announce_in(&self, db: u32, key: &[u8]) {
        self.notify(db, key, Event::NEW);
    }

    #[cold]
    fn publish_event(&self, chosen: i64, db: u32, key: &[u8], name: &str) {
        if chosen & notify::KEYSPACE != 0 {
            let channel = [format!("__keyspace@{db}__:").as_bytes(), key].concat();
            self.publish(Scope::Global, &channel, name.as_bytes());
        }
        if chosen & notify::KEYEVENT != 0 {
            let channel = format!("__keyevent@{db}__:{name}");
            self.publish(Scope::Global, channel.as_bytes(), key);
        }
    }
}
