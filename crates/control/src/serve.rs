//! The service's life: everything in one process, started in an order in which a
//! failure leaves nothing half done, stopped in the opposite one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use agent::{Agent, AgentOptions};
use control_api::{ApiContext, Credentials};
use control_model::Scope;
use control_reconcile::Reconciler;
use control_store::{EmbeddedStore, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::credentials::{self, FirstKey};
use crate::error::ServeError;
use crate::http;
use crate::options::ServeOptions;

/// How long requests under way may take to end once the service stops.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// [`serve`] on a runtime of its own, for programs without one.
pub fn run(options: ServeOptions) -> Result<(), ServeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(serve(options))
}

/// Runs the service until Ctrl-C or SIGTERM.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    if options.any_credentials && !options.api_addr.ip().is_loopback() {
        return Err(ServeError::AnyCredentials(options.api_addr));
    }
    // The region does not matter here, the account must be fit for keys.
    Scope::new(&options.account, "any")?;
    let mut signals = Signals::new()?;
    let data_dir = prepare(&options.data_dir)?;
    // Bound first: a taken port is found out before any node is started.
    let listener = TcpListener::bind(options.api_addr).await;
    let listener = listener.map_err(|error| ServeError::Bind {
        address: options.api_addr,
        error,
    })?;
    // With port 0 the system chose one.
    let address = listener.local_addr()?;
    let store = EmbeddedStore::open(&data_dir.join("control.redb")).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let now = SystemTime::now().into();
    let key = credentials::first_key(&*store, &data_dir, &options.account, now).await?;
    let agent = Agent::start(Arc::clone(&store), agent_options(&options, data_dir)?).await?;
    let reconciler = Reconciler::new(Arc::clone(&store));
    let reconciling = tokio::spawn(async move { reconciler.run().await });

    let context = ApiContext {
        store,
        credentials: match options.any_credentials {
            true => Credentials::Any,
            false => Credentials::Checked,
        },
        account: options.account.clone(),
        // The reconciler watches the store itself.
        nudge: Arc::new(|| {}),
    };
    let (stop_http, http_stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, http::router(context)).with_graceful_shutdown(async {
        let _ = http_stopped.await;
    });
    let mut serving = tokio::spawn(async move { serving.await });
    say_ready(&options, address, &key);

    signals.next().await;
    tracing::info!("stopping");
    let _ = stop_http.send(());
    if tokio::time::timeout(LAST_REQUESTS, &mut serving)
        .await
        .is_err()
    {
        serving.abort();
    }
    // No decision any more from here on: nodes that end now are not replaced.
    reconciling.abort();
    let _ = reconciling.await;
    if options.leave_nodes {
        agent.leave().await;
        return Ok(());
    }
    tokio::select! {
        () = agent.stop() => {}
        () = signals.next() => tracing::warn!("stopped again; what still runs is left running"),
    }
    Ok(())
}

/// Makes the data directory, for its owner only, and gives its full name.
fn prepare(data_dir: &std::path::Path) -> Result<PathBuf, ServeError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(ServeError::file("creating", data_dir))?;
    data_dir
        .canonicalize()
        .map_err(ServeError::file("finding", data_dir))
}

fn agent_options(options: &ServeOptions, data_dir: PathBuf) -> Result<AgentOptions, ServeError> {
    let node_program = match &options.node_exe {
        Some(path) => path
            .canonicalize()
            .map_err(ServeError::file("finding", path))?,
        None => std::env::current_exe()?,
    };
    Ok(AgentOptions {
        data_dir,
        node_program,
        node_arguments: options.node_arguments.iter().map(PathBuf::from).collect(),
    })
}

/// What a person at the terminal needs to go on.
fn say_ready(options: &ServeOptions, address: SocketAddr, first: &FirstKey) {
    println!("Elastane is ready: the ElastiCache API is at http://{address}");
    let file = first.file.display();
    if options.any_credentials {
        println!(
            "ANY access key is accepted (--any-credentials); do not let others reach this port."
        );
    } else if first.is_new {
        println!("An access key was made and is kept in {file}:");
        print!("{}", credentials::exports(&first.key));
    } else {
        println!("The access key is in {file}.");
    }
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, ServeError> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
