//! The shared endpoints of this host: their listeners, who serves them, and the
//! reader pages. The listener is the agent's and outlives every node.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use control_model::{CacheClusterId, EndpointId, EndpointKind, Scope};
use node_api::reader_page::MEMBERS_MAX;

use crate::reader_page::ReaderPage;
use crate::socket;

pub(crate) type EndpointKey = (Scope, EndpointId);

/// All shared endpoints of this host.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    shared: Mutex<HashMap<EndpointKey, Shared>>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    /// None after a start of the agent until a node has handed it back or it
    /// could be opened anew.
    listener: Option<Arc<OwnedFd>>,
    page: Option<ReaderPage>,
    /// Line of the page → member.
    members: Vec<Option<CacheClusterId>>,
    serving: BTreeSet<CacheClusterId>,
    unserved_since: Instant,
}

/// What goes along with a `Serve`.
#[derive(Debug)]
pub(crate) struct Handover {
    pub(crate) descriptors: Vec<Arc<OwnedFd>>,
    pub(crate) member: Option<u32>,
}

impl Endpoints {
    fn lock(&self) -> MutexGuard<'_, HashMap<EndpointKey, Shared>> {
        self.shared.lock().expect("no panic under this lock")
    }

    /// An endpoint with its address is known; it may come with its listener.
    pub(crate) fn know(&self, key: &EndpointKey, address: SocketAddr, listener: Option<OwnedFd>) {
        let mut shared = self.lock();
        if shared.contains_key(key) {
            return;
        }
        let page = match key.1.kind {
            EndpointKind::Reader => ReaderPage::new()
                .inspect_err(
                    |error| tracing::error!(%error, "no reader page; counts may be uneven"),
                )
                .ok(),
            _ => None,
        };
        let entry = Shared {
            address,
            listener: listener.map(Arc::new),
            page,
            members: Vec::new(),
            serving: BTreeSet::new(),
            unserved_since: Instant::now(),
        };
        shared.insert(key.clone(), entry);
    }

    /// Closes the listeners of endpoints that are no more.
    pub(crate) fn retain(&self, known: impl Fn(&EndpointKey) -> bool) {
        self.lock().retain(|key, _| known(key));
    }

    /// A node hands a listener back. The first copy is kept.
    pub(crate) fn hand_back(&self, key: &EndpointKey, listener: OwnedFd) {
        if let Some(entry) = self.lock().get_mut(key)
            && entry.listener.is_none()
            && socket::address_of(&listener) == Some(entry.address)
        {
            entry.listener = Some(Arc::new(listener));
        }
    }

    /// Opens what no node has handed back. Fails while a node that does not
    /// answer still holds a copy; then it is tried again.
    pub(crate) fn open_missing(&self) {
        for (key, entry) in self.lock().iter_mut() {
            if entry.listener.is_some() {
                continue;
            }
            match socket::open(entry.address) {
                Ok(listener) => entry.listener = Some(Arc::new(listener)),
                Err(error) => {
                    tracing::warn!(endpoint = %key.1, address = %entry.address, %error,
                        "the endpoint's address cannot be opened; trying again");
                }
            }
        }
    }

    /// What `cluster` needs to serve the endpoint; none while there is no listener.
    pub(crate) fn handover(&self, key: &EndpointKey, cluster: &CacheClusterId) -> Option<Handover> {
        let mut shared = self.lock();
        let entry = shared.get_mut(key)?;
        let mut descriptors = vec![entry.listener.clone()?];
        let mut member = None;
        if let Some(page) = entry.page.clone()
            && let Some(line) = entry.line_of(cluster, &page)
        {
            descriptors.push(page.descriptor());
            member = Some(line);
        }
        Some(Handover {
            descriptors,
            member,
        })
    }

    /// `cluster` serves the endpoint from now on, or no longer.
    pub(crate) fn set_serving(&self, key: &EndpointKey, cluster: &CacheClusterId, serves: bool) {
        let mut shared = self.lock();
        let Some(entry) = shared.get_mut(key) else {
            return;
        };
        let line = entry
            .members
            .iter()
            .position(|m| m.as_ref() == Some(cluster));
        if let (Some(page), Some(line)) = (&entry.page, line) {
            page.set_alive(line as u32, serves);
            if !serves {
                entry.members[line] = None;
            }
        }
        if serves {
            entry.serving.insert(cluster.clone());
        } else if entry.serving.remove(cluster) && entry.serving.is_empty() {
            entry.unserved_since = Instant::now();
        }
    }

    /// A member that does not answer for the moment takes no part in balancing.
    pub(crate) fn set_alive(&self, key: &EndpointKey, cluster: &CacheClusterId, alive: bool) {
        let shared = self.lock();
        let Some(entry) = shared.get(key) else {
            return;
        };
        let line = entry
            .members
            .iter()
            .position(|m| m.as_ref() == Some(cluster));
        if let (Some(page), Some(line)) = (&entry.page, line)
            && page.member(line as u32).0 != alive
        {
            page.set_alive(line as u32, alive);
        }
    }

    /// Listeners that nobody has served for longer than `patience`.
    pub(crate) fn unserved(&self, patience: Duration) -> Vec<Arc<OwnedFd>> {
        let shared = self.lock();
        let left_alone =
            |e: &&Shared| e.serving.is_empty() && e.unserved_since.elapsed() > patience;
        shared
            .values()
            .filter(left_alone)
            .filter_map(|e| e.listener.clone())
            .collect()
    }
}

