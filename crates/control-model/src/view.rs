//! A scope's records, decoded together, and the questions one asks of them.
//! API actions and reconcilers read the same view, so they cannot disagree.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::cache_cluster::CacheCluster;
use crate::endpoint::{Endpoint, EndpointAddress, EndpointId, EndpointKind};
use crate::ids::{CacheClusterId, Owner, ReplicationGroupId, Scope, ShardId};
use crate::node::{NodeObserved, NodeSpec, ProcessState};
use crate::replication_group::{Member, ReplicationGroup};
use crate::shard::Shard;
use crate::status::{
    AutomaticFailoverStatus, CacheClusterStatus, GroupStatus, NodeStatus, Progress, Role,
    automatic_failover_status, cluster_status, group_status,
};
use crate::time::Timestamp;

/// A record with the store revision it was read at, for compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    pub value: T,
    pub revision: u64,
}

impl<T> std::ops::Deref for Versioned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A stored record that cannot be read: written by a newer version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error(
    "the stored record {key} cannot be read ({reason}); the data directory was written by another version or is damaged"
)]
pub struct BadRecord {
    pub key: String,
    pub reason: String,
}

/// All records of one scope.
#[derive(Clone, Debug)]
pub struct ScopeView {
    pub scope: Scope,
    /// Revision of the scope's generation record; 0 = no change was ever made.
    pub generation_revision: u64,
    pub groups: BTreeMap<ReplicationGroupId, Versioned<ReplicationGroup>>,
    pub clusters: BTreeMap<CacheClusterId, Versioned<CacheCluster>>,
    pub shards: BTreeMap<(Owner, ShardId), Versioned<Shard>>,
    pub endpoints: BTreeMap<EndpointId, Versioned<Endpoint>>,
    pub addresses: BTreeMap<EndpointId, Versioned<EndpointAddress>>,
    pub nodes: BTreeMap<CacheClusterId, Versioned<NodeSpec>>,
    pub seen: BTreeMap<CacheClusterId, Versioned<NodeObserved>>,
}

impl ScopeView {
    pub fn empty(scope: Scope) -> Self {
        Self {
            scope,
            generation_revision: 0,
            groups: BTreeMap::new(),
            clusters: BTreeMap::new(),
            shards: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            addresses: BTreeMap::new(),
            nodes: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Decodes a listing of [`crate::keys::scope`]: (key, value, revision).
    pub fn from_records<'a>(
        scope: Scope,
        records: impl IntoIterator<Item = (&'a str, &'a [u8], u64)>,
    ) -> Result<Self, BadRecord> {
        let mut view = Self::empty(scope);
        let prefix = crate::keys::scope(&view.scope);
        for (key, value, revision) in records {
            if let Some(rest) = key.strip_prefix(&prefix) {
                view.add(key, rest, value, revision)?;
            }
        }
        Ok(view)
    }

    /// Decodes a listing of [`crate::keys::ALL_SCOPES`].
    pub fn all_from_records<'a>(
        records: impl IntoIterator<Item = (&'a str, &'a [u8], u64)>,
    ) -> Result<BTreeMap<Scope, Self>, BadRecord> {
        let mut views = BTreeMap::new();
        for (key, value, revision) in records {
            let mut parts = key.splitn(4, '/').skip(1);
            let (Some(account), Some(region), Some(rest)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let scope = Scope::new(account, region).map_err(|e| BadRecord {
                key: key.to_owned(),
                reason: e.to_string(),
            })?;
            views
                .entry(scope.clone())
                .or_insert_with(|| Self::empty(scope))
                .add(key, rest, value, revision)?;
        }
        Ok(views)
    }

    fn add(&mut self, key: &str, rest: &str, value: &[u8], revision: u64) -> Result<(), BadRecord> {
        fn read<T: serde::de::DeserializeOwned>(
            key: &str,
            value: &[u8],
            revision: u64,
        ) -> Result<Versioned<T>, BadRecord> {
            match serde_json::from_slice(value) {
                Ok(value) => Ok(Versioned { value, revision }),
                Err(e) => Err(BadRecord {
                    key: key.to_owned(),
                    reason: e.to_string(),
                }),
            }
        }
        match rest.split('/').next().unwrap_or_default() {
            "generation" => self.generation_revision = revision,
            "group" => {
                let r = read::<ReplicationGroup>(key, value, revision)?;
                self.groups.insert(r.id.clone(), r);
            }
            "cluster" => {
                let r = read::<CacheCluster>(key, value, revision)?;
                self.clusters.insert(r.id.clone(), r);
            }
            "shard" => {
                let r = read::<Shard>(key, value, revision)?;
                self.shards.insert((r.owner.clone(), r.id.clone()), r);
            }
            "endpoint" => {
                let r = read::<Endpoint>(key, value, revision)?;
                self.endpoints.insert(r.id.clone(), r);
            }
            "address" => {
                let r = read::<EndpointAddress>(key, value, revision)?;
                self.addresses.insert(r.id.clone(), r);
            }
            "node" => {
                let r = read::<NodeSpec>(key, value, revision)?;
                self.nodes.insert(r.cluster.clone(), r);
            }
            "seen" => {
                let r = read::<NodeObserved>(key, value, revision)?;
                self.seen.insert(r.cluster.clone(), r);
            }
            // A kind of record of a newer version: left alone.
            _ => {}
        }
        Ok(())
    }

    pub fn group(&self, id: &ReplicationGroupId) -> Option<GroupView<'_>> {
        let intent = self.groups.get(id)?;
        Some(GroupView {
            scope: self,
            intent,
        })
    }

