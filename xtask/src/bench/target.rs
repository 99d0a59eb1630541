//! What is measured: an address and the process whose CPU time counts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{Server, free_port, pings, redis_says};
use crate::service::{Service, TempDir};
use crate::workspace::{output, scratch};

pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    pub(crate) pid: u32,
    /// Keeps what serves the address alive.
    _holds: Holds,
}

#[expect(
    dead_code,
    reason = "held for what ends when it is dropped; fields drop in order"
)]
enum Holds {
    Server(Server, TempDir),
    Group(Box<Service>, TempDir),
}

impl Target {
    /// A server started directly, pinned to `core`; `{port}` in the arguments stands for a free port.
    pub(crate) fn server(
        name: &'static str,
        program: &Path,
        arguments: &[&str],
        core: usize,
    ) -> Result<Target> {
        let dir = TempDir::new(&format!("bench-{name}"))?;
        let port = free_port()?;
        let mut command = Command::new("taskset");
        command
            .args(["--cpu-list", &core.to_string()])
            .arg(program)
            .current_dir(dir.path());
        command.args(
            arguments
                .iter()
                .map(|a| a.replace("{port}", &port.to_string())),
        );
        command.stdout(Stdio::null()).stderr(std::fs::File::create(
            scratch("bench")?.join(format!("{name}.log")),
        )?);
        let mut server = Server::start(name, &mut command)?;
        let address = format!("127.0.0.1:{port}");
        let echoes = name == "echo";
        server.wait_for("an answer to PING", Duration::from_secs(20), || {
            (echoes || pings(&address)).then_some(())
        })?;
        let pid = server.pid();
        Ok(Target {
            name,
            address,
            pid,
            _holds: Holds::Server(server, dir),
        })
    }

    /// The primary endpoint of a replication group with `replicas`, its primary pinned to `core`.
    pub(crate) fn group(elastane: &Path, replicas: u8, core: usize) -> Result<Target> {
        let dir = TempDir::new("bench-group")?;
        let api = format!("127.0.0.1:{}", free_port()?);
        let log = scratch("bench")?.join("serve.log");
        let service = Service::start(elastane, dir.path(), &api, Some(&log))?;
        let address = service.demo_group(replicas)?.primary;
        let info = redis_says(&address, "INFO server", b"\r\nrun_id:")
            .context("the primary endpoint does not answer")?;
        let info = String::from_utf8_lossy(&info).into_owned();
        let pid = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:")?.trim().parse().ok())
            .context("INFO names no process_id")?;
        output(Command::new("taskset").args([
            "--all-tasks",
            "--pid",
            "--cpu-list",
            &core.to_string(),
            &format!("{pid}"),
        ]))?;
        Ok(Target {
            name: "group",
            address,
            pid,
            _holds: Holds::Group(Box::new(service), dir),
        })
    }
}
