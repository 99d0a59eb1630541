//! The desired state of a replication group. Written by API actions only;
//! reconcilers read it and delete it at the end of a deletion.

use serde::{Deserialize, Serialize};

use crate::choices::{Choices, Engine, Tags};
use crate::ids::{CacheClusterId, ReplicationGroupId, Scope};
use crate::time::Timestamp;

/// ElastiCache's bound: one primary and five replicas in a shard.
pub const MEMBERS_MAX: usize = 6;

/// The desired state of a replication group (cluster mode disabled).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationGroup {
    pub scope: Scope,
    pub id: ReplicationGroupId,
    pub created_at: Timestamp,
    pub description: String,
    pub engine: Engine,
    pub engine_version: String,
    pub node_type: String,
    pub port: u16,
    pub automatic_failover: bool,
    pub multi_az: bool,
    /// The nodes there should be, the first primary first. A name leaves this
    /// list when its node shall go.
    pub members: Vec<Member>,
    #[serde(default)]
    pub choices: Choices,
    #[serde(default)]
    pub tags: Tags,
    /// Raised by every change that the nodes must follow: the group counts as
    /// `modifying` until the reconciler has recorded this number as settled.
    /// Starts at 1.
    pub generation: u64,
    /// How often TestFailover was asked for; the reconciler catches up.
    #[serde(default)]
    pub test_failovers: u64,
    /// Set once and never cleared: the group is going.
    #[serde(default)]
    pub deleting: Option<Deletion>,
}

/// One desired node of a group: a cache cluster in ElastiCache's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: CacheClusterId,
    /// Simulated availability zone, `<region>a` to `<region>c`.
    pub zone: String,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
}

/// That, and how, a resource is to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub asked_at: Timestamp,
}

impl ReplicationGroup {
    pub fn replica_count(&self) -> usize {
        self.members.len().saturating_sub(1)
    }

    pub fn member(&self, id: &CacheClusterId) -> Option<&Member> {
        self.members.iter().find(|m| &m.id == id)
    }

    /// Adds `count` members with the lowest free numbers, in the given zones or
    /// (where `zones` is shorter) in the zone that holds the fewest members.
    /// Raises the generation. The caller has checked [`MEMBERS_MAX`] and that
    /// no lone cache cluster has one of the names (`taken`).
    pub fn add_members(
        &mut self,
        count: usize,
        zones: &[String],
        now: Timestamp,
        taken: impl Fn(&CacheClusterId) -> bool,
    ) -> Vec<CacheClusterId> {
        let mut added = Vec::new();
        for i in 0..count {
            let id = (1..)
                .map(|n| self.id.member(n))
                .find(|id| self.member(id).is_none() && !taken(id))
                .expect("numbers do not run out");
            let zone = match zones.get(i) {
                Some(zone) => zone.clone(),
                None => self.emptiest_zone(),
            };
            added.push(id.clone());
            self.members.push(Member {
                id,
                zone,
                created_at: now,
                tags: Tags::new(),
            });
        }
        self.generation += 1;
        added
    }

    /// Takes members out of the desired list and raises the generation.
    /// Names that are no members are ignored.
    pub fn remove_members(&mut self, ids: &[CacheClusterId]) {
        self.members.retain(|m| !ids.contains(&m.id));
        self.generation += 1;
    }

    /// The replicas to go when only a number is asked for: the last made first,
    /// never `primary`, and of crowded zones before others.
    pub fn choose_to_remove(&self, count: usize, primary: &CacheClusterId) -> Vec<CacheClusterId> {
        let mut left: Vec<&Member> = self.members.iter().collect();
        let mut chosen = Vec::new();
        for _ in 0..count {
            let crowd = |zone: &str| left.iter().filter(|m| m.zone == zone).count();
            let pick = (0..left.len())
                .filter(|&i| &left[i].id != primary)
                .max_by_key(|&i| (crowd(&left[i].zone), i));
            let Some(pick) = pick else { break };
            chosen.push(left.remove(pick).id.clone());
        }
        chosen
    }

    fn emptiest_zone(&self) -> String {
        let held = |zone: &str| self.members.iter().filter(|m| m.zone == zone).count();
        let [a, b, c] = self.scope.zones();
        [a, b, c]
            .into_iter()
            .min_by_key(|zone| held(zone))
            .expect("three zones")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::group;

    #[test]
    fn members_take_the_lowest_free_numbers_and_spread_over_zones() {
        let mut g = group("demo", 3);
        let zones: Vec<_> = g.members.iter().map(|m| m.zone.as_str()).collect();
        assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
        let before = g.generation;
        g.remove_members(&[g.id.member(2)]);
        let added = g.add_members(2, &[], Timestamp(5), |id| id.as_str() == "demo-004");
        assert_eq!(added, [g.id.member(2), g.id.member(5)]);
        assert_eq!(g.members[2].zone, "us-east-1b");
        assert_eq!(g.generation, before + 2);
    }

    #[test]
    fn the_primary_is_never_chosen_to_go() {
        let g = group("demo", 3);
        let chosen = g.choose_to_remove(5, &g.id.member(3));
        assert_eq!(chosen, [g.id.member(2), g.id.member(1)]);
    }
}
