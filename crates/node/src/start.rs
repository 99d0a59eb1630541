//! From the command line to a running node.

use crate::accept::Listeners;
use crate::admin::Admin;
use crate::io_thread::{self, Port};
use crate::log;
use crate::memory::count_this_thread;
use crate::process::NodeProcess;
use crate::replication::Roles;
use crate::shutdown::Ends;
use engine_dispatch::Server;
use engine_dispatch::client::Endpoint;
use engine_dispatch::server::{Shutdown, Usage};
use engine_storage::Saver;
use params::args::{Invocation, Start};
use params::{Config, Directive};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Starts a node as `redis-server` is started: `[file] [--directive value …] [-]`. Returns only if it cannot start,
/// or has printed what it was asked for.
#[must_use]
pub fn run(args: &[Vec<u8>], version: &'static str) -> ExitCode {
    let invocation = match params::args::parse(args) {
        Start::Version => {
            println!("Elastane node v={version} bits=64");
            return ExitCode::SUCCESS;
        }
        Start::Help => {
            println!("Usage: elastane node [/path/to/redis.conf] [options] [-]");
            println!(
                "  Options are directives of the configuration file: --port 7777 --maxmemory 100mb"
            );
            return ExitCode::SUCCESS;
        }
        Start::Run(invocation) => invocation,
    };
    match Node::start(&invocation, version) {
        Ok(never) => never,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

struct Node;

impl Node {
    fn start(invocation: &Invocation, version: &'static str) -> Result<ExitCode, String> {
        count_this_thread();
        let mut users = Vec::new();
        let config = configuration(invocation, &mut users)?;
        // Before the working directory changes, by which a relative path would change its meaning.
        let file = invocation
            .file
            .as_ref()
            .map(|f| absolute(&String::from_utf8_lossy(f)));
        let dir = config.text(params::DIR);
        if !dir.is_empty() {
            std::env::set_current_dir(&dir).map_err(|e| format!("Can't chdir to '{dir}': {e}"))?;
        }
        log::open(&config.text(params::LOGFILE))
            .map_err(|e| format!("Can't open the log file: {e}"))?;
        log::set_level(config.choice(params::LOGLEVEL));
        log::notice(&format!(
            "Elastane {version} is starting, pid={}",
            std::process::id()
        ));
        let mut random = [0; 28];
        getrandom::fill(&mut random).map_err(|e| format!("no random numbers: {e}"))?;
        let threads = config.int(params::IO_THREADS).clamp(1, 128) as usize;
        let server = Server::new(engine_commands::table(), config, threads, random);
        let process = NodeProcess::new(server, file);
        server.set_process(Box::new(ProcessHandle(process.clone())));
        for notice in server.acl.load_at_start(server, &users)? {
            log::notice(&notice);
        }
        start_reaper(server)?;
        let ports = make_ports(threads)?;
        start_syncs(server, &ports)?;
        let roles = Roles::new(server);
        roles.start()?;
        let saver = crate::storage::start(server)?;
        let _ = process.ends.set(Ends {
            saver: saver.clone(),
            replication: roles.replication.clone(),
        });
        // Until the file is loaded; a managed node gets its data from its group.
        let loads = !process.is_managed();
        server.loading.store(loads, Ordering::Relaxed);
        io_thread::start(server, &ports, &roles.replication)
            .map_err(|e| format!("I/O threads: {e}"))?;
        let listeners = Listeners::new(server, ports).map_err(|e| format!("listeners: {e}"))?;
        for (address, fd) in bind_all(server)? {
            log::notice(&format!("Listening on {address}"));
            listeners
                .serve(Endpoint::Node, fd, None)
                .map_err(|e| format!("listen on {address}: {e}"))?;
        }
        write_pid_file(server);
        let acceptor = listeners.clone();
        std::thread::Builder::new()
            .name("accept".into())
            .spawn(move || {
                if let Err(error) = acceptor.run() {
                    log::warning(&format!("Accepting connections failed: {error}. Ending."));
                    std::process::exit(1);
                }
            })
            .map_err(|e| format!("acceptor: {e}"))?;
        let (listeners, process) = (listeners.clone(), process.clone());
        let admin = Admin {
            server,
            listeners,
            process: process.clone(),
            roles: roles.clone(),
            version,
        };
        crate::admin::start(admin)?;
        // The line that suites take for "ports are open": they connect once they have read it.
        log::notice(&format!(
            "Elastane {version}, port {}, PID: {}",
            server.config.int(params::PORT),
            std::process::id()
        ));
        log::notice("Server initialized");
        if loads {
            crate::storage::load(server, &saver)?;
        } else {
            be_ready(server);
        }
        look_after(&process, &roles, &saver);
        Ok(ExitCode::SUCCESS)
    }
}

/// The data is there: the node follows whom it is to follow.
pub(crate) fn be_ready(server: &'static Server) {
    server.loading.store(false, Ordering::Relaxed);
    if let Some((host, port)) = server.config.replica_of() {
        server
            .replication()
            .into_iter()
            .for_each(|r| r.follow(&host, port));
    }
    // The line that supervisors and test suites wait for.
    log::notice("Ready to accept connections tcp");
}

/// A process shared between the server and the thread that looks after it.
struct ProcessHandle(Arc<NodeProcess>);

impl engine_dispatch::server::Process for ProcessHandle {
    fn memory_used(&self) -> u64 {
        self.0.memory_used()
    }
    fn apply(&self, id: params::Id) -> Result<(), String> {
        self.0.apply(id)
    }
    fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
    fn abort_shutdown(&self) -> bool {
        self.0.abort_shutdown()
    }
    fn config_file(&self) -> Option<String> {
        self.0.config_file()
    }
    fn rewrite_config(&self) -> Result<(), String> {
        self.0.rewrite_config()
    }
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.read_file(path)
    }
    fn replace_file(&self, path: &str, text: &[u8]) -> io::Result<()> {
        self.0.replace_file(path, text)
    }
    fn port(&self) -> u16 {
        self.0.port()
    }
    fn usage(&self) -> Usage {
        self.0.usage()
    }
    fn os(&self) -> String {
        self.0.os()
    }
    fn executable(&self) -> String {
        self.0.executable()
    }
    fn log(&self, line: &str) {
        self.0.log(line);
    }
    fn purge_memory(&self) {
        self.0.purge_memory();
    }
}

fn absolute(file: &str) -> String {
    std::fs::canonicalize(file).map_or_else(|_| file.to_string(), |p| p.display().to_string())
}

/// The parameters; `user` lines go to `users`.
fn configuration(invocation: &Invocation, users: &mut Vec<Vec<Vec<u8>>>) -> Result<Config, String> {
    let file = match &invocation.file {
        None => Vec::new(),
        Some(file) => {
            let name = String::from_utf8_lossy(file).into_owned();
            std::fs::read(&name).map_err(|e| {
                format!(
                    "Fatal error, can't open config file '{}': {e}",
                    absolute(&name)
                )
            })?
        }
    };
    let mut stdin = Vec::new();
    if invocation.stdin {
        io::stdin()
            .read_to_end(&mut stdin)
            .map_err(|e| format!("standard input: {e}"))?;
    }
    let config = Config::new();
    let text = invocation.text(&file, &stdin);
    let version = config.text(params::ENGINE_VERSION);
    params::load(&config, &text, &mut |directive| carry_out(directive, users)).map_err(
        |error| match error {
            params::LoadError::Conf(error) => error.fatal(&version),
            params::LoadError::Include(text) => text,
        },
    )?;
    Ok(config)
}

fn carry_out(
    directive: Directive,
    users: &mut Vec<Vec<Vec<u8>>>,
) -> Result<Option<Vec<u8>>, String> {
    match directive {
        Directive::Include(pattern) => {
            let name = String::from_utf8_lossy(&pattern).into_owned();
            std::fs::read(&name).map(Some).map_err(|e| {
                format!(
                    "Fatal error, can't open config file '{}': {e}",
                    absolute(&name)
                )
            })
        }
        Directive::RenameCommand { .. } => {
            Err("rename-command is not carried out by this version".into())
        }
        Directive::User(line) => {
            if users.iter().any(|user| user.first() == line.first()) {
                return Err(
                    "Duplicate user found. A user can only be defined once in config files".into(),
                );
            }
            users.push(line);
            Ok(None)
        }
        Directive::LoadModule(_) => Err("modules are not supported".into()),
        Directive::ModuleConfig { .. } => {
            Err("Module Configuration detected without loadmodule directive".into())
        }
    }
}

/// The thread that frees large values.
fn start_reaper(server: &'static Server) -> Result<(), String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    server.reaper.set(sender);
    std::thread::Builder::new()
        .name("reaper".into())
        .spawn(move || {
            count_this_thread();
            receiver.into_iter().for_each(drop);
        })
        .map(drop)
        .map_err(|e| format!("reaper: {e}"))
}

/// The thread that syncs the append-only file, and what is said of that file.
fn start_syncs(server: &'static Server, ports: &[Arc<Port>]) -> Result<(), String> {
    use engine_persist::aof::Event;
    let ports = ports.to_vec();
    server.aof.on_event(move |event| match event {
        Event::Synced => ports.iter().for_each(|port| port.waker.wake()),
        Event::WriteFailed(error) => {
            log::warning(&format!("Error writing to the AOF file: {error}"));
        }
        Event::WriteRecovered => {
            log::warning("AOF write error looks solved. The server can write again.");
        }
        Event::SyncFailed(error) => log::warning(&format!("Fail to fsync the AOF file: {error}")),
        Event::Fatal(text) => {
            log::warning(&format!("{text}. Exiting..."));
            std::process::exit(1);
        }
    });
    std::thread::Builder::new()
        .name("aof-sync".into())
        .spawn(|| server.aof.run_syncs())
        .map(drop)
        .map_err(|e| format!("aof-sync: {e}"))
}

fn make_ports(threads: usize) -> Result<Vec<Arc<Port>>, String> {
    (0..threads)
        .map(|_| Port::new().map(Arc::new))
        .collect::<io::Result<_>>()
        .map_err(|e| format!("epoll: {e}"))
}

/// Opens the sockets of `bind` and `port`, and `unixsocket`.
fn bind_all(server: &Server) -> Result<Vec<(String, OwnedFd)>, String> {
    let mut sockets = Vec::new();
    let port = server.config.int(params::PORT) as u16;
    let backlog = server.config.int(params::TCP_BACKLOG) as i32;
    if port != 0 {
        for name in server.config.bind() {
            // A leading '-' says that the address may be missing on this machine.
            let (name, optional) = match name.strip_prefix('-') {
                Some(rest) => (rest.to_string(), true),
                None => (name, false),
            };
            match bind_one(&name, port, backlog) {
                Ok(fd) => sockets.push((format!("{name}:{port}"), fd)),
                Err(e) if optional && e.kind() != io::ErrorKind::AddrInUse => {}
                Err(e) => {
                    return Err(format!(
                        "Warning: Could not create server TCP listening socket {name}:{port}: bind: {e}\nFailed listening on port {port} (tcp), aborting."
                    ));
                }
            }
        }
        if sockets.is_empty() {
            return Err(format!("Failed listening on port {port} (tcp), aborting."));
        }
    }
    let path = server.config.text(params::UNIXSOCKET);
    if !path.is_empty() {
        let _ = std::fs::remove_file(&path);
        let listener =
            std::os::unix::net::UnixListener::bind(&path).map_err(|e| format!("{path}: {e}"))?;
        sockets.push((path, listener.into()));
    }
    Ok(sockets)
}

fn bind_one(name: &str, port: u16, backlog: i32) -> io::Result<OwnedFd> {
    use socket2::{Domain, Socket, Type};
    let name = match name {
        "*" => "0.0.0.0",
        "::*" => "::",
        other => other,
    };
    let address: SocketAddr = match name.parse() {
        Ok(ip) => SocketAddr::new(ip, port),
        Err(_) => {
            use std::net::ToSocketAddrs;
            (name, port)
                .to_socket_addrs()?
                .next()
                .ok_or(io::ErrorKind::AddrNotAvailable)?
        }
    };
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog.max(1))?;
    Ok(socket.into())
}

