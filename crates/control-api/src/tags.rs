//! Tags: their rules, and where the tags of an ARN are kept.

use control_model::view::Place;
use control_model::{CacheClusterStatus, GroupStatus, ScopeView, Tags};
use proto_awsquery::types::{Tag, TagListMessage};
use proto_awsquery::{ApiError, Fault};

use crate::arn::{self, Resource};
use crate::call::Change;
use crate::identifiers::{find_cluster, find_group, shown};

const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// Adds a request's tags to those a resource has.
pub(crate) fn add(held: &mut Tags, given: Option<&[Tag]>) -> Result<(), ApiError> {
    for tag in given.unwrap_or_default() {
        let key = tag.key.as_deref().unwrap_or_default();
        let value = tag.value.as_deref().unwrap_or_default();
        let refuse = |text: String| Err(Fault::InvalidParameterValue.with(text));
        if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
            return refuse(format!(
                "Tag keys must have 1 to {KEY_CHARS_MAX} characters: {}",
                shown(key)
            ));
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            return refuse(format!(
                "Tag values must have at most {VALUE_CHARS_MAX} characters: {}",
                shown(value)
            ));
        }
        if key
            .get(..4)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
        {
            return refuse(format!(
                "Tag keys that begin with aws: are reserved: {}",
                shown(key)
            ));
        }
        held.insert(key.to_owned(), value.to_owned());
    }
    if held.len() > TAGS_MAX {
        return Err(Fault::TagQuotaPerResourceExceeded.with(format!(
            "The request cannot be processed because it would cause the resource to have more than \
                 {TAGS_MAX} tags."
        )));
    }
    Ok(())
}

/// The tags of the resource an ARN names.
pub(crate) fn of_resource(view: &ScopeView, arn: &str) -> Result<Tags, ApiError> {
    match available(view, arn)? {
        Holder::Group(group) => Ok(group.tags),
        Holder::Member(group, at) => Ok(group.members[at].tags.clone()),
        Holder::Lone(cluster) => Ok(cluster.tags),
    }
}

/// Changes the tags of the resource an ARN names; those of a group also on its members.
pub(crate) fn edit(
    view: &ScopeView,
    arn: &str,
    edit: impl Fn(&mut Tags) -> Result<(), ApiError>,
) -> Result<(Change, Tags), ApiError> {
    match available(view, arn)? {
        Holder::Group(mut group) => {
            edit(&mut group.tags)?;
            for member in &mut group.members {
                // A member may have tags of its own, so its list can be full, or lack the key.
                let mut tags = member.tags.clone();
                if edit(&mut tags).is_ok() {
                    member.tags = tags;
                }
            }
            let tags = group.tags.clone();
            Ok((group.into(), tags))
        }
        Holder::Member(mut group, at) => {
            edit(&mut group.members[at].tags)?;
            let tags = group.members[at].tags.clone();
            Ok((group.into(), tags))
        }
        Holder::Lone(mut cluster) => {
            edit(&mut cluster.tags)?;
            let tags = cluster.tags.clone();
            Ok((cluster.into(), tags))
        }
    }
}

/// A copy of the record that holds a resource's tags.
enum Holder {
    Group(control_model::ReplicationGroup),
    /// A group and the place of the member in it.
    Member(control_model::ReplicationGroup, usize),
    Lone(control_model::CacheCluster),
}

/// The record behind an ARN. Tags are told and changed only while it is available.
fn available(view: &ScopeView, arn: &str) -> Result<Holder, ApiError> {
    let text = "Cluster not in available state to perform tagging operations.";
    match arn::parse(&view.scope, arn)? {
        Resource::Group(id) => {
            let group = find_group(view, &id)?;
            if group.status() != GroupStatus::Available {
                return Err(Fault::InvalidReplicationGroupState.with(text));
            }
            Ok(Holder::Group(group.intent.value.clone()))
        }
        Resource::Cluster(id) => {
            let cluster = find_cluster(view, &id)?;
            let ready = cluster.status() == CacheClusterStatus::Available;
            match cluster.place {
                Place::Alone(lone) if ready => Ok(Holder::Lone(lone.value.clone())),
                Place::Member { group, .. } if ready => {
                    let at = group
                        .members
                        .iter()
                        .position(|member| member.id == cluster.id);
                    at.map(|at| Holder::Member(group.value.clone(), at))
                        .ok_or_else(|| Fault::InvalidReplicationGroupState.with(text))
                }
                // The tag actions declare no fault for a cluster's state.
                _ => Err(Fault::InvalidReplicationGroupState.with(text)),
            }
        }
    }
}

/// The answer of all three tag actions.
pub(crate) fn message(tags: Tags) -> TagListMessage {
    let tag = |(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    };
    TagListMessage {
        tag_list: Some(tags.into_iter().map(tag).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: Some(key.into()),
            value: Some(value.into()),
        }
    }

    #[test]
    fn tags_have_rules() {
        let mut held = Tags::new();
        add(
            &mut held,
            Some(&[tag("a", "1"), tag("A", ""), tag("a", "2")]),
        )
        .expect("good tags");
        assert_eq!(
            held.into_iter().collect::<Vec<_>>(),
            [("A".into(), "".into()), ("a".into(), "2".into())]
        );
        for bad in [
            tag("", "x"),
            tag("AWS:x", ""),
            tag(&"k".repeat(129), ""),
            tag("k", &"v".repeat(257)),
        ] {
            assert_eq!(
                add(&mut Tags::new(), Some(&[bad]))
                    .expect_err("a bad tag")
                    .code,
                "InvalidParameterValue"
            );
        }
        add(&mut Tags::new(), Some(&[tag(&"ä".repeat(128), "")]))
            .expect("characters count, not bytes");
        let many: Vec<_> = (0..51).map(|n| tag(&format!("k{n}"), "")).collect();
        add(&mut Tags::new(), Some(&many[..50])).expect("fifty tags");
        assert_eq!(
            add(&mut Tags::new(), Some(&many))
                .expect_err("too many")
                .code,
            "TagQuotaPerResourceExceeded"
        );
    }
}
