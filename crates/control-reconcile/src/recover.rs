//! Lost nodes come back under their names: a replica as a fresh, empty node that
//! syncs; a primary without promotable replica in place, with its data directory.

use control_model::{CacheClusterId, Event, RoleSpec, RunIntent, Shard, Versioned};

use crate::picture::{Node, Picture};
use crate::plan::Entropy;
use crate::roles;
use crate::step::Step;

/// The id ElastiCache gives the one node of a Redis or Valkey cache cluster.
const CACHE_NODE: &str = "0001";

/// Adds the replacement of a dead node to a step: a new process on an empty
/// data directory, under the same id, address and zone.
pub(crate) fn replace(step: Step, picture: &Picture<'_>, lost: &Node<'_>) -> Step {
    step.change(lost, |spec| {
        spec.run = RunIntent::Running;
        spec.process += 1;
        spec.data += 1;
        spec.serves.clear();
        spec.available_at = None;
        spec.recovering = true;
    })
    .event(recovering(picture, lost.id()))
}

fn recovering(picture: &Picture<'_>, id: &CacheClusterId) -> Event {
    let text = format!("Recovering cache nodes {CACHE_NODE}");
    Event::of_cluster(picture.scope(), picture.now, id, text)
}

/// The event that ends what [`replace`] began.
pub(crate) fn finished(picture: &Picture<'_>, id: &CacheClusterId) -> Event {
    let text = format!("Finished recovery for cache nodes {CACHE_NODE}");
    Event::of_cluster(picture.scope(), picture.now, id, text)
}

/// Replicas: dead ones are replaced, stopped ones started again, and those that
/// do not answer are killed first.
pub(crate) fn replicas(picture: &Picture<'_>, shard: &Shard) -> Option<Step> {
    let lost_primary = |n: &Node<'_>| shard.failover.as_ref().is_some_and(|f| &f.from == n.id());
    for node in picture.members() {
        // The lost primary is replaced when the failover completes.
        if node.id() == &shard.primary || lost_primary(&node) {
            continue;
        }
        if node.was_stopped() && node.spec.run == RunIntent::Running {
            let step = Step::new("start a stopped replica", picture);
            return Some(step.change(&node, |spec| spec.process += 1));
        }
        if node.exited() {
            let step = Step::new("replace a lost replica", picture);
            return Some(replace(step, picture, &node));
        }
        if node.hung() && node.spec.run == RunIntent::Running {
            let step = Step::new("fence a hung replica", picture);
            return Some(step.change(&node, |spec| spec.run = RunIntent::Fenced));
        }
    }
    None
}

/// A primary that ended and for which nobody can take over starts again in
/// place; its data directory is kept, its history is a new one.
pub(crate) fn primary_in_place(
    picture: &Picture<'_>,
    shard: &Versioned<Shard>,
    entropy: Entropy<'_>,
) -> Option<Step> {
    let primary = picture.nodes.get(&shard.primary)?;
    if !primary.exited() {
        return None;
    }
    let mut after = shard.value.clone();
    after.epoch += 1;
    after.replid = entropy();
    after.replid_before = None;
    after.failover = None;
    let died = primary.died();
    let mut step = Step::new("start the primary in place", picture).put_shard(&after);
    step = step.change(primary, |spec| {
        spec.run = RunIntent::Running;
        spec.process += 1;
        spec.role = RoleSpec::Primary {
            epoch: after.epoch,
            replid: after.replid.clone(),
        };
        if died && spec.available_at.is_some() {
            spec.available_at = None;
            spec.recovering = true;
        }
    });
    if died && primary.spec.available_at.is_some() {
        step = step.event(recovering(picture, primary.id()));
    }
    Some(roles::apply_except(step, picture, &after, primary.id()))
}

/// Automatic failover is off, a replica led while the lost primary was rebuilt:
/// once that one has caught up, it is primary again.
pub(crate) fn hand_back(
    picture: &Picture<'_>,
    shard: &Shard,
    entropy: Entropy<'_>,
) -> Option<Step> {
    let original = shard.rebuild.as_ref()?;
    let rebuilt = picture.nodes.get(original);
    let gone = rebuilt.is_none() || !picture.is_wanted(original);
    let caught_up = rebuilt.is_some_and(|n| n.follows(shard) && n.spec.available_at.is_some());
    if !gone && !caught_up {
        return None;
    }
    let mut after = shard.clone();
    after.rebuild = None;
    if caught_up && original != &shard.primary {
        after.epoch += 1;
        after.replid_before = Some(std::mem::replace(&mut after.replid, entropy()));
        after.primary = original.clone();
    }
    let step = Step::new("hand back to the rebuilt primary", picture).put_shard(&after);
    Some(roles::apply(step, picture, &after))
}