    /// A cache cluster by id: alone or member of a group, also one on its way out.
    pub fn cluster(&self, id: &CacheClusterId) -> Option<ClusterView<'_>> {
        if let Some(lone) = self.clusters.get(id) {
            return Some(ClusterView::new(self, id.clone(), Place::Alone(lone)));
        }
        let wanted = self.groups.values().find(|g| g.member(id).is_some());
        let leaving = || {
            let Owner::Group(group) = &self.nodes.get(id)?.owner else {
                return None;
            };
            self.groups.get(group)
        };
        let group = wanted.or_else(leaving)?;
        let place = Place::Member {
            group,
            member: group.member(id),
        };
        Some(ClusterView::new(self, id.clone(), place))
    }

    /// Ids of all cache clusters, sorted: lone ones, members, and leaving members.
    pub fn cluster_ids(&self) -> Vec<CacheClusterId> {
        let mut ids: Vec<_> = self.clusters.keys().cloned().collect();
        for group in self.groups.keys() {
            ids.extend(
                GroupView {
                    scope: self,
                    intent: &self.groups[group],
                }
                .member_ids(),
            );
        }
        ids.sort();
        ids.dedup();
        ids
    }

    pub fn shard(&self, owner: &Owner) -> Option<&Versioned<Shard>> {
        self.shards.get(&(owner.clone(), ShardId::first()))
    }

    pub fn address(&self, owner: Owner, kind: EndpointKind) -> Option<SocketAddr> {
        let found = self.addresses.get(&EndpointId { owner, kind })?;
        Some(found.address)
    }
}

/// The shard of an owner, once a reconciler has recorded one.
type ShardView<'a> = Option<&'a Versioned<Shard>>;

/// A replication group as the API tells of it.
#[derive(Clone, Copy, Debug)]
pub struct GroupView<'a> {
    pub scope: &'a ScopeView,
    pub intent: &'a Versioned<ReplicationGroup>,
}

impl<'a> GroupView<'a> {
    pub fn owner(&self) -> Owner {
        Owner::Group(self.intent.id.clone())
    }

