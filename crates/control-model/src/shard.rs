//! The recorded truth about a shard: who is its primary, in which epoch, with
//! which history. Changed only by compare-and-swap, by reconcilers.

use serde::{Deserialize, Serialize};

use crate::ids::{CacheClusterId, Owner, Scope, ShardId};
use crate::time::Timestamp;

/// The record of one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    pub scope: Scope,
    pub owner: Owner,
    pub id: ShardId,
    /// Raised with every change of primary or of history. Nodes obey and
    /// acknowledge only the highest epoch they have heard of.
    pub epoch: u64,
    pub primary: CacheClusterId,
    /// The history id (PSYNC's replication id, 40 hexadecimal digits) that the
    /// primary of this epoch writes under. Offsets compare only within it.
    pub replid: String,
    /// The history that this one continues, while some replica may not have
    /// heard of the change: what such a replica holds is a prefix of it.
    #[serde(default)]
    pub replid_before: Option<String>,
    /// Under durability `sync`: the one replica whose acknowledgement counts.
    #[serde(default)]
    pub standby: Option<CacheClusterId>,
    /// The failover under way, if any.
    #[serde(default)]
    pub failover: Option<Failover>,
    /// Failover is armed: the flag of the intent, once it has been followed.
    #[serde(default)]
    pub automatic_failover: bool,
    /// The intent's generation that the nodes have reached.
    #[serde(default)]
    pub settled_generation: u64,
    /// When all was ready for the first time.
    #[serde(default)]
    pub available_at: Option<Timestamp>,
    /// How many of the asked-for test failovers were carried out.
    #[serde(default)]
    pub test_failovers_done: u64,
    /// Automatic failover is off and the primary was lost: a replica leads, without
    /// serving the primary endpoint, until this node has been rebuilt from it.
    #[serde(default)]
    pub rebuild: Option<CacheClusterId>,
    /// The secret of the hidden user that replication links log in as.
    pub link_secret: String,
}

/// A change of primary that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failover {
    pub cause: FailoverCause,
    pub from: CacheClusterId,
    /// The process that was primary; it must be dead before `to` is set.
    pub from_process: u32,
    /// Set together with the raised epoch.
    #[serde(default)]
    pub to: Option<CacheClusterId>,
    pub began_at: Timestamp,
}

/// Why a primary is being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailoverCause {
    /// Its process ended.
    Died,
    /// It did not answer probes.
    Hung,
    /// TestFailover.
    Test,
    /// It is no longer wanted as a member.
    Unwanted,
}
