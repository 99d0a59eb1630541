//! Form to struct, along the shape table, with the model's constraints checked.

use crate::form::{Form, Node};
use crate::shape::{Kind, ListShape, StructureShape};
use crate::value::{Structure, Value};
use crate::{ApiError, CommonError, Timestamp, validate};

/// Reads a request's parameters and checks them against the model's constraints.
pub fn decode<T: Structure>(form: &Form) -> Result<T, ApiError> {
    let fields = fields(T::SHAPE, form)?;
    validate::check(T::SHAPE, &fields)?;
    Ok(T::from_fields(fields))
}

/// Reads a request's parameters without checking constraints. Names that the shape
/// does not know are passed over, as AWS does.
pub fn fields(shape: &StructureShape, form: &Form) -> Result<Vec<Option<Value>>, ApiError> {
    structure(shape, form.root())
}

fn structure(shape: &StructureShape, node: &Node) -> Result<Vec<Option<Value>>, ApiError> {
    shape
        .members
        .iter()
        .map(|member| match node.child(member.name) {
            Some(child) => value(member.kind, child, member.name).map(Some),
            None => Ok(None),
        })
        .collect()
}

fn value(kind: Kind, node: &Node, name: &str) -> Result<Value, ApiError> {
    match kind {
        Kind::List(shape) => list(shape, node, name).map(Value::List),
        Kind::Structure(shape) => match &node.value {
            Some(text) if !text.is_empty() => Err(malformed(
                "Unexpected simple value where a structure is expected",
            )),
            _ => structure(shape, node).map(Value::Structure),
        },
        _ if !node.children.is_empty() => Err(malformed("Start of list found where not expected")),
        scalar => scalar_value(scalar, node.value.as_deref().unwrap_or(""), name),
    }
}