    pub fn shard(&self) -> Option<&'a Versioned<Shard>> {
        self.scope.shard(&self.owner())
    }

    /// `Status`, of the group and of its only node group.
    pub fn status(&self) -> GroupStatus {
        group_status(progress(
            self.shard(),
            self.intent.generation,
            self.intent.deleting.is_some(),
        ))
    }

    /// `AutomaticFailover`.
    pub fn automatic_failover(&self) -> AutomaticFailoverStatus {
        let in_force = self.shard().is_some_and(|s| s.automatic_failover);
        automatic_failover_status(self.intent.automatic_failover, in_force)
    }

    /// `MultiAZ`: `enabled` or `disabled`.
    pub fn multi_az(&self) -> &'static str {
        if self.intent.multi_az {
            "enabled"
        } else {
            "disabled"
        }
    }

    /// Wanted members in their order, then those on their way out.
    pub fn member_ids(&self) -> Vec<CacheClusterId> {
        let mut ids: Vec<_> = self.intent.members.iter().map(|m| m.id.clone()).collect();
        let owner = self.owner();
        for (id, node) in &self.scope.nodes {
            if node.owner == owner && !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }

    pub fn members(&self) -> Vec<ClusterView<'a>> {
        let member = |id: CacheClusterId| {
            let place = Place::Member {
                group: self.intent,
                member: self.intent.value.member(&id),
            };
            ClusterView::new(self.scope, id, place)
        };
        self.member_ids().into_iter().map(member).collect()
    }

    /// The id of the primary: the recorded one, before that the first member.
    pub fn primary(&self) -> Option<CacheClusterId> {
        match self.shard() {
            Some(shard) => Some(shard.primary.clone()),
            None => self.intent.members.first().map(|m| m.id.clone()),
        }
    }

    pub fn primary_endpoint(&self) -> Option<SocketAddr> {
        self.scope.address(self.owner(), EndpointKind::Primary)
    }

    pub fn reader_endpoint(&self) -> Option<SocketAddr> {
        self.scope.address(self.owner(), EndpointKind::Reader)
    }
}

/// Where a cache cluster stands.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    Alone(&'a Versioned<CacheCluster>),
    Member {
        group: &'a Versioned<ReplicationGroup>,
        /// None: no longer wanted, on its way out.
        member: Option<&'a Member>,
    },
}

/// A cache cluster (one node) as the API tells of it.
#[derive(Clone, Debug)]
pub struct ClusterView<'a> {
    pub scope: &'a ScopeView,
    pub id: CacheClusterId,
    pub place: Place<'a>,
    pub node: Option<&'a Versioned<NodeSpec>>,
    pub seen: Option<&'a Versioned<NodeObserved>>,
}

impl<'a> ClusterView<'a> {
    fn new(scope: &'a ScopeView, id: CacheClusterId, place: Place<'a>) -> Self {
        let node = scope.nodes.get(&id);
        let seen = scope.seen.get(&id);
        Self {
            scope,
            id,
            place,
            node,
            seen,
        }
    }

    fn wanted(&self) -> bool {
        match self.place {
            Place::Alone(lone) => lone.deleting.is_none(),
            Place::Member { group, member } => group.deleting.is_none() && member.is_some(),
        }
    }

    /// Its process has ended by itself and no reconciler has acted on it yet.
    fn is_lost(&self) -> bool {
        let (Some(node), Some(seen)) = (self.node, self.seen) else {
            return false;
        };
        let died = matches!(seen.state, ProcessState::Exited { asked: false, .. });
        died && seen.process == node.process && node.available_at.is_some()
    }

    /// `CacheClusterStatus`.
    pub fn status(&self) -> CacheClusterStatus {
        let lost = self.is_lost();
        let joined = !lost && self.node.is_some_and(|n| n.available_at.is_some());
        let recovering = lost || self.node.is_some_and(|n| n.recovering);
        let status = cluster_status(self.wanted(), joined, recovering);
        match self.place {
            Place::Alone(lone) if status == CacheClusterStatus::Available => {
                let owner = Owner::Cluster(self.id.clone());
                let p = progress(self.scope.shard(&owner), lone.generation, false);
                match group_status(p) {
                    GroupStatus::Modifying => CacheClusterStatus::Modifying,
                    GroupStatus::Creating => CacheClusterStatus::Creating,
                    _ => status,
                }
            }
            _ => status,
        }
    }

    /// `CacheNodeStatus`.
    pub fn node_status(&self) -> NodeStatus {
        match self.status() {
            CacheClusterStatus::Creating => NodeStatus::Creating,
            CacheClusterStatus::Deleting => NodeStatus::Deleting,
            CacheClusterStatus::Available | CacheClusterStatus::Modifying => NodeStatus::Available,
        }
    }

