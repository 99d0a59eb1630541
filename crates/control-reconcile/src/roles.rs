//! Who leads, who follows whom, who serves which endpoint: all follow from the
//! shard record. Assignments that differ are brought in line.

use control_model::{CacheClusterId, EndpointKind, Owner, RoleSpec, RunIntent, Shard, Versioned};

use crate::picture::{Node, Picture};
use crate::step::Step;

/// One step that brings every assignment in line with the shard record.
pub(crate) fn step(picture: &Picture<'_>, shard: &Versioned<Shard>) -> Option<Step> {
    let differs = |n: &Node<'_>| {
        let role = role(picture, shard, n.id());
        let role_differs = role.is_some_and(|r| r != n.spec.role);
        role_differs || serves(picture, shard, n) != n.spec.serves
    };
    if !picture.nodes.values().any(differs) {
        return None;
    }
    let step = Step::new("assign roles and endpoints", picture);
    Some(apply(step, picture, shard))
}

/// Adds to a step what makes every assignment agree with `shard`.
pub(crate) fn apply(step: Step, picture: &Picture<'_>, shard: &Shard) -> Step {
    picture
        .nodes
        .values()
        .fold(step, |step, node| apply_to(step, picture, shard, node))
}

/// The same, leaving out one node whose assignment the step changes already.
pub(crate) fn apply_except(
    step: Step,
    picture: &Picture<'_>,
    shard: &Shard,
    except: &CacheClusterId,
) -> Step {
    picture
        .nodes
        .values()
        .filter(|n| n.id() != except)
        .fold(step, |step, node| apply_to(step, picture, shard, node))
}

fn apply_to(step: Step, picture: &Picture<'_>, shard: &Shard, node: &Node<'_>) -> Step {
    let role = role(picture, shard, node.id()).unwrap_or_else(|| node.spec.role.clone());
    let serves = serves(picture, shard, node);
    if role == node.spec.role && serves == node.spec.serves {
        return step;
    }
    step.change(node, |spec| {
        spec.role = role;
        spec.serves = serves;
    })
}

/// None while the primary's address is not known.
fn role(picture: &Picture<'_>, shard: &Shard, id: &CacheClusterId) -> Option<RoleSpec> {
    if id == &shard.primary {
        return Some(RoleSpec::Primary {
            epoch: shard.epoch,
            replid: shard.replid.clone(),
        });
    }
    Some(RoleSpec::Replica {
        epoch: shard.epoch,
        primary: shard.primary.clone(),
        address: picture.node_address(&shard.primary)?,
    })
}

/// Replicas serve the reader endpoint once they have joined, also while their
/// link is down; the primary does where no replica can.
fn serves(picture: &Picture<'_>, shard: &Shard, node: &Node<'_>) -> Vec<EndpointKind> {
    let in_group = matches!(picture.wanted.owner, Owner::Group(_));
    if !in_group || node.spec.run != RunIntent::Running || !picture.is_wanted(node.id()) {
        return Vec::new();
    }
    let readers: Vec<_> = picture
        .replicas(shard)
        .filter(|n| reads(n, shard))
        .map(|n| n.id())
        .collect();
    let is_primary = node.id() == &shard.primary;
    let mut serves = Vec::new();
    if is_primary && shard.rebuild.is_none() {
        serves.push(EndpointKind::Primary);
    }
    if readers.contains(&node.id()) || (is_primary && readers.is_empty()) {
        serves.push(EndpointKind::Reader);
    }
    serves
}

/// Fit to answer reads. A joined replica keeps on reading through a failover.
fn reads(node: &Node<'_>, shard: &Shard) -> bool {
    match node.replication() {
        Some(r) => !r.loading && (node.spec.available_at.is_some() || node.follows(shard)),
        None => false,
    }
}
