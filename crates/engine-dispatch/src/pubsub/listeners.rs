//! The sessions that listen to one channel or pattern.

use std::sync::Arc;

/// Sessions by the thread that owns them, in order of their ids. A message on its way shares the list it was
/// published to; a later change makes a new one.
#[derive(Debug, Default)]
pub(super) struct Listeners(Vec<(usize, Arc<Vec<u64>>)>);

impl Listeners {
    pub(super) fn add(&mut self, thread: usize, session: u64) {
        let at = match self.0.iter().position(|(t, _)| *t == thread) {
            Some(at) => at,
            None => {
                self.0.push((thread, Arc::default()));
                self.0.len() - 1
            }
        };
        let sessions = &mut self.0[at].1;
        if let Err(place) = sessions.binary_search(&session) {
            Arc::make_mut(sessions).insert(place, session);
        }
    }

    /// Whether nobody is left.
    pub(super) fn remove(&mut self, thread: usize, session: u64) -> bool {
        if let Some((_, sessions)) = self.0.iter_mut().find(|(t, _)| *t == thread)
            && let Ok(place) = sessions.binary_search(&session)
        {
            Arc::make_mut(sessions).remove(place);
        }
        self.0.retain(|(_, sessions)| !sessions.is_empty());
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(_, sessions)| sessions.len()).sum()
    }

    pub(super) fn by_thread(&self) -> impl Iterator<Item = (usize, &Arc<Vec<u64>>)> {
        self.0.iter().map(|(thread, sessions)| (*thread, sessions))
    }
}

#[cfg(test)]
mod tests {
    use super::Listeners;

    #[test]
    fn a_message_on_its_way_keeps_its_recipients() {
        let mut listeners = Listeners::default();
        for (thread, session) in [(0, 5), (1, 6), (0, 3), (0, 5)] {
            listeners.add(thread, session);
        }
        assert_eq!(listeners.len(), 3);
        let on_its_way = listeners.by_thread().next().map(|(_, s)| s.clone());
        assert!(!listeners.remove(0, 5) && !listeners.remove(1, 6));
        assert_eq!(on_its_way.as_deref(), Some(&vec![3, 5]));
        assert!(listeners.remove(0, 3));
        assert_eq!(listeners.len(), 0);
    }
}
