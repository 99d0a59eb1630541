//! All that decides about one shard, side by side: what is wanted, what is
//! recorded, what agents see now.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use control_model::{
    CacheClusterId, EndpointKind, Engine, Host, HostId, Member, NodeObserved, NodeSpec, Owner,
    ProcessState, ReplicationSeen, RunIntent, Scope, ScopeView, Shard, Timestamp, Versioned, keys,
};

/// The intent of a shard's owner, whether group or lone cluster.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) owner: Owner,
    /// Where the intent stands, and the revision it was read at.
    pub(crate) key: String,
    pub(crate) revision: u64,
    pub(crate) members: Vec<Member>,
    pub(crate) engine: Engine,
    pub(crate) engine_version: String,
    pub(crate) node_type: String,
    pub(crate) port: u16,
    pub(crate) automatic_failover: bool,
    pub(crate) generation: u64,
    pub(crate) test_failovers: u64,
    pub(crate) deleting: bool,
}

/// A node that was assigned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) spec: &'a Versioned<NodeSpec>,
    /// What the host's living agent says about the process the spec asks for;
    /// none while it has not got that far.
    pub(crate) seen: Option<&'a NodeObserved>,
}

impl<'a> Node<'a> {
    pub(crate) fn id(&self) -> &'a CacheClusterId {
        &self.spec.value.cluster
    }

    pub(crate) fn exited(&self) -> bool {
        self.seen.is_some_and(NodeObserved::has_exited)
    }

    /// Ended without having been asked to.
    pub(crate) fn died(&self) -> bool {
        self.seen
            .is_some_and(|s| matches!(s.state, ProcessState::Exited { asked: false, .. }))
    }

    /// Ended because the service was stopped.
    pub(crate) fn was_stopped(&self) -> bool {
        self.seen
            .is_some_and(|s| matches!(s.state, ProcessState::Exited { asked: true, .. }))
    }

    pub(crate) fn hung(&self) -> bool {
        self.seen.is_some_and(|s| s.is_running() && s.hung)
    }

    pub(crate) fn replication(&self) -> Option<&'a ReplicationSeen> {
        let seen = self.seen.filter(|s| s.is_running() && !s.hung)?;
        seen.replication.as_ref()
    }

    /// A replica that follows the shard's recorded history in its epoch.
    pub(crate) fn follows(&self, shard: &Shard) -> bool {
        self.replication().is_some_and(|r| {
            !r.primary
                && r.epoch == shard.epoch
                && r.link_up
                && !r.loading
                && r.replid == shard.replid
        })
    }

    /// The primary of the shard's epoch.
    pub(crate) fn leads(&self, shard: &Shard) -> bool {
        self.replication()
            .is_some_and(|r| r.primary && r.epoch == shard.epoch && !r.loading)
    }
}

/// The picture of one shard at one moment.
pub(crate) struct Picture<'a> {
    pub(crate) view: &'a ScopeView,
    pub(crate) hosts: &'a BTreeMap<HostId, Host>,
    pub(crate) now: Timestamp,
    pub(crate) wanted: Wanted,
    pub(crate) shard: Option<&'a Versioned<Shard>>,
    pub(crate) nodes: BTreeMap<&'a CacheClusterId, Node<'a>>,
}

impl<'a> Picture<'a> {
    pub(crate) fn new(
        view: &'a ScopeView,
        hosts: &'a BTreeMap<HostId, Host>,
        now: Timestamp,
        wanted: Wanted,
    ) -> Self {
        let mut nodes = BTreeMap::new();
        for (id, spec) in &view.nodes {
            if spec.owner == wanted.owner {
                let seen = view.seen.get(id).map(|s| &s.value);
                let current = |s: &&NodeObserved| {
                    s.process == spec.process
                        && s.data == spec.data
                        && hosts.get(&s.host).is_some_and(|h| h.session == s.session)
                };
                let seen = seen.filter(current);
                nodes.insert(id, Node { spec, seen });
            }
        }
        Self {
            shard: view.shard(&wanted.owner),
            view,
            hosts,
            now,
            wanted,
            nodes,
        }
    }

    pub(crate) fn scope(&self) -> &'a Scope {
        &self.view.scope
    }

    /// Every agent that holds a node of the shard is there and has looked at
    /// what an earlier session left. Otherwise nothing is known, nothing is done.
    pub(crate) fn is_known(&self) -> bool {
        let known = |h: &HostId| self.hosts.get(h).is_some_and(|h| h.adopted);
        self.nodes.values().all(|n| known(&n.spec.host))
    }

    pub(crate) fn is_wanted(&self, id: &CacheClusterId) -> bool {
        self.wanted.members.iter().any(|m| &m.id == id)
    }

    /// Nodes that are wanted, by id.
    pub(crate) fn members(&self) -> impl Iterator<Item = Node<'a>> {
        self.nodes
            .values()
            .copied()
            .filter(|n| self.is_wanted(n.id()))
    }

    /// Wanted nodes that should run as replicas of `shard`.
    pub(crate) fn replicas(&self, shard: &Shard) -> impl Iterator<Item = Node<'a>> {
        self.members()
            .filter(move |n| n.id() != &shard.primary && n.spec.run == RunIntent::Running)
    }

    pub(crate) fn node_address(&self, id: &CacheClusterId) -> Option<SocketAddr> {
        self.view
            .address(Owner::Cluster(id.clone()), EndpointKind::Node)
    }
}

/// The intents of a scope, groups first.
pub(crate) fn wanted_of(view: &ScopeView) -> Vec<Wanted> {
    let mut all = Vec::new();
    for group in view.groups.values() {
        all.push(Wanted {
            owner: Owner::Group(group.id.clone()),
            key: keys::group(&view.scope, &group.id),
            revision: group.revision,
            members: group.members.clone(),
            engine: group.engine,
            engine_version: group.engine_version.clone(),
            node_type: group.node_type.clone(),
            port: group.port,
            automatic_failover: group.automatic_failover,
            generation: group.generation,
            test_failovers: group.test_failovers,
            deleting: group.deleting.is_some(),
        });
    }
    for lone in view.clusters.values() {
        all.push(Wanted {
            owner: Owner::Cluster(lone.id.clone()),
            key: keys::cluster(&view.scope, &lone.id),
            revision: lone.revision,
            members: vec![Member {
                id: lone.id.clone(),
                zone: lone.zone.clone(),
                created_at: lone.created_at,
                tags: lone.tags.clone(),
            }],
            engine: lone.engine,
            engine_version: lone.engine_version.clone(),
            node_type: lone.node_type.clone(),
            port: lone.port,
            automatic_failover: false,
            generation: lone.generation,
            test_failovers: 0,
            deleting: lone.deleting.is_some(),
        });
    }
    all
}
