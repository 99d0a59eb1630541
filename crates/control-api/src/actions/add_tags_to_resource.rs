//! AddTagsToResource: tags of a cluster, or of a group and with it its members.

use control_model::ScopeView;
use proto_awsquery::ApiError;
use proto_awsquery::types::{AddTagsToResourceMessage, TagListMessage};

use crate::call::Call;
use crate::tags;

pub(crate) async fn run(
    call: &Call,
    input: AddTagsToResourceMessage,
) -> Result<TagListMessage, ApiError> {
    let arn = input.resource_name.unwrap_or_default();
    let given = input.tags.as_deref();
    let decide = |view: &ScopeView| {
        tags::edit(view, &arn, |held| tags::add(held, given)).map(|(change, _)| change)
    };
    let view = call.change(decide).await?;
    tags::of_resource(&view, &arn).map(tags::message)
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    const GROUP: &str =
        "ResourceName=arn:aws:elasticache:us-east-1:123456789012:replicationgroup:demo";
    const MEMBER: &str = "ResourceName=arn:aws:elasticache:us-east-1:123456789012:cluster:demo-001";

    #[tokio::test]
    async fn a_groups_tags_reach_its_members_but_not_the_other_way() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer(
                "AddTagsToResource",
                &format!("{GROUP}&Tags.Tag.1.Key=a&Tags.Tag.1.Value=1"),
            )
            .await;
        assert!(
            answer.contains("<TagList><Tag><Key>a</Key><Value>1</Value></Tag></TagList>"),
            "{answer}"
        );
        api.answer(
            "AddTagsToResource",
            &format!("{MEMBER}&Tags.member.1.Key=b&Tags.member.1.Value=2"),
        )
        .await;
        let member = api.answer("ListTagsForResource", MEMBER).await;
        assert!(
            member.contains("<Key>a</Key>") && member.contains("<Key>b</Key>"),
            "{member}"
        );
        let group = api.answer("ListTagsForResource", GROUP).await;
        assert!(!group.contains("<Key>b</Key>"), "{group}");
        assert!(
            api.answer("DescribeReplicationGroups", "")
                .await
                .contains("<Status>available</Status>")
        );
    }

    #[tokio::test]
    async fn only_available_resources_have_tags() {
        let api = Api::start().await;
        let create =
            "ReplicationGroupId=demo&ReplicationGroupDescription=d&CacheNodeType=cache.t4g.small";
        api.answer("CreateReplicationGroup", create).await;
        let early = api
            .refusal(
                "AddTagsToResource",
                &format!("{GROUP}&Tags.Tag.1.Key=a&Tags.Tag.1.Value=1"),
            )
            .await;
        early.is(
            400,
            "InvalidReplicationGroupState",
            "Cluster not in available state to perform tagging operations.",
        );
        let none = api
            .refusal("AddTagsToResource", &format!("{MEMBER}9&Tags.Tag.1.Key=a"))
            .await;
        assert_eq!((&*none.code, none.status), ("CacheClusterNotFound", 404));
        let bad = api
            .refusal("AddTagsToResource", "ResourceName=demo&Tags.Tag.1.Key=a")
            .await;
        bad.is(
            400,
            "InvalidARN",
            "Input ARN string does not have 7 components.",
        );
    }
}
