//! A host without processes: nodes are structs, an agent's turn looks at one
//! node's assignment, changes the struct and writes what it sees.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use control_model::keys::{self, Keyed};
use control_model::replication_group::Deletion;
use control_model::*;
use control_reconcile::Reconciler;
use control_store::{EmbeddedStore, Store, StoreExt, Txn, TxnExt};

/// A simulated node process.
#[derive(Clone, Debug)]
struct Process {
    number: u32,
    data: u32,
    alive: bool,
    asked: bool,
    hung: bool,
    primary: bool,
    epoch: u64,
    replid: String,
    offset: u64,
    link_up: bool,
    following: Option<CacheClusterId>,
    serving: Vec<EndpointKind>,
}

pub(crate) struct Simulation {
    _dir: tempfile::TempDir,
    store: Arc<EmbeddedStore>,
    pub(crate) group: ReplicationGroupId,
    host: Host,
    processes: BTreeMap<CacheClusterId, Process>,
    /// A replica that does not sync until the next loss.
    lagging: Option<CacheClusterId>,
    ended: Vec<CacheClusterId>,
    /// Kills still to come.
    chaos: u32,
    seed: u64,
    clock: Arc<AtomicU64>,
}

impl Simulation {
    /// A group `demo` of that many members, asked for and nothing done yet.
    pub(crate) async fn new(seed: u64, members: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&dir.path().join("s.redb"))
            .await
            .unwrap();
        let host = Host {
            id: HostId::parse("here").unwrap(),
            session: 1,
            adopted: true,
            started_at: Timestamp(1),
        };
        let group = testing::group("demo", members);
        let txn = Txn::new()
            .put_json(host.key(), &host)
            .put_json(group.key(), &group);
        store.txn(txn).await.unwrap();
        Self {
            _dir: dir,
            store: Arc::new(store),
            group: group.id,
            host,
            processes: BTreeMap::new(),
            lagging: None,
            ended: Vec::new(),
            chaos: 0,
            seed: seed * 2 + 1,
            clock: Arc::new(AtomicU64::new(1000)),
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    /// A new reconciler each time: the old one crashed.
    fn reconciler(&mut self) -> Reconciler {
        let clock = Arc::clone(&self.clock);
        let salt = AtomicU64::new(self.random(u64::MAX));
        Reconciler::with(
            self.store.clone(),
            move || Timestamp(clock.fetch_add(1, Ordering::Relaxed)),
            move || format!("{:040x}", salt.fetch_add(1, Ordering::Relaxed)),
        )
    }

    pub(crate) async fn view(&self) -> ScopeView {
        let scope = testing::scope();
        let listing = self.store.list(&keys::scope(&scope)).await.unwrap();
        ScopeView::from_records(scope, listing.records()).unwrap()
    }

    /// Turns of reconciler and agent in an order from the seed, until neither
    /// has anything left to do.
    pub(crate) async fn until_at_rest(&mut self) {
        let mut idle = 0;
        for _ in 0..2000 {
            idle = if self.turn().await { 0 } else { idle + 1 };
            if idle > 12 {
                // By chance the same one may have been asked each time.
                let agent = self.agent_turn(None).await;
                let reconciler = self.reconciler().step_each().await.unwrap();
                if !agent && !reconciler {
                    return;
                }
            }
        }
        panic!("no rest in 2000 turns: {:#?}", self.processes);
    }

    pub(crate) async fn some_turns(&mut self, turns: u32) {
        for _ in 0..turns {
            self.turn().await;
        }
    }

    pub(crate) async fn chaos(&mut self, kills: u32) {
        self.chaos = kills;
        while self.chaos > 0 {
            self.turn().await;
        }
    }

    async fn turn(&mut self) -> bool {
        if self.chaos > 0 && self.random(4) == 0 {
            let alive = self.alive();
            if !alive.is_empty() {
                let n = self.random(alive.len() as u64) as usize;
                self.chaos -= 1;
                self.kill(&alive[n]).await;
                return true;
            }
        }
        let changed = match self.random(2) {
            0 => self.reconciler().step_each().await.unwrap(),
            _ => {
                let one = self.random(8) as usize;
                self.agent_turn(Some(one)).await
            }
        };
        self.check_one_primary();
        changed
    }

    /// The agent deals with one node (or all): true if anything changed.
    async fn agent_turn(&mut self, one: Option<usize>) -> bool {
        let view = self.view().await;
        let mut txn = Txn::new();
        for (n, (id, endpoint)) in (1u8..).zip(&view.endpoints) {
            if !view.addresses.contains_key(id) {
                let record = EndpointAddress {
                    scope: endpoint.scope.clone(),
                    id: id.clone(),
                    address: ([127, 64, 0, n], endpoint.port_wanted).into(),
                };
                txn = txn.put_json(record.key(), &record);
            }
        }
        let specs: Vec<_> = view.nodes.values().map(|n| n.value.clone()).collect();
        for (n, spec) in specs.iter().enumerate() {
            if one.is_none_or(|one| one % specs.len() == n) {
                self.act(spec);
                let seen = self.seen(spec);
                if view.seen.get(&spec.cluster).map(|s| &s.value) != Some(&seen) {
                    txn = txn.put_json(seen.key(), &seen);
                }
            }
        }
        let gone: Vec<_> = self.processes.keys().cloned().collect();
        for id in gone {
            if !view.nodes.contains_key(&id) {
                self.processes.remove(&id);
            }
        }
        let changed = !txn.ops.is_empty();
        if changed {
            self.store.txn(txn).await.unwrap();
        }
        changed
    }

    fn act(&mut self, spec: &NodeSpec) {
        let id = &spec.cluster;
        let process = self.processes.entry(id.clone()).or_insert(Process {
            number: 0,
            data: 0,
            alive: false,
            asked: false,
            hung: false,
            primary: false,
            epoch: 0,
            replid: "none".to_owned(),
            offset: 0,
            link_up: false,
            following: None,
            serving: Vec::new(),
        });
        if spec.run != RunIntent::Running {
            if process.alive {
                self.ended.push(id.clone());
            }
            process.alive = false;
            process.asked = true;
            process.number = spec.process;
            process.data = spec.data;
            process.serving.clear();
            return;
        }
        if process.number < spec.process {
            assert!(!process.alive, "{id} is started beside its old process");
            *process = Process {
                number: spec.process,
                data: spec.data,
                alive: true,
                asked: false,
                hung: false,
                primary: false,
                epoch: 0,
                replid: format!("{id}-{}", spec.process),
                offset: 0,
                link_up: false,
                following: None,
                serving: Vec::new(),
            };
            return;
        }
        if !process.alive || process.hung {
            return;
        }
        if spec.role.epoch() > process.epoch {
            match &spec.role {
                RoleSpec::Primary { epoch, replid } => {
                    process.primary = true;
                    process.epoch = *epoch;
                    process.replid = replid.clone();
                    process.following = None;
                }
                RoleSpec::Replica { epoch, primary, .. } => {
                    process.primary = false;
                    process.epoch = *epoch;
                    process.following = Some(primary.clone());
                }
            }
            process.link_up = false;
        }
        process.serving = spec.serves.clone();
        if process.primary {
            process.offset += 10;
        }
        self.sync(id);
    }

    fn sync(&mut self, id: &CacheClusterId) {
        let following = self.processes[id].following.clone();
        let source = following.and_then(|f| self.processes.get(&f)).cloned();
        let lags = self.lagging.as_ref() == Some(id);
        let process = self.processes.get_mut(id).unwrap();
        match source {
            Some(source) if source.alive && source.primary && source.epoch == process.epoch => {
                process.link_up = true;
                if !lags {
                    process.replid = source.replid;
                    // Rounded, so that a busy primary does not keep the world awake.
                    process.offset = source.offset;
                }
            }
            _ => process.link_up = false,
        }
    }

    fn seen(&self, spec: &NodeSpec) -> NodeObserved {
        let process = &self.processes[&spec.cluster];
        let state = if process.alive {
            ProcessState::Running {
                pid: process.number,
            }
        } else {
            ProcessState::Exited {
                asked: process.asked,
                reason: String::new(),
            }
        };
        // Offsets are told only with other changes, as the real agent does.
        let told = if process.alive && process.link_up {
            0
        } else {
            process.offset
        };
        NodeObserved {
            scope: spec.scope.clone(),
            cluster: spec.cluster.clone(),
            host: self.host.id.clone(),
            session: self.host.session,
            process: process.number,
            data: process.data,
            state,
            hung: process.hung,
            replication: process.alive.then(|| ReplicationSeen {
                primary: process.primary,
                epoch: process.epoch,
                replid: process.replid.clone(),
                offset: if process.primary { 0 } else { told },
                link_up: process.link_up,
                loading: false,
            }),
            serving: process.serving.clone(),
            seen_at: Timestamp(1),
        }
    }

    /// A replica stops syncing; the other one's id is returned.
    pub(crate) fn lag_one_replica(&mut self) -> CacheClusterId {
        self.lagging = Some(self.group.member(2));
        for id in ["demo-001", "demo-003"] {
            let id = CacheClusterId::parse(id).unwrap();
            self.processes.get_mut(&id).unwrap().offset += 1000;
        }
        self.group.member(3)
    }

    /// The process ends; the agent sees it at once, with its siblings' offsets.
    pub(crate) async fn kill(&mut self, id: &str) {
        let id = CacheClusterId::parse(id).unwrap();
        let process = self.processes.get_mut(&id).unwrap();
        process.alive = false;
        process.asked = false;
        process.serving.clear();
        let ids: Vec<_> = self.processes.keys().cloned().collect();
        for other in &ids {
            let following_dead = self.processes[other].following.as_ref() == Some(&id);
            if following_dead {
                self.processes.get_mut(other).unwrap().link_up = false;
            }
        }
        self.lagging = None;
        self.tell_all().await;
    }

    pub(crate) async fn hang(&mut self, id: &str) {
        let id = CacheClusterId::parse(id).unwrap();
        self.processes.get_mut(&id).unwrap().hung = true;
        self.tell_all().await;
    }

    /// All nodes end as the service stops; a new session starts.
    pub(crate) async fn stop_service(&mut self) {
        for process in self.processes.values_mut() {
            process.alive = false;
            process.asked = true;
            process.link_up = false;
            process.serving.clear();
        }
        self.host.session += 1;
        let txn = Txn::new().put_json(self.host.key(), &self.host);
        self.store.txn(txn).await.unwrap();
        self.tell_all().await;
    }

    async fn tell_all(&mut self) {
        let view = self.view().await;
        let known = |n: &&Versioned<NodeSpec>| self.processes.contains_key(&n.cluster);
        let txn = view
            .nodes
            .values()
            .filter(known)
            .fold(Txn::new(), |txn, n| {
                let seen = self.seen(&n.value);
                txn.put_json(seen.key(), &seen)
            });
        self.store.txn(txn).await.unwrap();
    }

    pub(crate) async fn change_group(&mut self, change: impl FnOnce(&mut ReplicationGroup)) {
        let view = self.view().await;
        let mut group = view.groups[&self.group].value.clone();
        change(&mut group);
        let txn = Txn::new().put_json(group.key(), &group);
        self.store.txn(txn).await.unwrap();
    }

    pub(crate) async fn delete_group(&mut self) {
        self.ended.clear();
        self.change_group(|g| {
            g.deleting = Some(Deletion {
                asked_at: Timestamp(9),
            });
        })
        .await;
    }

    fn process(&self, id: &str) -> &Process {
        &self.processes[&CacheClusterId::parse(id).unwrap()]
    }

    pub(crate) fn process_of(&self, id: &str) -> u32 {
        self.process(id).number
    }

    pub(crate) fn data_of(&self, id: &str) -> u32 {
        self.process(id).data
    }

    pub(crate) fn offset_of(&self, id: &str) -> u64 {
        self.process(id).offset
    }

    pub(crate) fn alive(&self) -> Vec<String> {
        let alive = self.processes.iter().filter(|(_, p)| p.alive);
        alive.map(|(id, _)| id.to_string()).collect()
    }

    pub(crate) fn primary_ended_last(&self) -> bool {
        let first = self.group.member(1);
        !self.ended.contains(&first) || self.ended.last() == Some(&first)
    }

    pub(crate) async fn last_events(&self, count: usize) -> Vec<(String, String)> {
        let prefix = keys::events(&testing::scope());
        let events = self.store.list_json::<Event>(&prefix).await.unwrap();
        let skip = events.len().saturating_sub(count);
        let texts = events.into_iter().skip(skip);
        texts.map(|(e, _)| (e.source_id, e.message)).collect()
    }

    pub(crate) async fn keys_left(&self) -> Vec<String> {
        let listing = self.store.list(keys::ALL_SCOPES).await.unwrap();
        listing.entries.into_iter().map(|e| e.key).collect()
    }

    /// At every moment at most one living node serves the primary endpoint as
    /// primary, and no epoch has two primaries.
    fn check_one_primary(&self) {
        let serving = self
            .processes
            .iter()
            .filter(|(_, p)| p.alive && p.primary && p.serving.contains(&EndpointKind::Primary));
        let serving: Vec<_> = serving.collect();
        assert!(serving.len() <= 1, "two primaries: {serving:#?}");
    }

    /// At rest: the primary serves the primary endpoint, replicas (or else the
    /// primary) the reader endpoint.
    pub(crate) async fn check_serving(&self) {
        let view = self.view().await;
        let primary = view.group(&self.group).unwrap().primary().unwrap();
        let lonely = self.alive().len() == 1;
        for (id, process) in &self.processes {
            let wanted = match (*id == primary, lonely) {
                (true, true) => vec![EndpointKind::Primary, EndpointKind::Reader],
                (true, false) => vec![EndpointKind::Primary],
                (false, _) => vec![EndpointKind::Reader],
            };
            assert_eq!(process.serving, wanted, "{id}");
        }
    }
}
