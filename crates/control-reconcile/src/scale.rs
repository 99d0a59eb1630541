//! Members that are no longer wanted go.

use control_model::{Event, RunIntent, Shard, Versioned, keys};

use crate::create::node_endpoint;
use crate::picture::{Node, Picture};
use crate::step::Step;

/// Stops unwanted nodes, then removes what is recorded of them. A primary is
/// never removed: the API refuses it, and a member promoted meanwhile stays
/// until another leads.
pub(crate) fn remove(picture: &Picture<'_>, shard: &Versioned<Shard>) -> Option<Step> {
    for node in picture.nodes.values() {
        if picture.is_wanted(node.id()) || node.id() == &shard.primary {
            continue;
        }
        if node.exited() {
            let step = Step::new("remove a node", picture);
            let event = Event::of_cluster(
                picture.scope(),
                picture.now,
                node.id(),
                "Cache cluster deleted",
            );
            return Some(forget(step, picture, node).event(event));
        }
        if node.spec.run == RunIntent::Running {
            let step = Step::new("stop an unwanted node", picture);
            return Some(step.change(node, |spec| {
                spec.run = RunIntent::Stopped;
                spec.serves.clear();
            }));
        }
    }
    None
}

/// Adds to a step the removal of a node's records; its agent then removes the files.
pub(crate) fn forget(step: Step, picture: &Picture<'_>, node: &Node<'_>) -> Step {
    let id = node_endpoint(node.id());
    step.remove(node.spec)
        .delete(keys::endpoint(picture.scope(), &id))
        .delete(keys::address(picture.scope(), &id))
        .delete(keys::seen(picture.scope(), node.id()))
}
