//! From nothing to assigned nodes: the shard record, the wish for addresses,
//! and, once an agent has found those, the nodes.

use control_model::{
    CacheClusterId, Endpoint, EndpointId, EndpointKind, HostId, Member, NodeSpec, Owner, RoleSpec,
    RunIntent, Shard, ShardId,
};

use crate::directives;
use crate::picture::Picture;
use crate::plan::Entropy;
use crate::step::Step;

/// The shard record and all endpoints, in one step.
pub(crate) fn begin(picture: &Picture<'_>, entropy: Entropy<'_>) -> Option<Step> {
    if picture.shard.is_some() {
        return None;
    }
    let host = pick_host(picture)?;
    let first = picture.wanted.members.first()?;
    let shard = Shard {
        scope: picture.scope().clone(),
        owner: picture.wanted.owner.clone(),
        id: ShardId::first(),
        epoch: 1,
        primary: first.id.clone(),
        replid: entropy(),
        replid_before: None,
        standby: None,
        failover: None,
        automatic_failover: false,
        settled_generation: 0,
        available_at: None,
        test_failovers_done: picture.wanted.test_failovers,
        rebuild: None,
        link_secret: entropy(),
    };
    let mut step = Step::new("create shard", picture).put_shard(&shard);
    if let Owner::Group(_) = picture.wanted.owner {
        for kind in [EndpointKind::Primary, EndpointKind::Reader] {
            let owner = picture.wanted.owner.clone();
            step = step.create(&endpoint(picture, EndpointId { owner, kind }, host));
        }
    }
    for member in &picture.wanted.members {
        step = step.create(&endpoint(picture, node_endpoint(&member.id), host));
    }
    Some(step)
}

/// Endpoints of members that were added later.
pub(crate) fn endpoints(picture: &Picture<'_>) -> Option<Step> {
    let missing = |m: &&Member| !picture.view.endpoints.contains_key(&node_endpoint(&m.id));
    let new: Vec<_> = picture.wanted.members.iter().filter(missing).collect();
    if new.is_empty() {
        return None;
    }
    let host = pick_host(picture)?;
    let step = Step::new("wish for addresses", picture);
    Some(new.iter().fold(step, |step, m| {
        step.create(&endpoint(picture, node_endpoint(&m.id), host))
    }))
}

/// Assigns every member whose address has been found. The primary comes with
/// the first; replicas wait for its address, not for its process.
pub(crate) fn assign(picture: &Picture<'_>, shard: &Shard) -> Option<Step> {
    let primary_address = picture.node_address(&shard.primary)?;
    let mut step = Step::new("assign nodes", picture);
    let mut any = false;
    for member in &picture.wanted.members {
        let Some(listen) = picture.node_address(&member.id) else {
            continue;
        };
        let id = node_endpoint(&member.id);
        let (false, Some(endpoint)) = (
            picture.nodes.contains_key(&member.id),
            picture.view.endpoints.get(&id),
        ) else {
            continue;
        };
        let role = if member.id == shard.primary {
            RoleSpec::Primary {
                epoch: shard.epoch,
                replid: shard.replid.clone(),
            }
        } else {
            RoleSpec::Replica {
                epoch: shard.epoch,
                primary: shard.primary.clone(),
                address: primary_address,
            }
        };
        any = true;
        step = step.create(&NodeSpec {
            scope: picture.scope().clone(),
            cluster: member.id.clone(),
            owner: picture.wanted.owner.clone(),
            shard: shard.id.clone(),
            host: endpoint.host.clone(),
            zone: member.zone.clone(),
            run: RunIntent::Running,
            process: 1,
            data: 1,
            listen,
            role,
            serves: Vec::new(),
            directives: directives::of_node(&picture.wanted),
            link_secret: shard.link_secret.clone(),
            created_at: picture.now,
            available_at: None,
            recovering: false,
        });
    }
    any.then_some(step)
}

/// The host for new nodes. With one host there is nothing to weigh.
fn pick_host<'a>(picture: &Picture<'a>) -> Option<&'a HostId> {
    let ready = picture.hosts.iter().find(|(_, host)| host.adopted);
    ready.map(|(id, _)| id)
}

pub(crate) fn node_endpoint(id: &CacheClusterId) -> EndpointId {
    EndpointId {
        owner: Owner::Cluster(id.clone()),
        kind: EndpointKind::Node,
    }
}

fn endpoint(picture: &Picture<'_>, id: EndpointId, host: &HostId) -> Endpoint {
    Endpoint {
        scope: picture.scope().clone(),
        id,
        host: host.clone(),
        port_wanted: picture.wanted.port,
    }
}
