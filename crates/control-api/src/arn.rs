//! ARNs: written for answers, read for the tag actions.

use control_model::Scope;
use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;

/// The ARN of a cache cluster.
pub(crate) fn of_cluster(scope: &Scope, id: impl std::fmt::Display) -> String {
    format!(
        "arn:aws:elasticache:{}:{}:cluster:{id}",
        scope.region, scope.account
    )
}

/// The ARN of a replication group.
pub(crate) fn of_group(scope: &Scope, id: impl std::fmt::Display) -> String {
    format!(
        "arn:aws:elasticache:{}:{}:replicationgroup:{id}",
        scope.region, scope.account
    )
}

/// What an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Cluster(String),
    Group(String),
}

/// Reads an ARN. A resource of another region or account, or of a kind that this
/// version has none of, is not found, under the code of its kind.
pub(crate) fn parse(scope: &Scope, text: &str) -> Result<Resource, ApiError> {
    let parts: Vec<&str> = text.split(':').collect();
    let [prefix, partition, service, region, account, kind, name] = parts[..] else {
        return Err(Fault::InvalidARN.with("Input ARN string does not have 7 components."));
    };
    let refuse = |field: &str, expected: &str| {
        Err(Fault::InvalidARN.with(format!(
            "{field} field is wrong. Expected value is {expected}"
        )))
    };
    match (prefix, partition, service) {
        ("arn", "aws", "elasticache") => {}
        ("arn", "aws", _) => return refuse("service", "elasticache"),
        ("arn", ..) => return refuse("partition", "aws"),
        _ => return refuse("prefix", "arn"),
    }
    let here = region == scope.region && account == scope.account;
    let (fault, what) = match kind {
        "cluster" if here => return Ok(Resource::Cluster(name.to_owned())),
        "replicationgroup" if here => return Ok(Resource::Group(name.to_owned())),
        "cluster" => (Fault::CacheClusterNotFound, "CacheCluster"),
        "replicationgroup" => (Fault::ReplicationGroupNotFound, "ReplicationGroup"),
        "parametergroup" => (Fault::CacheParameterGroupNotFound, "CacheParameterGroup"),
        "subnetgroup" => (Fault::CacheSubnetGroupNotFound, "CacheSubnetGroup"),
        "securitygroup" => (Fault::CacheSecurityGroupNotFound, "CacheSecurityGroup"),
        "snapshot" => (Fault::SnapshotNotFound, "Snapshot"),
        "user" => (Fault::UserNotFound, "User"),
        "usergroup" => (Fault::UserGroupNotFound, "UserGroup"),
        "serverlesscache" => (Fault::ServerlessCacheNotFound, "ServerlessCache"),
        "serverlesscachesnapshot" => (
            Fault::ServerlessCacheSnapshotNotFound,
            "ServerlessCacheSnapshot",
        ),
        "reserved-instance" => (Fault::ReservedCacheNodeNotFound, "ReservedCacheNode"),
        "globalreplicationgroup" => (
            Fault::GlobalReplicationGroupNotFound,
            "GlobalReplicationGroup",
        ),
        other => {
            return Err(Fault::InvalidARN.with(format!("Unknown resource type {}.", shown(other))));
        }
    };
    Err(fault.with(format!("{what} {} not found.", shown(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_go_both_ways() {
        let scope = Scope::new("123456789012", "eu-west-1").expect("a scope");
        let parse = |text: &str| parse(&scope, text);
        assert_eq!(
            parse(&of_cluster(&scope, "a")),
            Ok(Resource::Cluster("a".into()))
        );
        assert_eq!(
            parse(&of_group(&scope, "a")),
            Ok(Resource::Group("a".into()))
        );
        for (text, code) in [
            ("demo", "InvalidARN"),
            (
                "arn:aws:elasticache:eu-west-1:123456789012:cluster",
                "InvalidARN",
            ),
            ("arn:aws:rds:eu-west-1:123456789012:cluster:a", "InvalidARN"),
            (
                "arn:aws-cn:elasticache:eu-west-1:123456789012:cluster:a",
                "InvalidARN",
            ),
            (
                "arn:aws:elasticache:eu-west-1:123456789012:thing:a",
                "InvalidARN",
            ),
            (
                "arn:aws:elasticache:us-east-1:123456789012:cluster:a",
                "CacheClusterNotFound",
            ),
            (
                "arn:aws:elasticache:eu-west-1:1:replicationgroup:a",
                "ReplicationGroupNotFoundFault",
            ),
            (
                "arn:aws:elasticache:eu-west-1:123456789012:snapshot:a",
                "SnapshotNotFoundFault",
            ),
        ] {
            assert_eq!(parse(text).expect_err(text).code, code, "{text}");
        }
    }
}
