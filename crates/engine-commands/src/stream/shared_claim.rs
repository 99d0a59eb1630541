//! Giving pending entries to another consumer: what XCLAIM and XAUTOCLAIM share.

use super::shared_effects::Effects;
use super::{shared_entry, shared_id};
use engine_types::StreamId;
use engine_types::stream::{Entries, Group};
use proto_resp::Reply;

/// Who claims, and how.
pub(crate) struct Claim<'c, 'e, 'o> {
    pub consumer: &'c [u8],
    pub now_ms: i64,
    /// Entries that were given more recently are let be, milliseconds.
    pub min_idle_ms: i64,
    /// When the entries will have been given.
    pub delivered_ms: i64,
    /// How often they will have been; `None`: once more than before.
    pub deliveries: Option<u64>,
    /// Entries that are not pending are claimed too.
    pub force: bool,
    /// IDs are replied, and the claim is no delivery.
    pub just_id: bool,
    pub out: &'c mut Reply<'o>,
    pub effects: &'c mut Effects<'e>,
}

/// What has come of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// It has been replied.
    Yes,
    /// It is not there to be claimed.
    No,
    /// The entry is gone from the stream, and is pending no more.
    Deleted,
}

impl Claim<'_, '_, '_> {
    /// Claims an entry, and writes it.
    pub(crate) fn entry(&mut self, entries: &Entries, group: &mut Group, id: StreamId) -> Claimed {
        let Some(entry) = entries.get(id) else {
            self.effects.claim(group, id);
            return match group.acknowledge(id) {
                true => Claimed::Deleted,
                false => Claimed::No,
            };
        };
        let before = match group.pending(id) {
            None if !self.force => return Claimed::No,
            None => 1,
            Some(pending) if self.is_too_fresh(pending.idle_ms(self.now_ms)) => return Claimed::No,
            Some(pending) => pending.deliveries,
        };
        let again = u64::from(!self.just_id);
        let deliveries = self.deliveries.unwrap_or(before.wrapping_add(again));
        group.assign(id, self.consumer, self.delivered_ms, deliveries);
        group.note_active(self.consumer, self.now_ms);
        if self.just_id {
            shared_id::bulk(self.out, id);
        } else {
            shared_entry::write(self.out, &entry);
        }
        self.effects.claim(group, id);
        Claimed::Yes
    }

    fn is_too_fresh(&self, idle_ms: i64) -> bool {
        self.min_idle_ms > 0 && idle_ms < self.min_idle_ms
    }
}
