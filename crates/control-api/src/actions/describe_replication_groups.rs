//! DescribeReplicationGroups: one group, or all of them in order of their ids.

use proto_awsquery::ApiError;
use proto_awsquery::types::{DescribeReplicationGroupsMessage, ReplicationGroupMessage};

use crate::call::Call;
use crate::{describe, identifiers, pagination};

pub(crate) async fn run(
    call: &Call,
    input: DescribeReplicationGroupsMessage,
) -> Result<ReplicationGroupMessage, ApiError> {
    let view = call.view().await?;
    let found = match input.replication_group_id.as_deref() {
        Some(id) => vec![identifiers::find_group(&view, id)?],
        None => view.groups.keys().filter_map(|id| view.group(id)).collect(),
    };
    let key = |group: &control_model::GroupView<'_>| group.intent.id.to_string();
    let (told, marker) = pagination::page(found, key, input.max_records, input.marker.as_deref())?;
    Ok(ReplicationGroupMessage {
        marker,
        replication_groups: Some(told.iter().map(describe::group).collect()),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::Api;

    #[tokio::test]
    async fn an_available_group_tells_its_endpoints_and_roles() {
        let api = Api::start().await;
        api.group("demo", 2).await;
        let answer = api
            .answer("DescribeReplicationGroups", "ReplicationGroupId=DEMO")
            .await;
        for part in [
            "<Status>available</Status>",
            "<AutomaticFailover>enabled</AutomaticFailover>",
            "<PrimaryEndpoint><Address>127.0.0.2</Address><Port>6379</Port></PrimaryEndpoint>",
            "<ReaderEndpoint><Address>127.0.0.3</Address><Port>6379</Port></ReaderEndpoint>",
            "<CurrentRole>primary</CurrentRole>",
            "<CurrentRole>replica</CurrentRole>",
            "<ReadEndpoint><Address>127.0.1.2</Address><Port>6379</Port></ReadEndpoint>",
        ] {
            assert!(answer.contains(part), "{part} in {answer}");
        }
        assert!(
            !answer.contains("ConfigurationEndpoint"),
            "cluster mode is disabled"
        );
    }

    #[tokio::test]
    async fn an_unknown_group_is_not_found() {
        let api = Api::start().await;
        let refusal = api
            .refusal("DescribeReplicationGroups", "ReplicationGroupId=none")
            .await;
        refusal.is(
            404,
            "ReplicationGroupNotFoundFault",
            "ReplicationGroup none not found.",
        );
        let empty = api.answer("DescribeReplicationGroups", "").await;
        assert!(
            empty.contains("<ReplicationGroups></ReplicationGroups>"),
            "{empty}"
        );
    }

    #[tokio::test]
    async fn groups_come_in_pages() {
        let api = Api::start().await;
        for n in 0..21 {
            api.group(&format!("g{n:02}"), 1).await;
        }
        let first = api
            .answer("DescribeReplicationGroups", "MaxRecords=20")
            .await;
        let marker = first
            .split_once("<Marker>")
            .and_then(|(_, rest)| rest.split_once("</Marker>"))
            .expect("a marker")
            .0;
        assert!(first.contains(">g19<") && !first.contains(">g20<"));
        let second = api
            .answer(
                "DescribeReplicationGroups",
                &format!("MaxRecords=20&Marker={marker}"),
            )
            .await;
        assert!(
            second.contains(">g20<") && !second.contains(">g19<") && !second.contains("<Marker>")
        );
    }
}
