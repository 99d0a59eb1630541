//! Records for tests of this crate and of those above it.

use crate::choices::{Choices, Engine, Tags};
use crate::ids::{HostId, Owner, ReplicationGroupId, Scope, ShardId};
use crate::node::{NodeSpec, RoleSpec, RunIntent};
use crate::replication_group::ReplicationGroup;
use crate::time::Timestamp;

pub fn scope() -> Scope {
    Scope::new("123456789012", "us-east-1").expect("a valid scope")
}

/// A group with failover on and `members` members in zones a, b, c, a …
pub fn group(id: &str, members: usize) -> ReplicationGroup {
    let mut group = ReplicationGroup {
        scope: scope(),
        id: ReplicationGroupId::parse(id).expect("a valid id"),
        created_at: Timestamp(1),
        description: "a test".to_owned(),
        engine: Engine::Redis,
        engine_version: "7.1".to_owned(),
        node_type: "cache.t4g.small".to_owned(),
        port: 6379,
        automatic_failover: members > 1,
        multi_az: false,
        members: Vec::new(),
        choices: Choices::default(),
        tags: Tags::new(),
        generation: 0,
        test_failovers: 0,
        deleting: None,
    };
    group.add_members(members, &[], Timestamp(1), |_| false);
    group
}

/// The assignment of a group's nth member, then changed by `adjust`.
pub fn spec(group: &ReplicationGroup, n: u32, adjust: impl FnOnce(&mut NodeSpec)) -> NodeSpec {
    let mut spec = NodeSpec {
        scope: group.scope.clone(),
        cluster: group.id.member(n),
        owner: Owner::Group(group.id.clone()),
        shard: ShardId::first(),
        host: HostId::parse("here").expect("a valid id"),
        zone: "us-east-1a".to_owned(),
        run: RunIntent::Running,
        process: 1,
        data: 1,
        listen: ([127, 0, 0, 1], 7000).into(),
        role: RoleSpec::Primary {
            epoch: 1,
            replid: "0".repeat(40),
        },
        serves: Vec::new(),
        directives: Vec::new(),
        link_secret: "secret".to_owned(),
        created_at: Timestamp(1),
        available_at: None,
        recovering: false,
    };
    adjust(&mut spec);
    spec
}
