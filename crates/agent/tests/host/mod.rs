//! A host with a store, an agent and a reconciler in this process, and fake
//! nodes as real processes.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::{Agent, AgentOptions};
use control_model::keys::{self, Keyed};
use control_model::*;
use control_reconcile::Reconciler;
use control_store::{EmbeddedStore, Store, StoreExt, Txn, TxnExt};
use tokio::task::JoinHandle;

/// Long enough for a loaded machine; nothing is asserted about time.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct TestHost {
    dir: tempfile::TempDir,
    store: Arc<EmbeddedStore>,
    agent: Option<Agent>,
    reconciler: Option<JoinHandle<()>>,
    pub(crate) group: ReplicationGroupId,
}

impl TestHost {
    /// With a group `demo` of that many members, available.
    pub(crate) async fn with_group(members: usize) -> Self {
        let dir = tempfile::Builder::new().prefix("el").tempdir().unwrap();
        let store = EmbeddedStore::open(&dir.path().join("s.redb"))
            .await
            .unwrap();
        let mut group = testing::group("demo", members);
        group.port = free_port();
        let txn = Txn::new().put_json(group.key(), &group);
        store.txn(txn).await.unwrap();
        let mut host = Self {
            dir,
            store: Arc::new(store),
            agent: None,
            reconciler: None,
            group: group.id,
        };
        host.start_service().await;
        host.until(|v| v.group(&testing_id()).unwrap().status() == GroupStatus::Available)
            .await;
        host
    }

    pub(crate) async fn start_service(&mut self) {
        let store: Arc<dyn Store> = self.store.clone();
        let options = AgentOptions {
            data_dir: self.dir.path().to_owned(),
            node_program: fake_node(),
            node_arguments: Vec::new(),
        };
        self.agent = Some(Agent::start(Arc::clone(&store), options).await.unwrap());
        let reconciler = Reconciler::new(store);
        self.reconciler = Some(tokio::spawn(async move { reconciler.run().await }));
    }

    /// As `kill -9` of the service would leave it.
    pub(crate) async fn lose_service(&mut self) {
        self.reconciler.take().unwrap().abort();
        self.agent.take().unwrap().leave().await;
    }

    pub(crate) async fn stop_service(&mut self) {
        self.reconciler.take().unwrap().abort();
        self.agent.take().unwrap().stop().await;
    }

    pub(crate) async fn view(&self) -> ScopeView {
        let scope = testing::scope();
        let listing = self.store.list(&keys::scope(&scope)).await.unwrap();
        ScopeView::from_records(scope, listing.records()).unwrap()
    }

    pub(crate) async fn until(&self, reached: impl Fn(&ScopeView) -> bool) -> ScopeView {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view = self.view().await;
            if reached(&view) {
                return view;
            }
            assert!(Instant::now() < deadline, "never reached: {view:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// All members are available and none recovers.
    pub(crate) async fn until_whole(&self, members: usize) -> ScopeView {
        self.until(|v| {
            let all = v.group(&self.group).unwrap().members();
            all.len() == members
                && all
                    .iter()
                    .all(|m| m.status() == CacheClusterStatus::Available)
        })
        .await
    }

    pub(crate) async fn pids(&self) -> Vec<u32> {
        let view = self.view().await;
        let pid = |s: &Versioned<NodeObserved>| match s.state {
            ProcessState::Running { pid } => Some(pid),
            _ => None,
        };
        view.seen.values().filter_map(pid).collect()
    }

    /// `kill` with a signal, of a process that this test started.
    pub(crate) async fn signal(&self, member: u32, signal: rustix::process::Signal) {
        let view = self.view().await;
        let ProcessState::Running { pid } = view.seen[&self.group.member(member)].state else {
            panic!("demo-00{member} does not run");
        };
        let pid = rustix::process::Pid::from_raw(pid as i32).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) async fn change_group(&self, change: impl FnOnce(&mut ReplicationGroup)) {
        let view = self.view().await;
        let mut group = view.groups[&self.group].value.clone();
        change(&mut group);
        let txn = Txn::new().put_json(group.key(), &group);
        self.store.txn(txn).await.unwrap();
    }

    pub(crate) async fn messages(&self) -> Vec<String> {
        let prefix = keys::events(&testing::scope());
        let events = self.store.list_json::<Event>(&prefix).await.unwrap();
        events.into_iter().map(|(e, _)| e.message).collect()
    }

    /// As if the agent had been lost between starting and recording them.
    pub(crate) fn forget_processes(&self) {
        for node in self.node_files() {
            std::fs::remove_file(node.join("process.json")).unwrap();
        }
    }

    pub(crate) fn node_files(&self) -> Vec<PathBuf> {
        let scope = self.dir.path().join("nodes/123456789012/us-east-1");
        let found = std::fs::read_dir(scope).unwrap();
        found.map(|e| e.unwrap().path()).collect()
    }
}

fn testing_id() -> ReplicationGroupId {
    ReplicationGroupId::parse("demo").unwrap()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn fake_node() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    target.join("examples/fake_node")
}

/// One line asked and answered on a fresh connection, retried while the
/// endpoint is between two servers.
pub(crate) fn ask(address: SocketAddr, line: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match try_ask(address, line) {
            Ok(answer) if !answer.is_empty() => return answer,
            other => assert!(Instant::now() < deadline, "{line} at {address}: {other:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn try_ask(address: SocketAddr, line: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{line}\r\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
