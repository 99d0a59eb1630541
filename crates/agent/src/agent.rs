//! The agent's life: register, adopt, keep nodes and endpoints in line, stop.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use control_model::keys::{self, Keyed};
use control_model::{
    EndpointAddress, EndpointKind, Host, HostId, NodeSpec, Scope, ScopeView, Timestamp,
};
use control_store::{LeaseId, Store, StoreError, Txn, TxnExt, Watch};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::board::{Board, NodeKey};
use crate::endpoints::Endpoints;
use crate::error::AgentError;
use crate::keeper::{Keeper, Phase, Shared};
use crate::paths::{DATA_DIR_BYTES_MAX, fnv1a};
use crate::reporter::Reporter;
use crate::{reset, socket};

/// The host counts as gone when its lease was not renewed for so long.
const LEASE_TTL: Duration = Duration::from_secs(10);
/// How often all is looked at without any nudge.
const PERIOD: Duration = Duration::from_secs(1);
/// How long nodes of an earlier session may take to say how they are.
const ADOPTION_TIME: Duration = Duration::from_secs(5);
const ADOPTION_POLL: Duration = Duration::from_millis(10);

/// What an agent needs to know.
#[derive(Clone, Debug)]
pub struct AgentOptions {
    pub data_dir: PathBuf,
    /// The program that nodes are started from, and its arguments before the
    /// configuration file: `elastane`, `["node"]`.
    pub node_program: PathBuf,
    pub node_arguments: Vec<PathBuf>,
}

/// A running agent. Dropping it leaves its nodes running.
pub struct Agent {
    stop: oneshot::Sender<()>,
    overseer: JoinHandle<()>,
    helpers: Vec<JoinHandle<()>>,
}

impl Agent {
    /// Registers the host and adopts what an earlier session left; returns when
    /// both are done.
    pub async fn start(store: Arc<dyn Store>, options: AgentOptions) -> Result<Self, AgentError> {
        let host = Host {
            id: prepare(&options.data_dir)?,
            session: u64::from(rand::random::<u32>()) << 16 | u64::from(rand::random::<u16>()),
            adopted: false,
            started_at: SystemTime::now().into(),
        };
        let board = Arc::new(Board::default());
        let endpoints = Arc::new(Endpoints::default());
        let shared = Arc::new(Shared {
            host: host.id.clone(),
            session: host.session,
            data_dir: options.data_dir,
            program: options.node_program,
            arguments: options.node_arguments,
            board: Arc::clone(&board),
            endpoints: Arc::clone(&endpoints),
        });
        let reporter = Arc::new(Reporter::new(Arc::clone(&store), board));
        let watch = store.watch(keys::ALL_SCOPES).await?;
        let mut overseer = Overseer {
            registration: Registration::new(Arc::clone(&store), host).await?,
            store,
            shared,
            reporter: Arc::clone(&reporter),
            keepers: HashMap::new(),
            phase: watch::Sender::new(Phase::Running),
        };
        overseer.adopt().await?;
        let helpers = vec![
            tokio::spawn(async move { reporter.run().await }),
            tokio::spawn(reset::run(endpoints)),
        ];
        let (stop, stopping) = oneshot::channel();
        let overseer = tokio::spawn(overseer.run(watch, stopping));
        Ok(Self {
            stop,
            overseer,
            helpers,
        })
    }

    /// Ends the nodes, replicas first, and then the agent.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.overseer.await;
        for helper in self.helpers {
            helper.abort();
        }
    }

    /// Ends the agent and leaves the nodes running, for the next one to adopt.
    pub async fn leave(self) {
        self.overseer.abort();
        let _ = self.overseer.await;
        for helper in self.helpers {
            helper.abort();
        }
    }
}

