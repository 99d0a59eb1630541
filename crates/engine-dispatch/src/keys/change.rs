//! What commands say of a change: its event, how much was changed, and whom it concerns.

/// Classes of keyspace events (`notify-keyspace-events`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Generic,
    String,
    List,
    Set,
    Hash,
    ZSet,
    Expired,
    Evicted,
    Stream,
    New,
    Miss,
}

/// A keyspace event: what happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub class: Class,
    pub name: &'static str,
}

impl Event {
    /// An event of this class and name.
    #[must_use]
    pub const fn new(class: Class, name: &'static str) -> Self {
        Self { class, name }
    }
    /// A key was deleted.
    pub const DEL: Event = Event::new(Class::Generic, "del");
    /// A key's time had come.
    pub const EXPIRED: Event = Event::new(Class::Expired, "expired");
    /// A key's expiry was set.
    pub const EXPIRE: Event = Event::new(Class::Generic, "expire");
    /// A key came into being; not part of the class `A`.
    pub(super) const NEW: Event = Event::new(Class::New, "new");
    /// A key was asked for and missing; not part of the class `A`.
    pub(super) const MISS: Event = Event::new(Class::Miss, "keymiss");
    /// A key had to make room.
    pub const EVICTED: Event = Event::new(Class::Evicted, "evicted");
}

/// What an edit did to the value it was given.
#[derive(Debug, Default)]
pub struct Change {
    pub(super) dirty: u64,
    pub(super) event: Option<Event>,
    pub(super) also: Option<Event>,
    pub(super) reach: Reach,
    /// Told even if nothing was changed.
    pub(super) touched: bool,
}

/// Who besides replicas is told of a change.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those who watch the key and those who wait for it.
    #[default]
    All,
    /// Nobody is served by it.
    Watchers,
    /// Nobody is told that the value has changed, but those who wait look again.
    Waiters,
    /// Neither.
    Nobody,
}

impl Change {
    /// The value was changed in `n` places, which `event` says.
    pub fn note(&mut self, n: usize, event: Event) {
        if n > 0 {
            self.dirty += n as u64;
            self.event = Some(event);
        }
    }

    /// As [`Self::note`], and told even if `n` is none: watchers and listeners hear of it, replicas do not.
    pub fn note_touched(&mut self, n: usize, event: Event) {
        self.dirty += n as u64;
        self.event = Some(event);
        self.touched = true;
    }

    /// As [`Self::note`], for what gives those who wait for the key nothing.
    pub fn note_taken(&mut self, n: usize, event: Event) {
        self.note(n, event);
        self.reach = Reach::Watchers;
    }

    /// Something beside the value's contents was changed in `n` places, as consumer groups are: watched keys stay
    /// unchanged by it, and those who wait for them are not served.
    pub fn note_beside(&mut self, n: usize, event: Option<Event>) {
        self.dirty += n as u64;
        self.event = event;
        self.reach = Reach::Nobody;
    }

    /// What was noted beside the contents concerns those who wait for the key all the same.
    pub fn wakes(&mut self) {
        self.reach = Reach::Waiters;
    }

    /// A second event, told after the first.
    pub fn tell_also(&mut self, event: Event) {
        self.also = Some(event);
    }

    /// As [`Self::note`], without an event.
    pub fn note_quietly(&mut self, n: usize) {
        self.dirty += n as u64;
    }
}