fn scalar_value(kind: Kind, text: &str, name: &str) -> Result<Value, ApiError> {
    let refuse = |what: &str| {
        malformed(format!(
            "Invalid {what} value '{}' for {name}",
            shortened(text)
        ))
    };
    match kind {
        Kind::Boolean if text.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
        Kind::Boolean => Err(refuse("boolean")),
        Kind::Integer => text
            .parse()
            .map(Value::Integer)
            .map_err(|_| refuse("integer")),
        Kind::Double => text
            .parse()
            .map(Value::Double)
            .map_err(|_| refuse("double")),
        Kind::Timestamp => Timestamp::parse(text)
            .map(Value::Timestamp)
            .ok_or_else(|| malformed("timestamp must follow ISO8601")),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// A list comes as `X.member.N` or as `X.ElementName.N`; SDKs send the model's form,
/// the developer guide shows the other. Order is by N, and gaps close. An empty list
/// comes as `X=`.
fn list(shape: &ListShape, node: &Node, name: &str) -> Result<Vec<Value>, ApiError> {
    if node.value.as_deref().is_some_and(|text| !text.is_empty()) {
        return Err(malformed(
            "Unexpected simple value where a list is expected",
        ));
    }
    let mut elements = Vec::new();
    let spellings = ["member", shape.element];
    let spellings = if shape.element == "member" {
        &spellings[..1]
    } else {
        &spellings[..]
    };
    for numbered in spellings.iter().filter_map(|spelling| node.child(spelling)) {
        for (index, child) in &numbered.children {
            let Ok(index) = index.parse::<u32>() else {
                return Err(malformed(format!(
                    "Invalid list index '{}' in {name}",
                    shortened(index)
                )));
            };
            elements.push((index, value(shape.kind, child, name)?));
        }
    }
    elements.sort_by_key(|(index, _)| *index);
    Ok(elements.into_iter().map(|(_, value)| value).collect())
}

fn malformed(message: impl Into<String>) -> ApiError {
    CommonError::MalformedInput.with(message)
}

/// As much of a value as an error text repeats.
fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::types::{
        AddTagsToResourceMessage, CreateReplicationGroupMessage, DescribeEventsMessage,
        IncreaseReplicaCountMessage, ModifyReplicationGroupShardConfigurationMessage,
    };

    fn read<T: Structure>(body: &str) -> Result<T, ApiError> {
        decode(&Form::parse(body.as_bytes()))
    }

    #[test]
    fn reads_scalars_lists_and_structures() {
        let input: CreateReplicationGroupMessage = read(
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&AutomaticFailoverEnabled=true&NumCacheClusters=3\
             &PreferredCacheClusterAZs.AvailabilityZone.2=b&PreferredCacheClusterAZs.AvailabilityZone.1=a\
             &PreferredCacheClusterAZs.AvailabilityZone.10=c\
             &Tags.Tag.1.Key=k&Tags.Tag.1.Value=&SecurityGroupIds=",
        )
        .expect("a good request");
        assert_eq!(input.replication_group_id.as_deref(), Some("rg"));
        assert_eq!(input.automatic_failover_enabled, Some(true));
        assert_eq!(input.num_cache_clusters, Some(3));
        assert_eq!(
            input.preferred_cache_cluster_azs,
            Some(vec!["a".into(), "b".into(), "c".into()])
        );
        let tags = input.tags.expect("tags");
        assert_eq!(
            (tags[0].key.as_deref(), tags[0].value.as_deref()),
            (Some("k"), Some(""))
        );
        assert_eq!(
            input.security_group_ids,
            Some(vec![]),
            "X= is an empty list"
        );
        assert_eq!(input.snapshot_arns, None);
    }

    #[test]
    fn reads_both_spellings_of_a_named_list() {
        for spelling in ["NodeGroupToRemove", "member"] {
            let input: ModifyReplicationGroupShardConfigurationMessage = read(&format!(
                "ReplicationGroupId=rg&NodeGroupCount=1&ApplyImmediately=true&NodeGroupsToRemove.{spelling}.1=0002"
            ))
            .expect("a good request");
            assert_eq!(input.node_groups_to_remove, Some(vec!["0002".into()]));
        }
    }

    #[test]
    fn reads_lists_in_structures_in_lists() {
        let input: IncreaseReplicaCountMessage = read(
            "ReplicationGroupId=rg&ApplyImmediately=true&ReplicaConfiguration.ConfigureShard.1.NodeGroupId=0001\
             &ReplicaConfiguration.ConfigureShard.1.NewReplicaCount=2\
             &ReplicaConfiguration.ConfigureShard.1.PreferredAvailabilityZones.PreferredAvailabilityZone.1=a",
        )
        .expect("a good request");
        let shard = &input.replica_configuration.expect("a configuration")[0];
        assert_eq!(shard.new_replica_count, Some(2));
        assert_eq!(shard.preferred_availability_zones, Some(vec!["a".into()]));
    }

    #[test]
    fn refuses_what_cannot_be_read() {
        for body in [
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&AutomaticFailoverEnabled=yes",
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&NumCacheClusters=two",
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&NumCacheClusters=99999999999",
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&Tags=x",
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&Tags.Tag.one.Key=x",
            "ReplicationGroupId=rg&ReplicationGroupDescription=d&Tags.Tag.1=x",
            "ReplicationGroupId.member.1=rg&ReplicationGroupDescription=d",
        ] {
            let error = read::<CreateReplicationGroupMessage>(body).expect_err(body);
            assert_eq!(
                (&*error.code, error.status),
                ("MalformedInput", 400),
                "{body}"
            );
        }
        let error = read::<DescribeEventsMessage>("StartTime=tomorrow").expect_err("not a time");
        assert_eq!(error.message, "timestamp must follow ISO8601");
    }

    proptest! {
        /// Whatever bytes arrive, reading them ends in a struct or in an error.
        #[test]
        fn no_input_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<AddTagsToResourceMessage>(&Form::parse(&body));
        }

        #[test]
        fn no_name_panics(names in proptest::collection::vec("(Tags|Tag|member|[0-9]{1,12}|Key|ResourceName|=|&|\\.){1,8}", 0..8)) {
            let _ = decode::<AddTagsToResourceMessage>(&Form::parse(names.join("&").as_bytes()));
        }
    }
}
