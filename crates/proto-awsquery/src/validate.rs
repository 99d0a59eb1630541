//! The model's constraints, with AWS's texts.

use crate::shape::{Kind, ListShape, StringShape, StructureShape};
use crate::{ApiError, CommonError, Fault, Value};

/// Members whose error texts use an older name than the model's.
const SPOKEN_NAMES: [(&str, &str); 1] = [("CacheClusterId", "CacheClusterIdentifier")];

/// Checks that required members are there, then lengths, patterns and enumerations.
///
/// A missing member ends the check, as ElastiCache's own validation does; broken
/// constraints are reported together, up to ten.
pub(crate) fn check(shape: &StructureShape, fields: &[Option<Value>]) -> Result<(), ApiError> {
    let mut broken = Vec::new();
    structure(shape, fields, "", &mut broken)?;
    if broken.is_empty() {
        return Ok(());
    }
    broken.truncate(10);
    let plural = if broken.len() == 1 { "" } else { "s" };
    let message = format!(
        "{} validation error{plural} detected: {}",
        broken.len(),
        broken.join("; ")
    );
    Err(CommonError::ValidationError.with(message))
}

fn structure(
    shape: &StructureShape,
    fields: &[Option<Value>],
    path: &str,
    broken: &mut Vec<String>,
) -> Result<(), ApiError> {
    for (member, field) in shape.members.iter().zip(fields) {
        let missing = match field {
            None => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(_) => false,
        };
        if member.required && missing {
            return Err(not_provided(path, member.name, member.kind));
        }
        if let Some(field) = field {
            let path = join(path, &lower_first(member.name));
            value(member.kind, field, &path, broken)?;
        }
    }
    Ok(())
}

fn value(kind: Kind, given: &Value, path: &str, broken: &mut Vec<String>) -> Result<(), ApiError> {
    match (kind, given) {
        (Kind::String(shape), Value::String(text)) => {
            string(shape, text, path, broken);
            Ok(())
        }
        (Kind::List(shape), Value::List(elements)) => list(shape, elements, path, broken),
        (Kind::Structure(shape), Value::Structure(fields)) => {
            structure(shape, fields, path, broken)
        }
        _ => Ok(()),
    }
}

fn list(
    shape: &ListShape,
    elements: &[Value],
    path: &str,
    broken: &mut Vec<String>,
) -> Result<(), ApiError> {
    let count = elements.len() as u64;
    let mut refuse = |constraint: String| {
        broken.push(format!(
            "Value at '{path}' failed to satisfy constraint: Member must have length {constraint}"
        ));
    };
    if let Some(min) = shape.min.filter(|min| count < *min) {
        refuse(format!("greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| count > *max) {
        refuse(format!("less than or equal to {max}"));
    }
    for (index, element) in elements.iter().enumerate() {
        value(
            shape.kind,
            element,
            &format!("{path}.{}.member", index + 1),
            broken,
        )?;
    }
    Ok(())
}

fn string(shape: &StringShape, text: &str, path: &str, broken: &mut Vec<String>) {
    let length = text.chars().count() as u64;
    let mut refuse = |constraint: String| {
        // A long value is cut: an answer should not be a means to make a long one.
        let shown: String = text.chars().take(256).collect();
        broken.push(format!(
            "Value '{shown}' at '{path}' failed to satisfy constraint: Member must {constraint}"
        ));
    };
    if let Some(min) = shape.min.filter(|min| length < *min) {
        refuse(format!("have length greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| length > *max) {
        refuse(format!("have length less than or equal to {max}"));
    }
    if let Some(pattern) = shape.pattern.filter(|pattern| !pattern.matches(text)) {
        refuse(format!(
            "satisfy regular expression pattern: {}",
            pattern.regex()
        ));
    }
    if !shape.values.is_empty() && !shape.values.contains(&text) {
        refuse(format!(
            "satisfy enum value set: [{}]",
            shape.values.join(", ")
        ));
    }
}

fn not_provided(path: &str, name: &str, kind: Kind) -> ApiError {
    let spoken = SPOKEN_NAMES
        .iter()
        .find(|(model, _)| *model == name)
        .map_or(name, |(_, spoken)| spoken);
    let state = if matches!(kind, Kind::String(_)) {
        "blank"
    } else {
        "null"
    };
    let at = join(path, spoken);
    Fault::InvalidParameterValue.with(format!(
        "The parameter {at} must be provided and must not be {state}."
    ))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The constraint texts spell members with a small first letter.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use crate::Form;
    use crate::decode::decode;
    use crate::types::{
        CreateCacheClusterMessage, CreateReplicationGroupMessage, CreateUserGroupMessage,
        DescribeServiceUpdatesMessage, IncreaseReplicaCountMessage,
    };
    use crate::value::Structure;

    fn refusal<T: Structure + std::fmt::Debug>(body: &str) -> (String, u16, String) {
        let error = decode::<T>(&Form::parse(body.as_bytes())).expect_err(body);
        (error.code.into_owned(), error.status, error.message)
    }

    #[test]
    fn a_missing_member_is_named() {
        let (code, status, message) = refusal::<CreateCacheClusterMessage>("Engine=redis");
        assert_eq!((&*code, status), ("InvalidParameterValue", 400));
        assert_eq!(
            message,
            "The parameter CacheClusterIdentifier must be provided and must not be blank."
        );
        let (_, _, message) = refusal::<CreateReplicationGroupMessage>("ReplicationGroupId=a");
        assert_eq!(
            message,
            "The parameter ReplicationGroupDescription must be provided and must not be blank."
        );
        let (_, _, message) = refusal::<IncreaseReplicaCountMessage>("ReplicationGroupId=a");
        assert_eq!(
            message,
            "The parameter ApplyImmediately must be provided and must not be null."
        );
    }

    #[test]
    fn broken_constraints_are_reported_together() {
        let (code, _, message) = refusal::<CreateReplicationGroupMessage>(
            "ReplicationGroupId=a&ReplicationGroupDescription=d&NetworkType=ipv5\
             &NodeGroupConfiguration.NodeGroupConfiguration.1.NodeGroupId=00001",
        );
        assert_eq!(code, "ValidationError");
        assert_eq!(
            message,
            "2 validation errors detected: Value '00001' at 'nodeGroupConfiguration.1.member.nodeGroupId' failed to \
             satisfy constraint: Member must have length less than or equal to 4; Value 'ipv5' at 'networkType' failed \
             to satisfy constraint: Member must satisfy enum value set: [ipv4, ipv6, dual_stack]"
        );
    }

    #[test]
    fn patterns_and_list_lengths_are_checked() {
        let body = "UserGroupId=g&Engine=redis&UserIds.member.1=1a";
        let (_, _, message) = refusal::<CreateUserGroupMessage>(body);
        assert_eq!(
            message,
            "1 validation error detected: Value '1a' at 'userIds.1.member' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z][a-zA-Z0-9\\-]*"
        );
        let (_, _, message) =
            refusal::<CreateUserGroupMessage>("UserGroupId=g&Engine=redis&UserIds=");
        assert!(message.contains("Value at 'userIds' failed"), "{message}");
        let statuses: String = (1..5)
            .map(|n| format!("ServiceUpdateStatus.member.{n}=available&"))
            .collect();
        let (_, _, message) = refusal::<DescribeServiceUpdatesMessage>(&statuses);
        assert!(
            message.ends_with("Member must have length less than or equal to 3"),
            "{message}"
        );
    }
}