impl Shared {
    /// The member's line of the page, given now if it had none.
    fn line_of(&mut self, cluster: &CacheClusterId, page: &ReaderPage) -> Option<u32> {
        let held = self
            .members
            .iter()
            .position(|m| m.as_ref() == Some(cluster));
        if let Some(line) = held {
            return Some(line as u32);
        }
        let free = self.members.iter().position(Option::is_none);
        let line = free.unwrap_or(self.members.len());
        if line >= MEMBERS_MAX as usize {
            return None;
        }
        if line == self.members.len() {
            self.members.push(None);
        }
        self.members[line] = Some(cluster.clone());
        page.clear(line as u32);
        Some(line as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use control_model::{Owner, testing};

    fn reader() -> EndpointKey {
        let owner = Owner::Group(testing::group("demo", 1).id);
        let kind = EndpointKind::Reader;
        (testing::scope(), EndpointId { owner, kind })
    }

    #[test]
    fn a_line_of_the_page_is_given_to_one_member_at_a_time() {
        let endpoints = Endpoints::default();
        let (address, listener) = socket::find(0, 1, |_| false).unwrap();
        endpoints.know(&reader(), address, Some(listener));
        let group = testing::group("demo", 3);
        let line = |n| {
            let handover = endpoints.handover(&reader(), &group.id.member(n)).unwrap();
            assert_eq!(handover.descriptors.len(), 2);
            handover.member.unwrap()
        };
        assert_eq!((line(1), line(2), line(1)), (0, 1, 0));
        endpoints.set_serving(&reader(), &group.id.member(1), true);
        endpoints.set_serving(&reader(), &group.id.member(1), false);
        assert_eq!(line(3), 0);
    }

    #[test]
    fn only_an_endpoint_without_servers_counts_as_unserved() {
        let endpoints = Endpoints::default();
        let (address, listener) = socket::find(0, 1, |_| false).unwrap();
        endpoints.know(&reader(), address, Some(listener));
        let unserved = || endpoints.unserved(Duration::ZERO).len();
        assert_eq!(unserved(), 1);
        let member = testing::group("demo", 1).id.member(1);
        endpoints.set_serving(&reader(), &member, true);
        assert_eq!(unserved(), 0);
        endpoints.set_serving(&reader(), &member, false);
        assert_eq!(unserved(), 1);
    }

    #[test]
    fn a_listener_handed_back_must_be_the_endpoints_own() {
        let endpoints = Endpoints::default();
        let (address, listener) = socket::find(0, 1, |_| false).unwrap();
        let (_, other) = socket::find(0, 1, |_| false).unwrap();
        endpoints.know(&reader(), address, None);
        let member = testing::group("demo", 1).id.member(1);
        endpoints.hand_back(&reader(), other);
        assert!(endpoints.handover(&reader(), &member).is_none());
        endpoints.hand_back(&reader(), listener);
        assert!(endpoints.handover(&reader(), &member).is_some());
    }
}