    /// `CurrentRole`; none for a cluster outside a group.
    pub fn role(&self) -> Option<Role> {
        let Place::Member { group, .. } = self.place else {
            return None;
        };
        let primary = GroupView {
            scope: self.scope,
            intent: group,
        }
        .primary();
        Some(if primary.as_ref() == Some(&self.id) {
            Role::Primary
        } else {
            Role::Replica
        })
    }

    /// The node's own address; none until the node is available, as ElastiCache
    /// hides it until then.
    pub fn endpoint(&self) -> Option<SocketAddr> {
        match self.status() {
            CacheClusterStatus::Creating => None,
            _ => self
                .scope
                .address(Owner::Cluster(self.id.clone()), EndpointKind::Node),
        }
    }

    pub fn zone(&self) -> Option<&'a str> {
        match self.place {
            Place::Alone(lone) => Some(&lone.value.zone),
            Place::Member {
                member: Some(m), ..
            } => Some(&m.zone),
            Place::Member { member: None, .. } => self.node.map(|n| n.value.zone.as_str()),
        }
    }

    pub fn created_at(&self) -> Option<Timestamp> {
        match self.place {
            Place::Alone(lone) => Some(lone.created_at),
            Place::Member {
                member: Some(m), ..
            } => Some(m.created_at),
            Place::Member { member: None, .. } => self.node.map(|n| n.created_at),
        }
    }
}

fn progress(shard: ShardView<'_>, generation: u64, deleting: bool) -> Progress {
    Progress {
        deleting,
        was_available: shard.is_some_and(|s| s.available_at.is_some()),
        generation,
        settled_generation: shard.map_or(0, |s| s.settled_generation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keyed;
    use crate::testing::{group, scope, spec};

    fn put<T: Keyed>(records: &mut Vec<(String, Vec<u8>)>, record: &T) {
        records.push((record.key(), serde_json::to_vec(record).unwrap()));
    }

    fn view(records: &[(String, Vec<u8>)]) -> ScopeView {
        let rows = records.iter().map(|(k, v)| (k.as_str(), v.as_slice(), 7));
        ScopeView::from_records(scope(), rows).unwrap()
    }

    #[test]
    fn a_new_groups_members_show_before_any_node_exists() {
        let mut records = Vec::new();
        let g = group("demo", 2);
        put(&mut records, &g);
        let view = view(&records);
        let found = view.group(&g.id).unwrap();
        assert_eq!(found.status(), GroupStatus::Creating);
        assert_eq!(found.automatic_failover().as_str(), "enabling");
        let member = view.cluster(&g.id.member(2)).unwrap();
        assert_eq!(member.status(), CacheClusterStatus::Creating);
        assert_eq!(member.role(), Some(Role::Replica));
        assert_eq!(member.endpoint(), None);
        assert_eq!(view.cluster_ids(), [g.id.member(1), g.id.member(2)]);
    }

    #[test]
    fn a_member_taken_out_shows_as_deleting_until_its_node_is_gone() {
        let mut records = Vec::new();
        let mut g = group("demo", 2);
        put(
            &mut records,
            &spec(&g, 2, |s| s.available_at = Some(Timestamp(1))),
        );
        g.remove_members(&[g.id.member(2)]);
        put(&mut records, &g);
        let view = view(&records);
        let gone = view.cluster(&g.id.member(2)).unwrap();
        assert_eq!(gone.status(), CacheClusterStatus::Deleting);
        assert!(
            view.group(&g.id)
                .unwrap()
                .member_ids()
                .contains(&g.id.member(2))
        );
    }

    #[test]
    fn scopes_keep_apart_and_damage_is_named() {
        let mut other = group("demo", 1);
        other.scope = Scope::new("123456789012", "eu-west-1").unwrap();
        let mut records = Vec::new();
        put(&mut records, &group("demo", 3));
        put(&mut records, &other);
        let rows = || records.iter().map(|(k, v)| (k.as_str(), v.as_slice(), 1));
        let all = ScopeView::all_from_records(rows()).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[&other.scope].groups[&other.id].members.len(), 1);
        let key = other.key();
        let bad = ScopeView::from_records(other.scope, [(key.as_str(), b"{".as_slice(), 1)]);
        assert!(bad.unwrap_err().to_string().contains(&key));
    }
}
