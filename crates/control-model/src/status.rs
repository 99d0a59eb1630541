//! The status words of the API. Each is derived from comparing what is wanted
//! with what reconcilers have recorded as reached; none is ever stored.

use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// The word the API uses.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// `Status` of a replication group and of its node group.
    GroupStatus {
        Creating => "creating",
        Available => "available",
        Modifying => "modifying",
        Deleting => "deleting",
    }
);
words!(
    /// `CacheClusterStatus`.
    CacheClusterStatus {
        Creating => "creating",
        Available => "available",
        Modifying => "modifying",
        Deleting => "deleting",
    }
);
words!(
    /// `CacheNodeStatus` of the one node of a cache cluster.
    NodeStatus {
        Creating => "creating",
        Available => "available",
        Deleting => "deleting",
    }
);
words!(
    /// `AutomaticFailover` of a replication group.
    AutomaticFailoverStatus {
        Enabled => "enabled",
        Disabled => "disabled",
        Enabling => "enabling",
        Disabling => "disabling",
    }
);
words!(
    /// `CurrentRole` of a member.
    Role {
        Primary => "primary",
        Replica => "replica",
    }
);

/// Intent and progress of a group or a lone cluster, reduced to what decides its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub deleting: bool,
    /// Everything was ready at least once.
    pub was_available: bool,
    pub generation: u64,
    pub settled_generation: u64,
}

/// `Status` of a group. A failover does not show: ElastiCache stays `available` through it.
pub fn group_status(p: Progress) -> GroupStatus {
    if p.deleting {
        GroupStatus::Deleting
    } else if !p.was_available {
        GroupStatus::Creating
    } else if p.generation != p.settled_generation {
        GroupStatus::Modifying
    } else {
        GroupStatus::Available
    }
}

/// `AutomaticFailover`: the flag the user set against the one in force.
pub fn automatic_failover_status(wanted: bool, in_force: bool) -> AutomaticFailoverStatus {
    match (wanted, in_force) {
        (true, true) => AutomaticFailoverStatus::Enabled,
        (true, false) => AutomaticFailoverStatus::Enabling,
        (false, true) => AutomaticFailoverStatus::Disabling,
        (false, false) => AutomaticFailoverStatus::Disabled,
    }
}

/// `CacheClusterStatus` of one node: `wanted` by its intent, `joined` at present,
/// `recovering` while a lost node is replaced under the same id.
pub fn cluster_status(wanted: bool, joined: bool, recovering: bool) -> CacheClusterStatus {
    match (wanted, joined, recovering) {
        (false, _, _) => CacheClusterStatus::Deleting,
        (true, true, _) => CacheClusterStatus::Available,
        (true, false, true) => CacheClusterStatus::Modifying,
        (true, false, false) => CacheClusterStatus::Creating,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Progress = Progress {
        deleting: false,
        was_available: true,
        generation: 2,
        settled_generation: 2,
    };

    #[test]
    fn a_groups_status_follows_from_the_comparison() {
        assert_eq!(group_status(READY), GroupStatus::Available);
        let changed = Progress {
            generation: 3,
            ..READY
        };
        assert_eq!(group_status(changed), GroupStatus::Modifying);
        let new = Progress {
            was_available: false,
            ..changed
        };
        assert_eq!(group_status(new), GroupStatus::Creating);
        let going = Progress {
            deleting: true,
            ..new
        };
        assert_eq!(group_status(going), GroupStatus::Deleting);
    }

    #[test]
    fn a_deleted_cluster_never_shows_as_modifying() {
        // SDK waiters for deletion fail on `modifying`.
        for joined in [false, true] {
            for recovering in [false, true] {
                assert_eq!(
                    cluster_status(false, joined, recovering),
                    CacheClusterStatus::Deleting
                );
            }
        }
        assert_eq!(cluster_status(true, false, true).as_str(), "modifying");
        assert_eq!(cluster_status(true, false, false).as_str(), "creating");
    }
}
