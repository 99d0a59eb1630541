//! Broadcast mode: the keys changed in a batch, told to the clients of their prefixes.

use super::invalidate::{array, deliver};
use super::{Mode, Tracking};
use crate::server::Server;
use std::ops::Bound;
use std::sync::atomic::Ordering;

impl Tracking {
    /// Whether any client is told of changed keys by prefix.
    #[inline]
    pub(crate) fn has_prefixes(&self) -> bool {
        self.prefix_count.load(Ordering::Relaxed) > 0
    }

    /// Gathers a changed key; `session` changed it (0: nobody).
    #[cold]
    pub(crate) fn note_changed(&self, key: &[u8], session: u64) {
        self.changed.lock().insert(key.into(), session);
        self.any_changed.store(true, Ordering::Release);
    }

    /// Whether changed keys wait for their broadcast.
    #[inline]
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.any_changed.load(Ordering::Acquire)
    }

    /// Tells the clients of the prefixes what has changed since the last time; at the end of each batch.
    pub fn broadcast(&self, server: &Server) {
        if !self.is_waiting() {
            return;
        }
        // Held to the end: whoever finds nothing to tell may rely on it that it has been told.
        let mut changed = self.changed.lock();
        self.any_changed.store(false, Ordering::Release);
        for (prefix, clients) in &*self.prefixes.lock() {
            let from = (Bound::Included(&**prefix), Bound::Unbounded);
            let matching = changed.range::<[u8], _>(from);
            let matching = matching.take_while(|(key, _)| key.starts_with(prefix));
            let keys: Vec<(&[u8], u64)> = matching.map(|(key, by)| (&**key, *by)).collect();
            if keys.is_empty() {
                continue;
            }
            let all = array(keys.iter().map(|(key, _)| *key));
            for info in clients {
                let mode = Mode::from_bits_truncate(info.tracking.load(Ordering::Relaxed));
                if !mode.contains(Mode::NOLOOP) || keys.iter().all(|(_, by)| *by != info.id) {
                    deliver(server, info, Some(&all), None);
                    continue;
                }
                let others: Vec<&[u8]> = keys
                    .iter()
                    .filter(|(_, by)| *by != info.id)
                    .map(|(key, _)| *key)
                    .collect();
                if !others.is_empty() {
                    deliver(server, info, Some(&array(others.into_iter())), None);
                }
            }
        }
        changed.clear();
    }
}
