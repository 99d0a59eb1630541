//! One task a node: it owns the process, brings it in line with the assignment
//! and says what it sees. `manage` has the part that talks to a living node.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use control_model::{
    EndpointKind, HostId, NodeObserved, NodeSpec, ProcessState, RoleSpec, RunIntent,
};
use node_api::{Request, Status};
use tokio::sync::{mpsc, watch};

use crate::admin;
use crate::board::{Board, NodeKey, Sighting};
use crate::config_file;
use crate::endpoints::{EndpointKey, Endpoints};
use crate::error::AgentError;
use crate::paths::{NodePaths, node_id};
use crate::process::{Ended, Process, ProcessRecord};
use crate::reporter::replication_of;

/// Between two probes of a node that is as it should be.
pub(crate) const PROBE_PERIOD: Duration = Duration::from_secs(1);
/// How long a process may take to end after SIGTERM.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How long a node may take to save and end when the service stops.
const SAVE_PATIENCE: Duration = Duration::from_secs(20);
/// A process that lived shorter is started again only after a growing pause.
const SHORT_LIFE: Duration = Duration::from_secs(30);
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(30);

/// What all keepers of an agent share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) host: HostId,
    pub(crate) session: u64,
    pub(crate) data_dir: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<PathBuf>,
    pub(crate) board: Arc<Board>,
    pub(crate) endpoints: Arc<Endpoints>,
}

/// How far the agent is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// The service stops: replicas end.
    StopReplicas,
    /// Then everyone.
    StopAll,
}

/// One round of looking at a living node.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) process: u32,
    pub(crate) status: Option<Status>,
    /// None: the data port was not asked this time.
    pub(crate) ping: Option<bool>,
}

pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: NodeKey,
    pub(crate) paths: NodePaths,
    specs: watch::Receiver<Option<NodeSpec>>,
    phases: watch::Receiver<Phase>,
    pub(crate) process: Option<Process>,
    pub(crate) record: Option<ProcessRecord>,
    /// The admin socket has answered this session.
    pub(crate) ready: bool,
    pub(crate) started: Instant,
    pub(crate) status: Option<Status>,
    /// Probes of the data port in a row without answer.
    pub(crate) misses: u32,
    /// Endpoints handed over by this session of the agent.
    pub(crate) served: BTreeSet<EndpointKind>,
    short_lives: u32,
    not_before: Option<Instant>,
    pub(crate) pinged: Option<Instant>,
    pub(crate) probing: bool,
    pub(crate) probes: (mpsc::Sender<Probe>, mpsc::Receiver<Probe>),
}

impl Keeper {
    pub(crate) fn new(
        shared: Arc<Shared>,
        key: NodeKey,
        specs: watch::Receiver<Option<NodeSpec>>,
        phases: watch::Receiver<Phase>,
    ) -> Self {
        let paths = NodePaths::new(&shared.data_dir, &key.0, &key.1);
        Self {
            shared,
            key,
            paths,
            specs,
            phases,
            process: None,
            record: None,
            ready: false,
            started: Instant::now(),
            status: None,
            misses: 0,
            served: BTreeSet::new(),
            short_lives: 0,
            not_before: None,
            pinged: None,
            probing: false,
            probes: mpsc::channel(1),
        }
    }

