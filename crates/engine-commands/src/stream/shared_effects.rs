//! What replicas are told of consumer groups: not the command that was given, which depends on time and on what
//! there is, but what came of it, as XCLAIM and XGROUP.

use engine_dispatch::Cx;
use engine_types::StreamId;
use engine_types::stream::Group;

/// Effects on one group, collected while it is changed.
#[derive(Debug)]
pub(crate) struct Effects<'a> {
    key: &'a [u8],
    group: &'a [u8],
    wanted: bool,
    all: Vec<Vec<Vec<u8>>>,
}

impl<'a> Effects<'a> {
    /// None yet; none at all will be collected if nobody reads them.
    pub(crate) fn new(cx: &Cx<'_>, key: &'a [u8], group: &'a [u8]) -> Self {
        Self {
            key,
            group,
            wanted: cx.db.is_journalled(),
            all: Vec::new(),
        }
    }

    fn push(&mut self, words: &[&[u8]]) {
        self.all
            .push(words.iter().map(|word| word.to_vec()).collect());
    }

    /// An entry is pending for a consumer, as the group says. If the entry is gone from the stream it is pending for
    /// nobody after this.
    pub(crate) fn claim(&mut self, group: &Group, id: StreamId) {
        let Some(pending) = group.pending(id).filter(|_| self.wanted) else {
            return;
        };
        let (key, name, id) = (self.key, self.group, id.to_string());
        let delivered = pending.delivered_ms.to_string();
        let deliveries = pending.deliveries.to_string();
        let last_id = group.last_id().to_string();
        self.push(&[
            b"XCLAIM",
            key,
            name,
            pending.consumer(),
            b"0",
            id.as_bytes(),
            b"TIME",
            delivered.as_bytes(),
            b"RETRYCOUNT",
            deliveries.as_bytes(),
            b"FORCE",
            b"JUSTID",
            b"LASTID",
            last_id.as_bytes(),
        ]);
    }

    /// How far the group has read.
    pub(crate) fn position(&mut self, group: &Group) {
        if self.wanted {
            let (key, name) = (self.key, self.group);
            let last_id = group.last_id().to_string();
            let read = group.entries_read().to_string();
            self.push(&[
                b"XGROUP",
                b"SETID",
                key,
                name,
                last_id.as_bytes(),
                b"ENTRIESREAD",
                read.as_bytes(),
            ]);
        }
    }

    /// There is a new consumer.
    pub(crate) fn create_consumer(&mut self, consumer: &[u8]) {
        if self.wanted {
            let (key, name) = (self.key, self.group);
            self.push(&[b"XGROUP", b"CREATECONSUMER", key, name, consumer]);
        }
    }

    /// Puts the effects into the journal, in the place of the running command.
    pub(crate) fn write(self, cx: &mut Cx<'_>) {
        cx.db.rewritten();
        for effect in &self.all {
            let words: Vec<&[u8]> = effect.iter().map(|word| &word[..]).collect();
            cx.db.rewrite(&words);
        }
    }
}
