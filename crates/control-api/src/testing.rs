//! The API over a store in a folder of its own, for tests: requests in, XML out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use control_model::keys::Keyed;
use control_model::{
    CacheClusterId, EndpointAddress, EndpointId, EndpointKind, Owner, ReplicationGroup,
    ReplicationGroupId, ScopeView, Shard, ShardId, Timestamp, testing,
};
use control_store::{EmbeddedStore, Txn, TxnExt};
use serde_json::json;
use tempfile::TempDir;

use crate::call::Call;
use crate::{ApiContext, Credentials, HttpRequest, HttpResponse, handle};

/// 2026-11-25T10:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_600_800_000);

pub(crate) struct Api {
    pub(crate) context: ApiContext,
    nudges: Arc<AtomicUsize>,
    minutes_passed: AtomicU64,
    _folder: TempDir,
}

/// An error answer, taken apart.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str, message: &str) {
        assert_eq!(
            (self.status, &*self.code, &*self.message),
            (status, code, message)
        );
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = EmbeddedStore::open(&folder.path().join("store"))
            .await
            .expect("a store");
        let nudges = Arc::new(AtomicUsize::new(0));
        let counter = nudges.clone();
        let context = ApiContext {
            store: Arc::new(store),
            credentials: Credentials::Any,
            account: testing::scope().account,
            nudge: Arc::new(move || {
                counter.fetch_add(1, Ordering::Relaxed);
            }),
        };
        Self {
            context,
            nudges,
            minutes_passed: AtomicU64::new(0),
            _folder: folder,
        }
    }

    pub(crate) fn nudges(&self) -> usize {
        self.nudges.load(Ordering::Relaxed)
    }

    pub(crate) fn pass_minutes(&self, minutes: u64) {
        self.minutes_passed.fetch_add(minutes, Ordering::Relaxed);
    }

    pub(crate) fn request(&self, action: &str, body: &str) -> HttpRequest {
        Self::signed("us-east-1", action, body)
    }

    fn signed(region: &str, action: &str, body: &str) -> HttpRequest {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20261125/{region}/elasticache/aws4_request, SignedHeaders=host, \
             Signature=00"
        );
        HttpRequest {
            method: "POST".into(),
            uri: "/".into(),
            headers: vec![
                ("host".into(), "127.0.0.1".into()),
                ("x-amz-date".into(), "20261125T100000Z".into()),
                ("authorization".into(), authorization),
            ],
            body: format!("Action={action}&{body}").into_bytes(),
            now: NOW,
        }
    }

    pub(crate) async fn send(&self, action: &str, body: &str) -> HttpResponse {
        self.send_to("us-east-1", action, body).await
    }

    pub(crate) async fn send_to(&self, region: &str, action: &str, body: &str) -> HttpResponse {
        let mut request = Self::signed(region, action, body);
        request.now.0 += self.minutes_passed.load(Ordering::Relaxed) * 60_000;
        handle(&self.context, &request).await
    }

    /// The answer to a request that must be carried out.
    pub(crate) async fn answer(&self, action: &str, body: &str) -> String {
        let response = self.send(action, body).await;
        assert_eq!(response.status, 200, "{action} {body}: {}", response.body);
        response.body
    }

    /// The answer to a request that must be refused.
    pub(crate) async fn refusal(&self, action: &str, body: &str) -> Refusal {
        let response = self.send(action, body).await;
        assert_ne!(response.status, 200, "{action} {body}: {}", response.body);
        let element = |name: &str| {
            let (_, rest) = response.body.split_once(&format!("<{name}>")).expect(name);
            let text = rest.split_once(&format!("</{name}>")).expect(name).0;
            quick_xml::escape::unescape(text).expect("XML").into_owned()
        };
        Refusal {
            status: response.status,
            code: element("Code"),
            message: element("Message"),
        }
    }

    pub(crate) fn call(&self) -> Call {
        Call {
            store: self.context.store.clone(),
            nudge: self.context.nudge.clone(),
            scope: testing::scope(),
            now: NOW,
            request_id: "test".into(),
        }
    }

    pub(crate) async fn view(&self) -> ScopeView {
        self.call().view().await.expect("the scope's records")
    }

    /// Writes a record as reconcilers and agents do.
    pub(crate) async fn put<T: Keyed>(&self, record: &T) {
        let txn = Txn::new().put_json(record.key(), record);
        assert!(
            self.context
                .store
                .txn(txn)
                .await
                .expect("the store works")
                .committed()
        );
    }

    /// A group with `members` nodes, all available; failover on from two members up.
    pub(crate) async fn group(&self, id: &str, members: usize) {
        let group = testing::group(id, members);
        self.put(&group).await;
        self.make_available(&group, 1).await;
    }

    /// Does what reconcilers do until a changed group is available again, except that
    /// nodes of members no longer wanted stay.
    pub(crate) async fn settle(&self, id: &str) {
        let id = ReplicationGroupId::parse(id).expect("an id");
        let group = self.view().await.groups[&id].value.clone();
        self.make_available(&group, 1).await;
    }

    /// Makes another member the recorded primary.
    pub(crate) async fn promote(&self, group: &str, member: &str) {
        let owner = Owner::Group(ReplicationGroupId::parse(group).expect("an id"));
        let mut shard = self
            .view()
            .await
            .shard(&owner)
            .expect("a shard")
            .value
            .clone();
        shard.primary = CacheClusterId::parse(member).expect("an id");
        shard.epoch += 1;
        self.put(&shard).await;
    }

    /// A lone cluster, available.
    pub(crate) async fn lone(&self, id: &str) {
        let body = format!("CacheClusterId={id}&CacheNodeType=cache.t4g.small&Engine=redis");
        self.answer("CreateCacheCluster", &body).await;
        self.settle_lone(id).await;
    }

    pub(crate) async fn settle_lone(&self, id: &str) {
        let id = CacheClusterId::parse(id).expect("an id");
        let generation = self.view().await.clusters[&id].generation;
        let owner = Owner::Cluster(id.clone());
        self.put(&shard(owner.clone(), id.clone(), false, generation))
            .await;
        let stand_in = testing::group("stand-in", 1);
        let spec = testing::spec(&stand_in, 1, |spec| {
            spec.cluster = id.clone();
            spec.owner = owner;
            spec.available_at = Some(NOW);
        });
        self.put(&spec).await;
    }

    async fn make_available(&self, group: &ReplicationGroup, first: u32) {
        let owner = Owner::Group(group.id.clone());
        let primary = group.members[0].id.clone();
        self.put(&shard(
            owner.clone(),
            primary,
            group.automatic_failover,
            group.generation,
        ))
        .await;
        self.address(owner.clone(), EndpointKind::Primary, [127, 0, 0, 2])
            .await;
        self.address(owner, EndpointKind::Reader, [127, 0, 0, 3])
            .await;
        for (n, member) in (first..).zip(&group.members) {
            let spec = testing::spec(group, n, |spec| {
                spec.cluster = member.id.clone();
                spec.zone = member.zone.clone();
                spec.available_at = Some(NOW);
            });
            self.put(&spec).await;
            let last = u8::try_from(n).expect("few members");
            self.address(
                Owner::Cluster(member.id.clone()),
                EndpointKind::Node,
                [127, 0, 1, last],
            )
            .await;
        }
    }

    async fn address(&self, owner: Owner, kind: EndpointKind, ip: [u8; 4]) {
        let id = EndpointId { owner, kind };
        self.put(&EndpointAddress {
            scope: testing::scope(),
            id,
            address: (ip, 6379).into(),
        })
        .await;
    }
}

/// As JSON, so that fields which later versions add take their defaults.
fn shard(
    owner: Owner,
    primary: CacheClusterId,
    automatic_failover: bool,
    settled_generation: u64,
) -> Shard {
    let record = json!({
        "scope": testing::scope(),
        "owner": owner,
        "id": ShardId::first(),
        "epoch": 1,
        "primary": primary,
        "replid": "0".repeat(40),
        "automatic_failover": automatic_failover,
        "settled_generation": settled_generation,
        "available_at": NOW,
        "link_secret": "secret",
    });
    serde_json::from_value(record).expect("a shard")
}
