//! A new primary. Each step is one transaction; in order:
//!
//! 1. *begin*: a loss (or a test) is recorded, a living old primary is to be killed;
//! 2. *promote*, once the old process is known to be dead: choose, raise the
//!    epoch, give everyone their new role and endpoints;
//! 3. *complete*, once the new primary leads and serves: events, and the lost
//!    node's replacement begins.
//!
//! A loss seen as a process's end skips 1, because nothing is left to be fenced.
//! Offsets are compared only after the old primary's death, when they are final.

use control_model::{
    CacheClusterId, EndpointKind, Event, Failover, FailoverCause, Owner, RunIntent, Shard,
    Versioned,
};

use crate::candidate;
use crate::picture::{Node, Picture};
use crate::plan::Entropy;
use crate::recover;
use crate::roles;
use crate::step::Step;

pub(crate) fn step(
    picture: &Picture<'_>,
    shard: &Versioned<Shard>,
    entropy: Entropy<'_>,
) -> Option<Step> {
    if let Some(failover) = &shard.failover
        && failover.to.as_ref() == Some(&shard.primary)
    {
        let done = picture
            .nodes
            .get(&shard.primary)
            .is_some_and(|n| serves(n, shard));
        if done {
            return Some(complete(picture, shard, failover));
        }
    }
    let primary = picture.nodes.get(&shard.primary)?;
    // One that does not answer is given up only for a replica that does: the
    // only copy of the data is not killed for being slow.
    let to = candidate_of(picture, shard)?;
    if primary.exited() {
        return Some(promote(picture, shard, primary, to, entropy));
    }
    if primary.spec.run == RunIntent::Fenced {
        return None;
    }
    let cause = if primary.hung() {
        FailoverCause::Hung
    } else if tested(picture, shard) {
        FailoverCause::Test
    } else if !picture.is_wanted(primary.id()) {
        FailoverCause::Unwanted
    } else {
        return None;
    };
    Some(begin(picture, shard, primary, cause))
}

/// The replica to promote if the primary is lost.
fn candidate_of<'a>(picture: &Picture<'a>, shard: &Shard) -> Option<&'a CacheClusterId> {
    let seen = picture
        .replicas(shard)
        .filter_map(|n| Some((n.id(), n.replication()?)));
    candidate::choose(shard, seen)
}

/// A test failover is asked for and may begin: the group is at rest.
fn tested(picture: &Picture<'_>, shard: &Shard) -> bool {
    picture.wanted.test_failovers > shard.test_failovers_done
        && shard.failover.is_none()
        && shard.automatic_failover
}

fn serves(node: &Node<'_>, shard: &Shard) -> bool {
    let serving = node
        .seen
        .is_some_and(|s| s.serving.contains(&EndpointKind::Primary));
    node.leads(shard) && (serving || shard.rebuild.is_some())
}

fn begin(picture: &Picture<'_>, shard: &Shard, primary: &Node<'_>, cause: FailoverCause) -> Step {
    let mut after = shard.clone();
    after.failover = Some(failover_from(picture, primary, cause));
    if cause == FailoverCause::Test {
        after.test_failovers_done = picture.wanted.test_failovers;
    }
    Step::new("begin failover: fence the primary", picture)
        .put_shard(&after)
        .change(primary, |spec| spec.run = RunIntent::Fenced)
}

fn failover_from(picture: &Picture<'_>, primary: &Node<'_>, cause: FailoverCause) -> Failover {
    Failover {
        cause,
        from: primary.id().clone(),
        from_process: primary.spec.process,
        to: None,
        began_at: picture.now,
    }
}

fn promote(
    picture: &Picture<'_>,
    shard: &Shard,
    primary: &Node<'_>,
    to: &CacheClusterId,
    entropy: Entropy<'_>,
) -> Step {
    let mut after = shard.clone();
    let begun = shard.failover.clone().filter(|f| &f.from == primary.id());
    let begun = begun.unwrap_or_else(|| failover_from(picture, primary, FailoverCause::Died));
    after.failover = Some(Failover {
        to: Some(to.clone()),
        ..begun
    });
    after.epoch += 1;
    after.primary = to.clone();
    after.replid_before = Some(std::mem::replace(&mut after.replid, entropy()));
    after.standby = None;
    let armed = shard.automatic_failover || picture.wanted.automatic_failover;
    if !armed && shard.rebuild.is_none() && picture.is_wanted(primary.id()) {
        after.rebuild = Some(primary.id().clone());
    }
    if after.rebuild.as_ref() == Some(to) {
        after.rebuild = None;
    }
    let step = Step::new("promote a replica", picture).put_shard(&after);
    roles::apply(step, picture, &after)
}

fn complete(picture: &Picture<'_>, shard: &Shard, failover: &Failover) -> Step {
    let mut after = shard.clone();
    after.failover = None;
    let mut step = Step::new("complete failover", picture).put_shard(&after);
    let announced = shard.rebuild.is_none();
    if let (Owner::Group(group), true) = (&picture.wanted.owner, announced) {
        let text = format!(
            "Failover from primary node {} to replica node {} completed",
            failover.from, shard.primary
        );
        let (scope, now) = (picture.scope(), picture.now);
        step = step
            .event(Event::of_cluster(scope, now, &failover.from, text.as_str()))
            .event(Event::of_group(scope, now, group, text));
    }
    match picture.nodes.get(&failover.from) {
        Some(lost) if picture.is_wanted(lost.id()) && lost.exited() => {
            recover::replace(step, picture, lost)
        }
        _ => step,
    }
}
