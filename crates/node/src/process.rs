//! What commands ask of the process: memory, parameters taken into use, shutdown.

use crate::log;
use crate::memory::MemoryUse;
use crate::shutdown::{Ending, Ends};
use engine_dispatch::Server;
use engine_dispatch::server::{Process, Shutdown, Usage};
use engine_persist::disk::{self, RealDisk};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// The process, as commands know it.
pub(crate) struct NodeProcess {
    pub(crate) server: &'static Server,
    memory: MemoryUse,
    config_file: Option<String>,
    admin_socket: String,
    /// Memory in use when the process began to serve, bytes.
    memory_at_start: u64,
    pub(crate) ending: Ending,
    pub(crate) ends: OnceLock<Ends>,
    exiting: AtomicBool,
    me: Weak<Self>,
}

impl NodeProcess {
    pub(crate) fn new(server: &'static Server, config_file: Option<String>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            server,
            memory: MemoryUse::default(),
            config_file,
            admin_socket: server.config.text(params::ADMIN_SOCKET),
            memory_at_start: crate::usage::now().allocator_allocated,
            ending: Ending::default(),
            ends: OnceLock::new(),
            exiting: AtomicBool::new(false),
            me: me.clone(),
        })
    }

    /// The users for redis.conf; none where a file of their own has them.
    fn user_lines(&self) -> Vec<Vec<u8>> {
        if !self.server.config.bytes(params::ACLFILE).is_empty() {
            return Vec::new();
        }
        let users = self.server.acl.all();
        users.iter().map(|user| user.line()).collect()
    }

    /// Compares the threads' own counts with the allocator's; now and then.
    pub(crate) fn correct_memory(&self) {
        self.memory.correct();
    }

    /// Whether the control plane runs this node.
    pub(crate) fn is_managed(&self) -> bool {
        !self.admin_socket.is_empty()
    }

    /// The last step of a shutdown; the first call counts.
    pub(crate) fn exit(&self) {
        if self.exiting.swap(true, Ordering::SeqCst) {
            return;
        }
        if !self.admin_socket.is_empty() {
            // A stale socket would only make the agent wait for an answer.
            let _ = std::fs::remove_file(&self.admin_socket);
        }
        let pid_file = self.server.config.text(params::PIDFILE);
        if !pid_file.is_empty() {
            let _ = std::fs::remove_file(pid_file);
        }
        log::warning("Elastane is now ready to exit, bye bye...");
        std::process::exit(0);
    }
}

impl Process for NodeProcess {
    fn memory_used(&self) -> u64 {
        // Slots' headers come with the first keys and stay: evicting for them would be for nothing.
        self.memory
            .bytes()
            .saturating_sub(self.server.keyspace.header_bytes())
    }

    fn apply(&self, id: params::Id) -> Result<(), String> {
        if id == params::LOGLEVEL {
            log::set_level(self.server.config.choice(id));
        } else if id == params::REPL_BACKLOG_SIZE {
            self.server
                .journal
                .set_backlog_bytes(self.server.config.memory(id));
        } else if id == params::APPENDONLY {
            if let Some(persistence) = self.server.persistence() {
                persistence.append_only(self.server.config.flag(id))?;
            }
        } else if [params::APPENDFSYNC, params::AOF_TIMESTAMP_ENABLED].contains(&id) {
            engine_storage::configure(self.server);
        } else if id == params::DIR {
            let dir = self.server.config.text(id);
            std::env::set_current_dir(&dir).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    fn shutdown(&self, how: Shutdown) {
        if let Some(process) = self.me.upgrade() {
            process.begin_shutdown(how);
        }
    }

    fn abort_shutdown(&self) -> bool {
        self.ending.abort()
    }

    fn serve_others(&self) {
        crate::io_thread::serve_others();
    }

    fn config_file(&self) -> Option<String> {
        self.config_file.clone()
    }

    fn rewrite_config(&self) -> Result<(), String> {
        let Some(file) = &self.config_file else {
            return Err("there is no file".into());
        };
        let before = match std::fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.to_string()),
        };
        let text =
            params::rewrite_with(&before, &self.server.config, &[("user", self.user_lines())]);
        replace_file(Path::new(file), &text).map_err(|error| error.to_string())
    }

    fn read_file(&self, path: &str) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn replace_file(&self, path: &str, text: &[u8]) -> std::io::Result<()> {
        let replaced = replace_file(Path::new(path), text);
        if let Err(error) = &replaced {
            log::warning(&format!("Writing {path} failed: {error}"));
        }
        replaced
    }

    fn port(&self) -> u16 {
        self.server.config.int(params::PORT) as u16
    }

    fn usage(&self) -> Usage {
        Usage {
            at_start: self.memory_at_start,
            ..crate::usage::now()
        }
    }

    fn os(&self) -> String {
        crate::usage::os()
    }

    fn executable(&self) -> String {
        std::env::current_exe().map_or_else(|_| String::new(), |path| path.display().to_string())
    }

    fn log(&self, line: &str) {
        log::warning(line);
    }

    fn purge_memory(&self) {
        crate::memory::purge();
    }
}

/// Puts a file in the place of another so that at any moment one of the two is there, whole.
fn replace_file(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".tmp-{}", std::process::id()));
    let new = Path::new(&name);
    let written = disk::replace(&RealDisk, file, new, text);
    if written.is_err() {
        // What is left of it helps nobody.
        let _ = std::fs::remove_file(new);
    }
    written
}
