//! ListTagsForResource: the tags of a cluster or a group.

use proto_awsquery::ApiError;
use proto_awsquery::types::{ListTagsForResourceMessage, TagListMessage};

use crate::call::Call;
use crate::tags;

pub(crate) async fn run(
    call: &Call,
    input: ListTagsForResourceMessage,
) -> Result<TagListMessage, ApiError> {
    let view = call.view().await?;
    tags::of_resource(&view, &input.resource_name.unwrap_or_default()).map(tags::message)
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn tags_given_at_creation_are_listed() {
        let api = Api::start().await;
        let body = "CacheClusterId=one&CacheNodeType=cache.t4g.small&Tags.Tag.1.Key=b&Tags.Tag.1.Value=2\
                    &Tags.Tag.2.Key=a&Tags.Tag.2.Value=1";
        api.answer("CreateCacheCluster", body).await;
        api.settle_lone("one").await;
        let arn = "ResourceName=arn:aws:elasticache:us-east-1:123456789012:cluster:one";
        let answer = api.answer("ListTagsForResource", arn).await;
        assert!(
            answer.contains("<TagList><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag>"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn resources_that_are_not_there_are_named() {
        let api = Api::start().await;
        for (name, code, status) in [
            ("cluster:none", "CacheClusterNotFound", 404),
            (
                "replicationgroup:none",
                "ReplicationGroupNotFoundFault",
                404,
            ),
            ("snapshot:none", "SnapshotNotFoundFault", 404),
            ("subnetgroup:none", "CacheSubnetGroupNotFoundFault", 400),
        ] {
            let arn = format!("ResourceName=arn:aws:elasticache:us-east-1:123456789012:{name}");
            let refusal = api.refusal("ListTagsForResource", &arn).await;
            assert_eq!((&*refusal.code, refusal.status), (code, status), "{name}");
        }
    }
}