/// Makes the directories and reads, or makes, this host's id.
fn prepare(data_dir: &Path) -> Result<HostId, AgentError> {
    if data_dir.as_os_str().len() > DATA_DIR_BYTES_MAX {
        return Err(AgentError::PathTooLong(data_dir.to_owned()));
    }
    for dir in [data_dir.join("run"), data_dir.join("nodes")] {
        std::fs::create_dir_all(&dir).map_err(AgentError::file("creating", &dir))?;
    }
    let file = data_dir.join("host-id");
    let known = std::fs::read_to_string(&file).ok();
    if let Some(id) = known.and_then(|text| HostId::parse(text.trim()).ok()) {
        return Ok(id);
    }
    let id = HostId::parse(&format!("{:016x}", rand::random::<u64>())).expect("hexadecimal");
    std::fs::write(&file, format!("{id}\n")).map_err(AgentError::file("writing", &file))?;
    Ok(id)
}

/// The host's record under its lease.
struct Registration {
    store: Arc<dyn Store>,
    host: Host,
    lease: LeaseId,
}

impl Registration {
    async fn new(store: Arc<dyn Store>, host: Host) -> Result<Self, StoreError> {
        let lease = store.grant_lease(LEASE_TTL).await?;
        let registration = Self { store, host, lease };
        registration.write().await?;
        Ok(registration)
    }

    async fn write(&self) -> Result<(), StoreError> {
        let record = serde_json::to_vec(&self.host).expect("records encode as JSON");
        let txn = Txn::new().put_leased(self.host.key(), record, self.lease);
        self.store.txn(txn).await?;
        Ok(())
    }

    /// Renews the lease; after a pause that was too long, registers again.
    async fn renew(&mut self) -> Result<(), StoreError> {
        match self.store.keep_alive(self.lease).await {
            Err(StoreError::LeaseEnded(_)) => {
                self.lease = self.store.grant_lease(LEASE_TTL).await?;
                self.write().await
            }
            other => other,
        }
    }
}

/// One keeper's task and the way to tell it.
struct Kept {
    specs: watch::Sender<Option<NodeSpec>>,
    task: JoinHandle<()>,
    is_replica: bool,
}

struct Overseer {
    store: Arc<dyn Store>,
    shared: Arc<Shared>,
    reporter: Arc<Reporter>,
    registration: Registration,
    keepers: HashMap<NodeKey, Kept>,
    phase: watch::Sender<Phase>,
}

