//! Who may be promoted, and who is.

use control_model::{CacheClusterId, ReplicationSeen, Shard};

/// Chooses the replica to promote: of those that hold the recorded history and
/// are not loading, the one with the highest offset; among equals the lowest
/// id. Under durability `sync` only the recorded standby may be chosen.
///
/// An offset alone proves nothing: a replica that missed the last failover can
/// show a larger number of another history. One that has not yet heard of the
/// last change of history holds a prefix of it, and is better than nobody.
pub fn choose<'a>(
    shard: &Shard,
    replicas: impl IntoIterator<Item = (&'a CacheClusterId, &'a ReplicationSeen)>,
) -> Option<&'a CacheClusterId> {
    let is_current = |seen: &ReplicationSeen| seen.replid == shard.replid;
    replicas
        .into_iter()
        .filter(|(id, seen)| {
            *id != &shard.primary
                && !seen.primary
                && !seen.loading
                && (is_current(seen) || shard.replid_before.as_ref() == Some(&seen.replid))
                && shard.standby.as_ref().is_none_or(|s| s == *id)
        })
        .max_by(|(a_id, a), (b_id, b)| {
            (is_current(a), a.offset)
                .cmp(&(is_current(b), b.offset))
                .then_with(|| b_id.cmp(a_id))
        })
        .map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use control_model::{Owner, ShardId, testing};

    fn shard() -> Shard {
        let group = testing::group("demo", 3);
        Shard {
            scope: group.scope.clone(),
            owner: Owner::Group(group.id.clone()),
            id: ShardId::first(),
            epoch: 4,
            primary: group.id.member(1),
            replid: "a".repeat(40),
            replid_before: Some("c".repeat(40)),
            standby: None,
            failover: None,
            automatic_failover: true,
            settled_generation: 1,
            available_at: None,
            test_failovers_done: 0,
            rebuild: None,
            link_secret: String::new(),
        }
    }

    fn seen(replid: char, offset: u64) -> ReplicationSeen {
        ReplicationSeen {
            primary: false,
            epoch: 4,
            replid: replid.to_string().repeat(40),
            offset,
            link_up: false,
            loading: false,
        }
    }

    fn pick(shard: &Shard, seen: &[ReplicationSeen]) -> Option<u32> {
        let group = testing::group("demo", 3);
        let ids: Vec<_> = (2..).take(seen.len()).map(|n| group.id.member(n)).collect();
        let chosen = choose(shard, ids.iter().zip(seen))?;
        (2..)
            .zip(&ids)
            .find(|(_, id)| *id == chosen)
            .map(|(n, _)| n)
    }

    #[test]
    fn the_highest_offset_of_the_recorded_history_wins() {
        assert_eq!(pick(&shard(), &[seen('a', 90), seen('a', 100)]), Some(3));
        assert_eq!(pick(&shard(), &[seen('a', 100), seen('a', 100)]), Some(2));
        assert_eq!(pick(&shard(), &[seen('a', 90), seen('b', 999)]), Some(2));
        assert_eq!(pick(&shard(), &[seen('b', 999)]), None);
        assert_eq!(pick(&shard(), &[seen('a', 90), seen('c', 95)]), Some(2));
        assert_eq!(pick(&shard(), &[seen('b', 99), seen('c', 95)]), Some(3));
    }

    #[test]
    fn neither_a_loading_replica_nor_a_primary_is_promoted() {
        let mut loading = seen('a', 100);
        loading.loading = true;
        let mut primary = seen('a', 100);
        primary.primary = true;
        assert_eq!(pick(&shard(), &[loading, primary]), None);
    }

    #[test]
    fn under_sync_only_the_standby_is_promoted() {
        let mut shard = shard();
        shard.standby = Some(testing::group("demo", 3).id.member(2));
        assert_eq!(pick(&shard, &[seen('a', 90), seen('a', 100)]), Some(2));
        assert_eq!(pick(&shard, &[seen('b', 90), seen('a', 100)]), None);
    }
}
