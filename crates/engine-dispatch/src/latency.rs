//! Events that took longer than `latency-monitor-threshold` (LATENCY LATEST, HISTORY).

use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};

/// Samples kept of one event.
const SAMPLES_MAX: usize = 160;

/// The samples of one event: (Unix time in seconds, milliseconds), oldest first; the longest of each second.
#[derive(Debug, Default, Clone)]
pub struct History {
    pub samples: VecDeque<(i64, i64)>,
    pub longest_ms: i64,
}

/// All events. A leaf lock.
#[derive(Debug, Default)]
pub struct Latency(Mutex<BTreeMap<&'static str, History>>);

impl Latency {
    /// Adds a sample.
    #[cold]
    pub fn add(&self, event: &'static str, time_s: i64, ms: i64) {
        let mut events = self.0.lock();
        let history = events.entry(event).or_default();
        history.longest_ms = history.longest_ms.max(ms);
        if let Some(last) = history.samples.back_mut()
            && last.0 == time_s
        {
            last.1 = last.1.max(ms);
            return;
        }
        if history.samples.len() == SAMPLES_MAX {
            history.samples.pop_front();
        }
        history.samples.push_back((time_s, ms));
    }

    /// All events in order of name.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, History)> {
        let events = self.0.lock();
        events.iter().map(|(name, h)| (*name, h.clone())).collect()
    }

    /// Forgets an event's samples, or all; how many events were forgotten.
    pub fn reset(&self, event: Option<&str>) -> usize {
        let mut events = self.0.lock();
        match event {
            Some(name) => usize::from(events.remove(name).is_some()),
            None => std::mem::take(&mut *events).len(),
        }
    }
}
