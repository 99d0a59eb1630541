//! Typed identifiers. Parsing applies ElastiCache's rules and lower-cases, as
//! ElastiCache stores ids, so two values are equal exactly when the service
//! means the same resource.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The account and region a record belongs to. The same id in two scopes is
/// two resources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    pub account: String,
    pub region: String,
}

impl Scope {
    /// Both parts come from signed requests and become parts of store keys, so
    /// only letters, digits and hyphens are let through.
    pub fn new(account: &str, region: &str) -> Result<Self, IdError> {
        for (kind, text) in [("account", account), ("region", region)] {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
                return Err(IdError::new(
                    kind,
                    text,
                    "1 to 64 letters, digits or hyphens",
                ));
            }
        }
        Ok(Self {
            account: account.to_owned(),
            region: region.to_owned(),
        })
    }

    /// The simulated availability zones of this scope's region.
    pub fn zones(&self) -> [String; 3] {
        ["a", "b", "c"].map(|z| format!("{}{z}", self.region))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

/// An id that ElastiCache would refuse. The caller's fault; a retry does not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not valid: it must be {rule}")]
pub struct IdError {
    pub kind: &'static str,
    pub value: String,
    pub rule: &'static str,
}

impl IdError {
    fn new(kind: &'static str, value: &str, rule: &'static str) -> Self {
        let value = value.chars().take(100).collect();
        Self { kind, value, rule }
    }
}

/// Letters, digits and hyphens; a letter first; no hyphen last; no double hyphen.
fn resource_name(
    kind: &'static str,
    text: &str,
    max: usize,
    rule: &'static str,
) -> Result<String, IdError> {
    let good = !text.is_empty()
        && text.len() <= max
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(IdError::new(kind, text, rule))
    }
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id_type!(
    /// The id of a replication group: 1–40 characters, lower case.
    ReplicationGroupId
);
id_type!(
    /// The id of a cache cluster, which for Redis and Valkey is one node:
    /// 1–50 characters, lower case.
    CacheClusterId
);
id_type!(
    /// The number of a shard (ElastiCache's node group) as text, `0001` and up.
    ShardId
);
id_type!(
    /// One agent's host: random hexadecimal, made once per data directory.
    HostId
);

impl ReplicationGroupId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const RULE: &str = "1 to 40 letters, digits or hyphens, begin with a letter, and neither end with a hyphen nor contain two in a row";
        resource_name("ReplicationGroupId", text, 40, RULE).map(Self)
    }

    /// The id ElastiCache gives the nth member (from 1) of a group with
    /// cluster mode disabled: `demo-001`.
    pub fn member(&self, number: u32) -> CacheClusterId {
        CacheClusterId(format!("{self}-{number:03}"))
    }
}

impl CacheClusterId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const RULE: &str = "1 to 50 letters, digits or hyphens, begin with a letter, and neither end with a hyphen nor contain two in a row";
        resource_name("CacheClusterId", text, 50, RULE).map(Self)
    }
}

impl ShardId {
    /// The only shard of a group with cluster mode disabled.
    pub fn first() -> Self {
        Self("0001".to_owned())
    }

    pub fn parse(text: &str) -> Result<Self, IdError> {
        match text.parse::<u16>() {
            Ok(n) if (1..=9999).contains(&n) && text.len() <= 4 => Ok(Self(format!("{n:04}"))),
            _ => Err(IdError::new("NodeGroupId", text, "1 to 4 digits")),
        }
    }
}

impl HostId {
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(IdError::new(
                "host id",
                text,
                "1 to 64 letters, digits or hyphens",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What a shard and its endpoints belong to: a replication group, or a cache
/// cluster that stands alone (a shard of one node without shared endpoints).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    Group(ReplicationGroupId),
    Cluster(CacheClusterId),
}

impl Owner {
    /// `group/<id>` or `cluster/<id>`, as it stands in store keys.
    pub fn path(&self) -> String {
        match self {
            Self::Group(id) => format!("group/{id}"),
            Self::Cluster(id) => format!("cluster/{id}"),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_elasticaches_rules_and_are_lower_cased() {
        assert_eq!(
            ReplicationGroupId::parse("Demo-1").unwrap().as_str(),
            "demo-1"
        );
        for bad in ["", "1abc", "a--b", "a-", "a_b", "a/b", &"a".repeat(41)] {
            assert!(ReplicationGroupId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(CacheClusterId::parse(&"a".repeat(50)).is_ok());
        assert_eq!(ShardId::parse("1").unwrap(), ShardId::first());
        assert!(ShardId::parse("0").is_err());
        assert!(ShardId::parse("00001").is_err());
    }

    #[test]
    fn a_scope_cannot_smuggle_a_path() {
        assert!(Scope::new("123456789012", "us-east-1").is_ok());
        assert!(Scope::new("123456789012", "a/b").is_err());
        assert!(Scope::new("", "us-east-1").is_err());
    }
}
