//! Child processes that end when their owner goes out of scope, always by process id.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A server started by us. Dropping it sends SIGTERM, waits, and after `grace` SIGKILL.
pub(crate) struct Server {
    name: String,
    child: Child,
    grace: Duration,
}

impl Server {
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Server> {
        let child = command
            .spawn()
            .with_context(|| format!("start {name}: {command:?}"))?;
        Ok(Server {
            name: name.to_owned(),
            child,
            grace: Duration::from_secs(20),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn exited(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    /// Polls `ready` until it gives a value; fails when the process ends or the time is over.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let end = Instant::now() + limit;
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if let Some(status) = self.exited()? {
                bail!("{} ended with {status} before {what}", self.name);
            }
            if Instant::now() > end {
                bail!("{}: no {what} within {} s", self.name, limit.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn end(&mut self) {
        signal(self.child.id(), "TERM");
        let end = Instant::now() + self.grace;
        while Instant::now() < end {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                _ => return,
            }
        }
        eprintln!(
            "{} did not stop within {} s and is killed",
            self.name,
            self.grace.as_secs()
        );
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

/// Sends a signal by the shell's own `kill`, which needs no package.
pub(crate) fn signal(pid: u32, name: &str) {
    Command::new("sh")
        .arg("-c")
        .arg(format!("kill -{name} {pid}"))
        .status()
        .ok();
}

/// A loopback port that nobody listens on now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

pub(crate) fn listens(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

/// One inline command to a Redis-protocol server; gives the reply up to `until` or what came within a second.
pub(crate) fn redis_says(address: &str, command: &str, until: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
    let mut reply = Vec::new();
    let mut chunk = [0u8; 16 << 10];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return (!reply.is_empty()).then_some(reply),
            Ok(n) => reply.extend_from_slice(&chunk[..n]),
        }
        if reply.windows(until.len()).any(|w| w == until) {
            return Some(reply);
        }
    }
}

/// Whether a Redis-protocol server answers PING at this address (and is not loading).
pub(crate) fn pings(address: &str) -> bool {
    redis_says(address, "PING", b"\r\n").is_some_and(|reply| reply.starts_with(b"+PONG"))
}

/// The command in a network namespace of its own where that can be had, so that fixed ports hurt nobody.
pub(crate) fn isolated(command: Command) -> Command {
    let mut wrapped = Command::new("unshare");
    wrapped.args([
        "--net",
        "sh",
        "-c",
        "ip link set lo up && exec \"$@\"",
        "sh",
    ]);
    let can = Command::new("unshare")
        .args(["--net", "sh", "-c", "ip link set lo up"])
        .stderr(std::process::Stdio::null())
        .status();
    if !can.is_ok_and(|status| status.success()) {
        return command;
    }
    wrapped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}