    /// Runs until the node is removed, the service stops, or the agent goes away
    /// (which leaves the process running).
    pub(crate) async fn run(mut self) {
        self.find_process();
        self.find_orphan().await;
        loop {
            let spec = self.specs.borrow_and_update().clone();
            let phase = *self.phases.borrow_and_update();
            let Some(spec) = spec else {
                self.remove().await;
                return;
            };
            let is_replica = matches!(spec.role, RoleSpec::Replica { .. });
            if phase == Phase::StopAll || (phase == Phase::StopReplicas && is_replica) {
                self.stop_for_service().await;
                self.post(&spec);
                return;
            }
            let pause = self.converge(&spec).await.min(self.until_ping());
            self.post(&spec);
            let process = self.process.as_ref();
            let ended = async {
                match process {
                    Some(process) => process.ended().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.specs.changed() => if changed.is_err() { return },
                changed = self.phases.changed() => if changed.is_err() { return },
                () = ended => self.has_ended(false, None),
                Some(probe) = self.probes.1.recv() => self.take(probe),
                () = tokio::time::sleep(pause) => self.start_probe(&spec),
            }
        }
    }

    /// Looks for what an earlier session of the agent left.
    fn find_process(&mut self) {
        let file = self.paths.process_file();
        let Some(mut record) = ProcessRecord::load(&file) else {
            return;
        };
        self.process = Process::adopt(&record);
        if self.process.is_some() {
            tracing::info!(node = %self.key.1, pid = record.pid, "adopted");
        } else if record.ended.is_none() {
            record.ended = Some(Ended {
                asked: false,
                reason: "it was gone when the agent came back".to_owned(),
            });
            self.save(&record);
        }
        self.record = Some(record);
    }

    /// A process that was started just before the agent was lost, and was not
    /// recorded any more, is known by what it says on its admin socket.
    async fn find_orphan(&mut self) {
        let spec = self.specs.borrow().clone();
        let Some(spec) = spec.filter(|_| self.process.is_none()) else {
            return;
        };
        let socket = self.paths.admin_socket(spec.data);
        let answered = admin::ask(&socket, admin::AdminClient::hello).await;
        let Ok(hello) = answered else { return };
        if hello.node_id != node_id(&spec, spec.data) {
            return;
        }
        if let Some(process) = Process::adopt_pid(hello.pid) {
            let record = process.record(spec.process, spec.data);
            self.save(&record);
            tracing::info!(node = %self.key.1, pid = hello.pid, "adopted, though never recorded");
            self.record = Some(record);
            self.process = Some(process);
        }
    }

    /// Brings the process in line with the assignment; returns how long to wait.
    async fn converge(&mut self, spec: &NodeSpec) -> Duration {
        match spec.run {
            RunIntent::Fenced => {
                if let Some(process) = &self.process {
                    process.kill().await;
                    self.has_ended(true, Some("fenced"));
                }
                self.settle_stopped(spec);
                PROBE_PERIOD
            }
            RunIntent::Stopped => {
                if let Some(process) = &self.process {
                    process.stop(STOP_PATIENCE).await;
                    self.has_ended(true, Some("stopped"));
                }
                self.settle_stopped(spec);
                PROBE_PERIOD
            }
            RunIntent::Running => self.keep_running(spec).await,
        }
    }

    async fn keep_running(&mut self, spec: &NodeSpec) -> Duration {
        let number = self.record.as_ref().map_or(0, |r| r.process);
        if let Some(process) = &self.process
            && number < spec.process
        {
            process.kill().await;
            self.has_ended(true, Some("superseded"));
        }
        if self.process.is_none() && number < spec.process {
            if let Some(wait) = self
                .not_before
                .and_then(|t| t.checked_duration_since(Instant::now()))
                && !wait.is_zero()
            {
                return wait;
            }
            if let Err(error) = self.start(spec) {
                tracing::error!(node = %self.key.1, %error, "a node could not be started");
                self.lived_shortly();
                return PROBE_PERIOD;
            }
        }
        match self.process {
            Some(_) => self.manage(spec).await,
            None => PROBE_PERIOD,
        }
    }

    fn start(&mut self, spec: &NodeSpec) -> Result<(), AgentError> {
        let data = self.paths.data(spec.data);
        std::fs::create_dir_all(&data).map_err(AgentError::file("creating", &data))?;
        self.remove_old_data(spec.data);
        let socket = self.paths.admin_socket(spec.data);
        let _ = std::fs::remove_file(&socket);
        let config = self.paths.config(spec.data);
        let text = config_file::render(spec, &data, &socket);
        write_private(&config, &text)?;
        let mut arguments: Vec<_> = self.shared.arguments.iter().map(PathBuf::as_path).collect();
        arguments.push(&config);
        let log = self.paths.log(spec.data);
        let process = Process::start(&self.shared.program, &arguments, &data, &log)?;
        let record = process.record(spec.process, spec.data);
        self.save(&record);
        tracing::info!(node = %self.key.1, pid = record.pid, process = spec.process, "started");
        self.record = Some(record);
        self.process = Some(process);
        self.started = Instant::now();
        Ok(())
    }

    /// Data directories of replaced nodes.
    fn remove_old_data(&self, current: u32) {
        let Ok(found) = std::fs::read_dir(self.paths.root()) else {
            return;
        };
        for entry in found.flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|n| n.parse::<u32>().ok());
            let Some(old) = number.filter(|n| *n < current) else {
                continue;
            };
            let _ = std::fs::remove_file(self.paths.admin_socket(old));
            if let Err(error) = std::fs::remove_dir_all(entry.path()) {
                tracing::warn!(path = %entry.path().display(), %error, "old data stay");
            }
        }
    }

    /// The process has ended, or was ended by the agent for `reason`.
    pub(crate) fn has_ended(&mut self, asked: bool, reason: Option<&str>) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let seen = process.reason();
        let reason = reason.map_or(seen, str::to_owned);
        tracing::info!(node = %self.key.1, pid = process.pid, reason, asked, "a node's process ended");
        if let Some(mut record) = self.record.clone() {
            record.ended = Some(Ended { asked, reason });
            self.save(&record);
            self.record = Some(record);
        }
        self.served.clear();
        for kind in [EndpointKind::Primary, EndpointKind::Reader] {
            if let Some(key) = self.endpoint(kind) {
                self.shared.endpoints.set_serving(&key, &self.key.1, false);
            }
        }
        self.ready = false;
        self.status = None;
        self.misses = 0;
        if self.started.elapsed() < SHORT_LIFE && !asked {
            self.lived_shortly();
        } else {
            self.short_lives = 0;
        }
    }

    fn lived_shortly(&mut self) {
        // The first loss is made good at once.
        let pause = match self.short_lives {
            0 => Duration::ZERO,
            n => Duration::from_millis(500 << n.min(6)).min(RESTART_PAUSE_MAX),
        };
        self.short_lives += 1;
        self.not_before = Some(Instant::now() + pause);
    }

    /// With nothing running and nothing wanted: says so about the process asked for.
    fn settle_stopped(&mut self, spec: &NodeSpec) {
        let current = self
            .record
            .as_ref()
            .is_some_and(|r| r.process >= spec.process && r.ended.is_some());
        if current {
            return;
        }
        let record = ProcessRecord {
            process: spec.process,
            data: spec.data,
            pid: 0,
            start_ticks: 0,
            boot_id: String::new(),
            ended: Some(Ended {
                asked: true,
                reason: "never started".to_owned(),
            }),
        };
        if std::fs::create_dir_all(self.paths.root()).is_ok() {
            self.save(&record);
        }
        self.record = Some(record);
    }

    async fn stop_for_service(&mut self) {
        let Some(process) = &self.process else { return };
        let socket = self.admin_socket();
        let save = Request::Shutdown { save: true };
        let asked = admin::order(&socket, save, Vec::new()).await;
        let saved = match asked {
            Ok(()) => tokio::time::timeout(SAVE_PATIENCE, process.ended())
                .await
                .is_ok(),
            Err(_) => false,
        };
        if !saved {
            process.stop(STOP_PATIENCE).await;
        }
        self.has_ended(true, Some("the service was stopped"));
    }

    /// The assignment is gone: so are process, files and sighting.
    async fn remove(&mut self) {
        if let Some(process) = &self.process {
            process.stop(STOP_PATIENCE).await;
            self.has_ended(true, Some("removed"));
        }
        let _ = std::fs::remove_file(self.admin_socket());
        if let Err(error) = std::fs::remove_dir_all(self.paths.root())
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.paths.root().display(), %error, "a node's files stay");
        }
        self.shared.board.post(&self.key, None);
    }

    fn save(&self, record: &ProcessRecord) {
        if let Err(error) = record.save(&self.paths.process_file()) {
            tracing::error!(node = %self.key.1, %error, "a process could not be recorded");
        }
    }

    pub(crate) fn admin_socket(&self) -> PathBuf {
        let data = self.record.as_ref().map_or(0, |r| r.data);
        self.paths.admin_socket(data)
    }

    /// The key of a shared endpoint of this node's group.
    pub(crate) fn endpoint(&self, kind: EndpointKind) -> Option<EndpointKey> {
        let spec = self.specs.borrow();
        let owner = spec
            .as_ref()
            .map(|s| s.owner.clone())
            .or_else(|| self.last_owner())?;
        let id = control_model::EndpointId { owner, kind };
        Some((self.key.0.clone(), id))
    }

    /// The owner, when the assignment is gone already.
    fn last_owner(&self) -> Option<control_model::Owner> {
        let sightings = self.shared.board.all();
        let sighting = sightings.get(&self.key)?.as_ref()?;
        Some(sighting.owner.clone())
    }

    /// Puts what is seen on the board.
    fn post(&self, spec: &NodeSpec) {
        let hung = self.misses >= NodeObserved::HUNG_AFTER;
        let state = match (&self.process, &self.record) {
            (Some(p), _) if self.ready || hung => ProcessState::Running { pid: p.pid },
            (Some(p), _) => ProcessState::Starting { pid: p.pid },
            (None, Some(ProcessRecord { ended: Some(e), .. })) => ProcessState::Exited {
                asked: e.asked,
                reason: e.reason.clone(),
            },
            (None, _) => ProcessState::Absent,
        };
        let observed = NodeObserved {
            scope: self.key.0.clone(),
            cluster: self.key.1.clone(),
            host: self.shared.host.clone(),
            session: self.shared.session,
            process: self.record.as_ref().map_or(0, |r| r.process),
            data: self.record.as_ref().map_or(0, |r| r.data),
            state,
            hung,
            replication: self.status.as_ref().map(replication_of),
            serving: self.served.iter().copied().collect(),
            seen_at: SystemTime::now().into(),
        };
        let sighting = Sighting {
            observed,
            owner: spec.owner.clone(),
            leads: matches!(spec.role, RoleSpec::Primary { .. }),
            admin_socket: self.admin_socket(),
        };
        self.shared.board.post(&self.key, Some(sighting));
    }
}

/// The file holds the link's secret.
fn write_private(path: &std::path::Path, text: &str) -> Result<(), AgentError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut f| f.write_all(text.as_bytes()))
        .map_err(AgentError::file("writing", path))
}