fn write_pid_file(server: &Server) {
    let path = server.config.text(params::PIDFILE);
    if !path.is_empty()
        && let Err(error) = std::fs::write(Path::new(&path), format!("{}\n", std::process::id()))
    {
        log::warning(&format!("Failed to write PID file: {error}"));
    }
}

/// Waits for signals, and meanwhile keeps the figures true.
fn look_after(process: &Arc<NodeProcess>, roles: &Roles, saver: &Saver) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        log::warning("Signals cannot be received: only kill -9 will end this node");
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    };
    for tenths in 1u64.. {
        for signal in signals.pending() {
            match signal {
                SIGINT if process.ending.is_under_way() => {
                    log::warning("You insist... exiting now.");
                    std::process::exit(1);
                }
                SIGINT => signalled(process, "SIGINT", params::SHUTDOWN_ON_SIGINT),
                SIGTERM => signalled(process, "SIGTERM", params::SHUTDOWN_ON_SIGTERM),
                _ => {}
            }
        }
        process.correct_memory();
        saver.tick();
        if tenths.is_multiple_of(10) {
            roles.replication.tick();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Ends the process as `shutdown-on-sigint` or `shutdown-on-sigterm` says.
fn signalled(process: &Arc<NodeProcess>, name: &str, how: params::Id) {
    use params::choices::shutdown;
    log::warning(&format!("Received {name} scheduling shutdown..."));
    let how = process.server.config.int(how);
    let save = how & (shutdown::SAVE | shutdown::NOSAVE) != 0;
    process.begin_shutdown(Shutdown {
        save: save.then_some(how & shutdown::SAVE != 0),
        // The agent that stops a managed node knows what its replicas have.
        now: how & shutdown::NOW != 0 || process.is_managed(),
        force: how & shutdown::FORCE != 0,
        waiting: None,
    });
}
