//! Identifiers as requests give them, with ElastiCache's texts for bad ones.

use control_model::{
    CacheClusterId, ClusterView, GroupView, ReplicationGroupId, ScopeView, ShardId,
};
use proto_awsquery::{ApiError, Fault};

/// An id for a new cache cluster.
pub(crate) fn new_cluster_id(text: &str) -> Result<CacheClusterId, ApiError> {
    CacheClusterId::parse(text).map_err(|_| not_an_identifier("CacheClusterIdentifier", text, 50))
}

/// An id for a new replication group.
pub(crate) fn new_group_id(text: &str) -> Result<ReplicationGroupId, ApiError> {
    ReplicationGroupId::parse(text).map_err(|_| not_an_identifier("ReplicationGroupId", text, 40))
}

fn not_an_identifier(parameter: &str, text: &str, length_max: usize) -> ApiError {
    if text.len() > length_max && text.is_ascii() {
        return Fault::InvalidParameterValue.with(format!(
            "The parameter {parameter} must be at most {length_max} characters long."
        ));
    }
    Fault::InvalidParameterValue.with(format!(
        "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only \
         ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    ))
}

/// The group of this id, in any case of letters.
pub(crate) fn find_group<'a>(view: &'a ScopeView, text: &str) -> Result<GroupView<'a>, ApiError> {
    ReplicationGroupId::parse(text)
        .ok()
        .and_then(|id| view.group(&id))
        .ok_or_else(|| {
            Fault::ReplicationGroupNotFound
                .with(format!("ReplicationGroup {} not found.", shown(text)))
        })
}

/// The cache cluster of this id, in any case of letters: alone or member of a group.
pub(crate) fn find_cluster<'a>(
    view: &'a ScopeView,
    text: &str,
) -> Result<ClusterView<'a>, ApiError> {
    let id = new_cluster_id(text)?;
    view.cluster(&id).ok_or_else(|| {
        Fault::CacheClusterNotFound.with(format!("CacheCluster not found: {}", shown(text)))
    })
}

/// The node group of this id, which with cluster mode disabled is `0001`.
pub(crate) fn find_shard(group: &GroupView<'_>, text: &str) -> Result<ShardId, ApiError> {
    match ShardId::parse(text) {
        Ok(shard) if shard == ShardId::first() => Ok(shard),
        _ => Err(Fault::NodeGroupNotFound.with(format!(
            "Node group {} not found in replication group {}.",
            shown(text),
            group.intent.id
        ))),
    }
}

/// As much of a caller's text as an answer repeats.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}
