//! The node types a request may name.

use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;

/// A family of node types and its sizes.
#[derive(Debug)]
pub struct Family {
    /// `t4g`, `m7g`, …
    pub name: &'static str,
    /// `micro`, `large`, …
    pub sizes: &'static [&'static str],
}

const BURST: &[&str] = &["micro", "small", "medium"];
const INTEL_5: &[&str] = &[
    "large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge",
];
const GRAVITON: &[&str] = &[
    "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
];
const TIERED: &[&str] = &[
    "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
];

/// Every node type of ElastiCache, by family.
pub static NODE_TYPES: &[Family] = &[
    Family {
        name: "c7gn",
        sizes: GRAVITON,
    },
    Family {
        name: "m3",
        sizes: &["medium", "large", "xlarge", "2xlarge"],
    },
    Family {
        name: "m4",
        sizes: &["large", "xlarge", "2xlarge", "4xlarge", "10xlarge"],
    },
    Family {
        name: "m5",
        sizes: INTEL_5,
    },
    Family {
        name: "m6g",
        sizes: GRAVITON,
    },
    Family {
        name: "m7g",
        sizes: GRAVITON,
    },
    Family {
        name: "m8g",
        sizes: GRAVITON,
    },
    Family {
        name: "r3",
        sizes: &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"],
    },
    Family {
        name: "r4",
        sizes: &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge",
        ],
    },
    Family {
        name: "r5",
        sizes: INTEL_5,
    },
    Family {
        name: "r6g",
        sizes: GRAVITON,
    },
    Family {
        name: "r6gd",
        sizes: TIERED,
    },
    Family {
        name: "r7g",
        sizes: GRAVITON,
    },
    Family {
        name: "r8g",
        sizes: GRAVITON,
    },
    Family {
        name: "t1",
        sizes: &["micro"],
    },
    Family {
        name: "t2",
        sizes: BURST,
    },
    Family {
        name: "t3",
        sizes: BURST,
    },
    Family {
        name: "t4g",
        sizes: BURST,
    },
];

/// The node type of a create request, which must be given and known.
pub(crate) fn required(given: Option<String>) -> Result<String, ApiError> {
    let given = given.ok_or_else(|| {
        Fault::InvalidParameterValue
            .with("The parameter CacheNodeType must be provided and must not be null.")
    })?;
    if family(&given).is_none() {
        return Err(Fault::InvalidParameterValue
            .with(format!("Invalid cache node type: {}.", shown(&given))));
    }
    Ok(given)
}

/// Whether automatic failover is to be had with this node type.
pub(crate) fn can_fail_over(node_type: &str) -> bool {
    family(node_type) != Some("t1")
}

/// Whether this node type keeps part of its data on a disk, which needs data tiering.
pub(crate) fn is_tiered(node_type: &str) -> bool {
    family(node_type) == Some("r6gd")
}

fn family(node_type: &str) -> Option<&'static str> {
    let (family, size) = node_type.strip_prefix("cache.")?.split_once('.')?;
    NODE_TYPES
        .iter()
        .find(|known| known.name == family && known.sizes.contains(&size))
        .map(|known| known.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_node_types_pass() {
        for good in ["cache.t4g.micro", "cache.r7g.16xlarge", "cache.t1.micro"] {
            assert_eq!(required(Some(good.into())).expect(good), good);
        }
        for bad in [
            "",
            "t4g.micro",
            "cache.t4g",
            "cache.t4g.large",
            "cache.x9.large",
            "CACHE.T4G.MICRO",
        ] {
            assert_eq!(
                required(Some(bad.into())).expect_err(bad).code,
                "InvalidParameterValue"
            );
        }
        assert!(!can_fail_over("cache.t1.micro"));
        assert!(can_fail_over("cache.t2.micro"));
    }
}
