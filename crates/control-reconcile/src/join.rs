//! Nodes that have become ready join; a group whose members all have is settled.

use control_model::{EndpointKind, Event, Owner, RunIntent, Shard, Versioned};

use crate::picture::{Node, Picture};
use crate::recover;
use crate::step::Step;

/// Records every node that has become ready, with its events.
pub(crate) fn members(picture: &Picture<'_>, shard: &Shard) -> Option<Step> {
    let mut step = Step::new("nodes joined", picture);
    let mut any = false;
    for node in picture.members() {
        if node.spec.available_at.is_some() || !is_ready(&node, shard) {
            continue;
        }
        any = true;
        let recovered = node.spec.recovering;
        step = step.change(&node, |spec| {
            spec.available_at = Some(picture.now);
            spec.recovering = false;
        });
        if recovered {
            step = step.event(recover::finished(picture, node.id()));
            continue;
        }
        let added = format!(
            "Added cache node 0001 in availability zone {}",
            node.spec.zone
        );
        let event = |text: &str| Event::of_cluster(picture.scope(), picture.now, node.id(), text);
        step = step
            .event(event(&added))
            .event(event("Cache cluster created"));
    }
    any.then_some(step)
}

fn is_ready(node: &Node<'_>, shard: &Shard) -> bool {
    if node.spec.run != RunIntent::Running {
        return false;
    }
    if node.id() != &shard.primary {
        return node.follows(shard);
    }
    let serving = |kind: &EndpointKind| node.seen.is_some_and(|s| s.serving.contains(kind));
    node.leads(shard) && node.spec.serves.iter().all(serving)
}

/// Records that the intent has been reached: all members and no others are there.
pub(crate) fn settle(picture: &Picture<'_>, shard: &Versioned<Shard>) -> Option<Step> {
    let wanted = &picture.wanted;
    let at_rest = shard.settled_generation == wanted.generation
        && shard.automatic_failover == wanted.automatic_failover
        && shard.available_at.is_some();
    let complete = picture.nodes.len() == wanted.members.len()
        && picture.members().count() == wanted.members.len()
        && picture.members().all(|n| n.spec.available_at.is_some());
    if at_rest || !complete || shard.failover.is_some() || shard.rebuild.is_some() {
        return None;
    }
    let mut after = shard.value.clone();
    after.settled_generation = wanted.generation;
    after.automatic_failover = wanted.automatic_failover;
    let first = after.available_at.is_none();
    after.available_at = after.available_at.or(Some(picture.now));
    let mut step = Step::new("settle", picture).put_shard(&after);
    if let (Owner::Group(group), true) = (&wanted.owner, first) {
        let text = format!("Replication group {group} created");
        step = step.event(Event::of_group(picture.scope(), picture.now, group, text));
    }
    Some(step)
}
