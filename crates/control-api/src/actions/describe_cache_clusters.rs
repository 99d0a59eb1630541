//! DescribeCacheClusters: one cluster, or all of them in order of their ids.

use control_model::ClusterView;
use control_model::view::Place;
use proto_awsquery::ApiError;
use proto_awsquery::types::{CacheClusterMessage, DescribeCacheClustersMessage};

use crate::call::Call;
use crate::{describe, identifiers, pagination};

pub(crate) async fn run(
    call: &Call,
    input: DescribeCacheClustersMessage,
) -> Result<CacheClusterMessage, ApiError> {
    let view = call.view().await?;
    let found: Vec<ClusterView<'_>> = match input.cache_cluster_id.as_deref() {
        Some(id) => vec![identifiers::find_cluster(&view, id)?],
        None => view
            .cluster_ids()
            .iter()
            .filter_map(|id| view.cluster(id))
            .collect(),
    };
    let lone_only = input.show_cache_clusters_not_in_replication_groups == Some(true);
    let shown = found
        .into_iter()
        .filter(|cluster| !lone_only || matches!(cluster.place, Place::Alone(_)))
        .collect();
    let key = |cluster: &ClusterView<'_>| cluster.id.to_string();
    let (told, marker) = pagination::page(shown, key, input.max_records, input.marker.as_deref())?;
    let with_node = input.show_cache_node_info == Some(true);
    let clusters = told
        .iter()
        .map(|cluster| describe::cluster(cluster, with_node))
        .collect();
    Ok(CacheClusterMessage {
        marker,
        cache_clusters: Some(clusters),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn members_and_lone_clusters_are_told_and_told_apart() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        api.answer(
            "CreateCacheCluster",
            "CacheClusterId=one&CacheNodeType=cache.t4g.small&Engine=redis",
        )
        .await;
        let all = api.answer("DescribeCacheClusters", "").await;
        assert_eq!(all.matches("<CacheCluster>").count(), 3, "{all}");
        assert!(
            !all.contains("<CacheNodes>"),
            "nodes are told only when asked for"
        );
        let lone = api
            .answer(
                "DescribeCacheClusters",
                "ShowCacheClustersNotInReplicationGroups=true",
            )
            .await;
        assert_eq!(lone.matches("<CacheCluster>").count(), 1, "{lone}");
        assert!(
            lone.contains("<CacheClusterId>one</CacheClusterId>"),
            "{lone}"
        );
    }

    #[tokio::test]
    async fn a_members_node_has_its_endpoint() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer(
                "DescribeCacheClusters",
                "CacheClusterId=demo-002&ShowCacheNodeInfo=true",
            )
            .await;
        for part in [
            "<CacheNodeId>0001</CacheNodeId><CacheNodeStatus>available</CacheNodeStatus>",
            "<Endpoint><Address>127.0.1.2</Address><Port>6379</Port></Endpoint>",
            "<CustomerAvailabilityZone>us-east-1b</CustomerAvailabilityZone>",
            "<ReplicationGroupId>demo</ReplicationGroupId>",
            "<ARN>arn:aws:elasticache:us-east-1:123456789012:cluster:demo-002</ARN>",
        ] {
            assert!(answer.contains(part), "{part} in {answer}");
        }
    }

    #[tokio::test]
    async fn an_unknown_cluster_is_not_found() {
        let api = Api::start().await;
        let refusal = api
            .refusal("DescribeCacheClusters", "CacheClusterId=None")
            .await;
        refusal.is(404, "CacheClusterNotFound", "CacheCluster not found: None");
        let bad = api
            .refusal("DescribeCacheClusters", "CacheClusterId=fake_cluster")
            .await;
        bad.is(
            400,
            "InvalidParameterValue",
            "The parameter CacheClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; \
             must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two \
             consecutive hyphens.",
        );
    }
}