impl Overseer {
    /// Waits until every assigned node has been looked at, then says so.
    async fn adopt(&mut self) -> Result<(), AgentError> {
        self.look().await?;
        let deadline = tokio::time::Instant::now() + ADOPTION_TIME;
        while !self.all_seen() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(ADOPTION_POLL).await;
        }
        self.shared.endpoints.open_missing();
        self.reporter.flush().await?;
        self.registration.host.adopted = true;
        self.registration.write().await?;
        Ok(())
    }

    /// Each living node has answered, each other one is known to be dead.
    fn all_seen(&self) -> bool {
        let sightings = self.shared.board.all();
        self.keepers.keys().all(|key| match sightings.get(key) {
            Some(Some(s)) => {
                let state = &s.observed.state;
                !matches!(state, control_model::ProcessState::Starting { .. })
            }
            _ => false,
        })
    }

    async fn run(mut self, mut watch: Watch, mut stopping: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(PERIOD);
        loop {
            let looked = tokio::select! {
                stop = &mut stopping => match stop {
                    Ok(()) => break,
                    // The agent was dropped: leave the nodes running.
                    Err(_) => return,
                },
                _ = tick.tick() => self.tend().await,
                change = watch.next() => match change {
                    Some(batch) if batch.changes.iter().all(|c| c.key().contains("/seen/")) => Ok(()),
                    Some(_) => self.look().await,
                    None => return,
                },
            };
            if let Err(error) = looked {
                tracing::error!(%error, "the agent could not do its round; trying again");
            }
        }
        self.stop_nodes().await;
    }

    /// The regular round.
    async fn tend(&mut self) -> Result<(), AgentError> {
        self.registration.renew().await?;
        self.shared.endpoints.open_missing();
        self.look().await
    }

    /// Reads the assignments and brings keepers and endpoints in line.
    async fn look(&mut self) -> Result<(), AgentError> {
        let listing = self.store.list(keys::ALL_SCOPES).await?;
        let views = ScopeView::all_from_records(listing.records())?;
        self.tend_endpoints(&views).await?;
        let mut assigned = BTreeMap::new();
        for view in views.values() {
            for spec in view.nodes.values().filter(|n| n.host == self.shared.host) {
                let key = (view.scope.clone(), spec.cluster.clone());
                assigned.insert(key, spec.value.clone());
            }
        }
        self.keepers.retain(|key, kept| {
            if !assigned.contains_key(key) {
                kept.specs.send_replace(None);
            }
            !kept.task.is_finished()
        });
        for (key, spec) in assigned {
            self.tell(key, spec);
        }
        Ok(())
    }

    fn tell(&mut self, key: NodeKey, spec: NodeSpec) {
        let is_replica = matches!(spec.role, control_model::RoleSpec::Replica { .. });
        if let Some(kept) = self.keepers.get_mut(&key) {
            kept.is_replica = is_replica;
            kept.specs.send_if_modified(|held| {
                let differs = held.as_ref() != Some(&spec);
                *held = Some(spec);
                differs
            });
            return;
        }
        let specs = watch::Sender::new(Some(spec));
        let shared = Arc::clone(&self.shared);
        let phases = self.phase.subscribe();
        let keeper = Keeper::new(shared, key.clone(), specs.subscribe(), phases);
        let task = tokio::spawn(keeper.run());
        let kept = Kept {
            specs,
            task,
            is_replica,
        };
        self.keepers.insert(key, kept);
    }

    /// Finds addresses for endpoints without one; forgets endpoints that are gone.
    async fn tend_endpoints(&self, views: &BTreeMap<Scope, ScopeView>) -> Result<(), AgentError> {
        let endpoints = &self.shared.endpoints;
        for view in views.values() {
            for (id, endpoint) in &view.endpoints {
                if endpoint.host != self.shared.host {
                    continue;
                }
                let key = (view.scope.clone(), id.clone());
                match view.addresses.get(id) {
                    Some(found) if id.kind != EndpointKind::Node => {
                        endpoints.know(&key, found.address, None);
                    }
                    Some(_) => {}
                    None => self.find_address(views, endpoint).await?,
                }
            }
        }
        endpoints.retain(|(scope, id)| {
            let view = views.get(scope);
            view.is_some_and(|v| v.endpoints.contains_key(id))
        });
        Ok(())
    }

    async fn find_address(
        &self,
        views: &BTreeMap<Scope, ScopeView>,
        endpoint: &control_model::Endpoint,
    ) -> Result<(), AgentError> {
        let known = |address| {
            let held = views.values().flat_map(|v| v.addresses.values());
            held.into_iter().any(|a| a.address == address)
        };
        let name = format!("{}/{}/{}", self.shared.host, endpoint.scope, endpoint.id);
        let (address, listener) =
            socket::find(endpoint.port_wanted, fnv1a(name.as_bytes()), known)?;
        let record = EndpointAddress {
            scope: endpoint.scope.clone(),
            id: endpoint.id.clone(),
            address,
        };
        let txn = Txn::new()
            .when_absent(record.key())
            .put_json(record.key(), &record);
        let outcome = self.store.txn(txn).await?;
        if outcome.committed() && endpoint.id.kind != EndpointKind::Node {
            let key = (endpoint.scope.clone(), endpoint.id.clone());
            self.shared.endpoints.know(&key, address, Some(listener));
        }
        // A node opens its own address itself; ours is closed here.
        Ok(())
    }

    /// Replicas first, so that each ends with all that its primary had.
    async fn stop_nodes(mut self) {
        let started = Timestamp::from(SystemTime::now());
        for phase in [Phase::StopReplicas, Phase::StopAll] {
            self.phase.send_replace(phase);
            for kept in self.keepers.values_mut() {
                if kept.is_replica || phase == Phase::StopAll {
                    let _ = (&mut kept.task).await;
                }
            }
            self.keepers.retain(|_, kept| !kept.task.is_finished());
        }
        if let Err(error) = self.reporter.flush().await {
            tracing::warn!(%error, "the end of the nodes could not be recorded");
        }
        let took = Timestamp::from(SystemTime::now()).since(started);
        tracing::info!(took_ms = took.as_millis() as u64, "all nodes have ended");
        if let Err(error) = self.store.revoke_lease(self.registration.lease).await {
            tracing::warn!(%error, "the host stays registered until its lease ends");
        }
    }
}
