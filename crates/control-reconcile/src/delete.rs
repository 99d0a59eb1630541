//! The end of a group or a lone cluster: replicas first, then the primary, then
//! the records.

use control_model::{CacheClusterId, EndpointId, EndpointKind, Event, Owner, RunIntent, keys};

use crate::create::node_endpoint;
use crate::picture::{Node, Picture};
use crate::scale;
use crate::step::Step;

pub(crate) fn step(picture: &Picture<'_>) -> Option<Step> {
    let primary = picture.shard.map(|s| &s.value.primary);
    let replicas = || picture.nodes.values().filter(|n| Some(n.id()) != primary);
    if let Some(step) = stop(picture, "stop the replicas", replicas()) {
        return Some(step);
    }
    if !replicas().all(Node::exited) {
        return None;
    }
    let leaders = || picture.nodes.values().filter(|n| Some(n.id()) == primary);
    if let Some(step) = stop(picture, "stop the primary", leaders()) {
        return Some(step);
    }
    leaders().all(Node::exited).then(|| forget_all(picture))
}

fn stop<'p, 'a: 'p>(
    picture: &Picture<'_>,
    name: &'static str,
    nodes: impl Iterator<Item = &'p Node<'a>>,
) -> Option<Step> {
    let running: Vec<_> = nodes
        .filter(|n| n.spec.run == RunIntent::Running && !n.died())
        .collect();
    if running.is_empty() {
        return None;
    }
    let step = Step::new(name, picture);
    Some(running.into_iter().fold(step, |step, node| {
        step.change(node, |spec| {
            spec.run = RunIntent::Stopped;
            spec.serves.clear();
        })
    }))
}

fn forget_all(picture: &Picture<'_>) -> Step {
    let (scope, owner, now) = (picture.scope(), &picture.wanted.owner, picture.now);
    let mut step = Step::new("remove all records", picture);
    for node in picture.nodes.values() {
        step = scale::forget(step, picture, node);
    }
    let ids = picture.wanted.members.iter().map(|m| &m.id);
    let unassigned: Vec<&CacheClusterId> =
        ids.filter(|id| !picture.nodes.contains_key(*id)).collect();
    for id in unassigned {
        let id = node_endpoint(id);
        step = step
            .delete(keys::endpoint(scope, &id))
            .delete(keys::address(scope, &id));
    }
    if let Some(shard) = picture.shard {
        step = step.delete(keys::shard(scope, owner, &shard.value.id));
    }
    for kind in [EndpointKind::Primary, EndpointKind::Reader] {
        let id = EndpointId {
            owner: owner.clone(),
            kind,
        };
        step = step
            .delete(keys::endpoint(scope, &id))
            .delete(keys::address(scope, &id));
    }
    step = step.delete(picture.wanted.key.clone());
    for member in &picture.wanted.members {
        let text = "Cache cluster deleted";
        step = step.event(Event::of_cluster(scope, now, &member.id, text));
    }
    if let Owner::Group(group) = owner {
        let text = format!("Replication group {group} deleted");
        step = step.event(Event::of_group(scope, now, group, text));
    }
    step
}
