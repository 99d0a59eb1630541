//! Where each record stands in the store. One module, so that the whole layout
//! is seen at a glance:
//!
//! ```text
//! scope/<account>/<region>/generation             raised by every API change of the scope
//! scope/<account>/<region>/group/<rg>             ReplicationGroup   intent, by the API
//! scope/<account>/<region>/cluster/<id>           CacheCluster       intent, by the API
//! scope/<account>/<region>/shard/<owner>/<shard>  Shard              by reconcilers
//! scope/<account>/<region>/endpoint/<owner>/<kind>  Endpoint         by reconcilers
//! scope/<account>/<region>/address/<owner>/<kind>   EndpointAddress  by the agent
//! scope/<account>/<region>/node/<cluster id>      NodeSpec           by reconcilers
//! scope/<account>/<region>/seen/<cluster id>      NodeObserved       by the agent
//! event/<account>/<region>/<ms>-<order>-<source>  Event
//! host/<host>                                     Host               by the agent, under its lease
//! credential/<access key id>                      AccessKey
//! ```
//!
//! `<owner>` is `group/<rg>` or `cluster/<id>`. No part holds a slash.

use crate::cache_cluster::CacheCluster;
use crate::endpoint::{Endpoint, EndpointAddress, EndpointId};
use crate::event::Event;
use crate::ids::{CacheClusterId, HostId, Owner, ReplicationGroupId, Scope, ShardId};
use crate::node::{NodeObserved, NodeSpec};
use crate::replication_group::ReplicationGroup;
use crate::shard::Shard;
use crate::time::Timestamp;

/// Everything of every scope.
pub const ALL_SCOPES: &str = "scope/";
/// Every host.
pub const ALL_HOSTS: &str = "host/";
/// Every event of every scope.
pub const ALL_EVENTS: &str = "event/";
/// Every access key.
pub const ALL_CREDENTIALS: &str = "credential/";

/// Prefix of all records of one scope, events apart.
pub fn scope(scope: &Scope) -> String {
    format!("{ALL_SCOPES}{scope}/")
}

/// Compared and raised by every API change of a scope, so that two calls cannot
/// both act on the same picture.
pub fn generation(s: &Scope) -> String {
    format!("{}generation", scope(s))
}

pub fn group(s: &Scope, id: &ReplicationGroupId) -> String {
    format!("{}group/{id}", scope(s))
}

pub fn cluster(s: &Scope, id: &CacheClusterId) -> String {
    format!("{}cluster/{id}", scope(s))
}

pub fn shard(s: &Scope, owner: &Owner, id: &ShardId) -> String {
    format!("{}shard/{owner}/{id}", scope(s))
}

pub fn endpoint(s: &Scope, id: &EndpointId) -> String {
    format!("{}endpoint/{id}", scope(s))
}

pub fn address(s: &Scope, id: &EndpointId) -> String {
    format!("{}address/{id}", scope(s))
}

pub fn node(s: &Scope, id: &CacheClusterId) -> String {
    format!("{}node/{id}", scope(s))
}

pub fn seen(s: &Scope, id: &CacheClusterId) -> String {
    format!("{}seen/{id}", scope(s))
}

/// Prefix of a scope's events; their keys sort by time.
pub fn events(s: &Scope) -> String {
    format!("{ALL_EVENTS}{s}/")
}

/// The first key an event of this time could have: where a listing by time begins.
pub fn events_from(s: &Scope, at: Timestamp) -> String {
    format!("{}{:015}", events(s), at.0)
}

pub fn host(id: &HostId) -> String {
    format!("{ALL_HOSTS}{id}")
}

pub fn credential(access_key_id: &str) -> String {
    format!("{ALL_CREDENTIALS}{access_key_id}")
}

/// A record that knows its own key.
pub trait Keyed: serde::Serialize + serde::de::DeserializeOwned {
    fn key(&self) -> String;
}

macro_rules! keyed {
    ($type:ty, $self:ident => $key:expr) => {
        impl Keyed for $type {
            fn key(&$self) -> String {
                $key
            }
        }
    };
}

keyed!(ReplicationGroup, self => group(&self.scope, &self.id));
keyed!(CacheCluster, self => cluster(&self.scope, &self.id));
keyed!(Shard, self => shard(&self.scope, &self.owner, &self.id));
keyed!(Endpoint, self => endpoint(&self.scope, &self.id));
keyed!(EndpointAddress, self => address(&self.scope, &self.id));
keyed!(NodeSpec, self => node(&self.scope, &self.cluster));
keyed!(NodeObserved, self => seen(&self.scope, &self.cluster));
keyed!(crate::node::Host, self => host(&self.id));
keyed!(crate::credential::AccessKey, self => credential(&self.id));
keyed!(Event, self => format!(
    "{}-{:03}-{}-{}",
    events_from(&self.scope, self.at),
    self.order,
    self.source.as_str(),
    self.source_id,
));
