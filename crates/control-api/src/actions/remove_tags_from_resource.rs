//! RemoveTagsFromResource: takes tags off a cluster, or off a group and its members.

use control_model::ScopeView;
use proto_awsquery::types::{RemoveTagsFromResourceMessage, TagListMessage};
use proto_awsquery::{ApiError, Fault};

use crate::call::Call;
use crate::identifiers::shown;
use crate::tags;

pub(crate) async fn run(
    call: &Call,
    input: RemoveTagsFromResourceMessage,
) -> Result<TagListMessage, ApiError> {
    let arn = input.resource_name.unwrap_or_default();
    let keys = input.tag_keys.unwrap_or_default();
    let decide = |view: &ScopeView| {
        let remove = |held: &mut control_model::Tags| {
            for key in &keys {
                held.remove(key).ok_or_else(|| {
                    Fault::TagNotFound.with(format!(
                        "The tag {} was not found on this resource.",
                        shown(key)
                    ))
                })?;
            }
            Ok(())
        };
        tags::edit(view, &arn, remove).map(|(change, _)| change)
    };
    let view = call.change(decide).await?;
    tags::of_resource(&view, &arn).map(tags::message)
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    const GROUP: &str =
        "ResourceName=arn:aws:elasticache:us-east-1:123456789012:replicationgroup:demo";

    #[tokio::test]
    async fn tags_go_from_the_group_and_its_members() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let two = "Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b&Tags.Tag.2.Value=2";
        api.answer("AddTagsToResource", &format!("{GROUP}&{two}"))
            .await;
        let answer = api
            .answer(
                "RemoveTagsFromResource",
                &format!("{GROUP}&TagKeys.member.1=a"),
            )
            .await;
        assert!(
            answer.contains("<TagList><Tag><Key>b</Key><Value>2</Value></Tag></TagList>"),
            "{answer}"
        );
        let group = api
            .view()
            .await
            .groups
            .values()
            .next()
            .expect("the group")
            .value
            .clone();
        assert!(
            group
                .members
                .iter()
                .all(|member| !member.tags.contains_key("a") && member.tags.contains_key("b"))
        );
    }

    #[tokio::test]
    async fn a_tag_that_is_not_there_is_not_found_and_nothing_goes() {
        let api = Api::start().await;
        api.group("demo", 1).await;
        api.answer(
            "AddTagsToResource",
            &format!("{GROUP}&Tags.Tag.1.Key=a&Tags.Tag.1.Value=1"),
        )
        .await;
        let body = format!("{GROUP}&TagKeys.member.1=a&TagKeys.member.2=b");
        let refusal = api.refusal("RemoveTagsFromResource", &body).await;
        assert_eq!((&*refusal.code, refusal.status), ("TagNotFound", 404));
        assert!(
            api.answer("ListTagsForResource", GROUP)
                .await
                .contains("<Key>a</Key>")
        );
    }
}
