//! One step: a single transaction that is carried out only if the picture it
//! was planned on still holds. A crash falls between two steps, never into one.

use control_model::keys::Keyed;
use control_model::{Event, NodeSpec, Shard, Versioned};
use control_store::{Txn, TxnExt};

use crate::picture::{Node, Picture};

/// The next thing to do about one shard.
#[derive(Debug)]
pub(crate) struct Step {
    /// For the log.
    pub(crate) name: &'static str,
    txn: Txn,
    events: Vec<Event>,
}

impl Step {
    /// A step that holds only while the intent and the shard record stay as they are.
    pub(crate) fn new(name: &'static str, picture: &Picture<'_>) -> Self {
        let mut txn = Txn::new().when(picture.wanted.key.as_str(), picture.wanted.revision);
        txn = match picture.shard {
            Some(shard) => txn.when(shard.value.key(), shard.revision),
            None => txn.when_absent(control_model::keys::shard(
                picture.scope(),
                &picture.wanted.owner,
                &control_model::ShardId::first(),
            )),
        };
        Self {
            name,
            txn,
            events: Vec::new(),
        }
    }

    /// Writes the shard record; [`Step::new`] has compared it already.
    pub(crate) fn put_shard(mut self, shard: &Shard) -> Self {
        self.txn = self.txn.put_json(shard.key(), shard);
        self
    }

    /// Writes a record that must not exist yet.
    pub(crate) fn create<T: Keyed>(mut self, record: &T) -> Self {
        self.txn = self
            .txn
            .when_absent(record.key())
            .put_json(record.key(), record);
        self
    }

    /// Changes a node's assignment.
    pub(crate) fn change(mut self, node: &Node<'_>, change: impl FnOnce(&mut NodeSpec)) -> Self {
        let mut spec = node.spec.value.clone();
        change(&mut spec);
        self.txn = self
            .txn
            .when(spec.key(), node.spec.revision)
            .put_json(spec.key(), &spec);
        self
    }

    /// Deletes a record as read.
    pub(crate) fn remove<T: Keyed>(mut self, record: &Versioned<T>) -> Self {
        let key = record.value.key();
        self.txn = self.txn.when(key.as_str(), record.revision).delete(key);
        self
    }

    /// Deletes whatever stands under the key.
    pub(crate) fn delete(mut self, key: String) -> Self {
        self.txn = self.txn.delete(key);
        self
    }

    pub(crate) fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// The transaction, events included in the order they were added.
    pub(crate) fn into_txn(self) -> Txn {
        let events = Event::in_order(self.events);
        events
            .iter()
            .fold(self.txn, |txn, event| txn.put_json(event.key(), event))
    }
}
