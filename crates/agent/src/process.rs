//! Processes: started in a group of their own, held by pidfd, recognised after a
//! restart of the agent by pid *and* start time *and* boot, never by pid alone.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Signal, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use crate::error::AgentError;
use crate::pidfd::Pidfd;

/// What is kept in `process.json`: enough to know the process again, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessRecord {
    /// The assignment's number of this process, and of its data directory.
    pub(crate) process: u32,
    pub(crate) data: u32,
    pub(crate) pid: u32,
    /// Field 22 of /proc/PID/stat: clock ticks from boot to the process's start.
    pub(crate) start_ticks: u64,
    pub(crate) boot_id: String,
    pub(crate) ended: Option<Ended>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Ended by the agent, as it was told to.
    pub(crate) asked: bool,
    pub(crate) reason: String,
}

impl ProcessRecord {
    pub(crate) fn load(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Replaces the file as a whole, so that a crash leaves the old or the new one.
    pub(crate) fn save(&self, path: &Path) -> Result<(), AgentError> {
        let fresh = path.with_extension("new");
        let bytes = serde_json::to_vec(self).expect("records encode as JSON");
        fs::write(&fresh, bytes).map_err(AgentError::file("writing", &fresh))?;
        fs::rename(&fresh, path).map_err(AgentError::file("replacing", path))
    }
}

/// A process that was alive when last looked at.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pidfd: Pidfd,
    /// Ours to reap if this agent started it.
    child: Option<Child>,
}

impl Process {
    /// Starts `program` with `arguments`, in a process group of its own, so that
    /// a terminal's Ctrl-C does not reach it. It outlives the agent.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&Path],
        directory: &Path,
        log: &Path,
    ) -> Result<Self, AgentError> {
        let out = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(AgentError::file("opening", log))?;
        let err = out.try_clone().map_err(AgentError::file("opening", log))?;
        let spawn = |error| AgentError::Spawn {
            program: PathBuf::from(program),
            error,
        };
        let child = Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(spawn)?;
        let pid = child.id();
        // Not yet reaped, so the pid cannot mean another process.
        let pidfd = Pidfd::open(pid).map_err(spawn)?;
        Ok(Self {
            pid,
            pidfd,
            child: Some(child),
        })
    }

    /// Takes up a process of an earlier session, if it is still the same and alive.
    pub(crate) fn adopt(record: &ProcessRecord) -> Option<Self> {
        if record.ended.is_some() || record.boot_id != boot_id() {
            return None;
        }
        let pidfd = Pidfd::open(record.pid).ok()?;
        // Read after the pidfd is held: it names the process that was looked at.
        let ticks = start_ticks(record.pid)?;
        (ticks == record.start_ticks).then_some(Self {
            pid: record.pid,
            pidfd,
            child: None,
        })
    }

    /// Takes up a process that has just said its pid itself.
    pub(crate) fn adopt_pid(pid: u32) -> Option<Self> {
        let pidfd = Pidfd::open(pid).ok()?;
        start_ticks(pid)?;
        Some(Self {
            pid,
            pidfd,
            child: None,
        })
    }

    pub(crate) fn record(&self, process: u32, data: u32) -> ProcessRecord {
        ProcessRecord {
            process,
            data,
            pid: self.pid,
            start_ticks: start_ticks(self.pid).unwrap_or(0),
            boot_id: boot_id(),
            ended: None,
        }
    }

    /// It was started by an earlier session of the agent.
    pub(crate) fn is_adopted(&self) -> bool {
        self.child.is_none()
    }

    /// Returns when the process has ended: at once, without polling.
    pub(crate) async fn ended(&self) {
        self.pidfd.ended().await;
    }

    /// How it ended, as far as one can know; reaps it.
    pub(crate) fn reason(&mut self) -> String {
        use std::os::unix::process::ExitStatusExt;
        let status = self.child.as_mut().and_then(|c| c.wait().ok());
        let told = |s: ExitStatus| match (s.code(), s.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "unknown".to_owned(),
        };
        status.map_or_else(|| "unknown, as it was adopted".to_owned(), told)
    }

    /// Ends it politely, and for certain after `patience`.
    pub(crate) async fn stop(&self, patience: Duration) {
        let _ = pidfd_send_signal(self.pidfd.descriptor(), Signal::TERM);
        if tokio::time::timeout(patience, self.ended()).await.is_err() {
            self.kill().await;
        }
    }

    /// Kills it and waits for its death. Works on stopped processes too.
    pub(crate) async fn kill(&self) {
        let _ = pidfd_send_signal(self.pidfd.descriptor(), Signal::KILL);
        self.ended().await;
    }
}

/// None if there is no such process or only its corpse.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold spaces and parentheses itself.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let ticks = fields.nth(18)?.parse().ok()?;
    (state != "Z" && state != "X").then_some(ticks)
}

fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(dir: &Path) -> Process {
        let long = Path::new("600");
        Process::start(Path::new("sleep"), &[long], dir, &dir.join("log")).unwrap()
    }

    #[tokio::test]
    async fn a_process_is_known_again_and_its_death_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let mut process = sleeper(dir.path());
        let record = process.record(3, 1);
        let file = dir.path().join("process.json");
        record.save(&file).unwrap();
        assert_eq!(ProcessRecord::load(&file).as_ref(), Some(&record));
        let adopted = Process::adopt(&record).expect("it is alive");
        adopted.kill().await;
        process.ended().await;
        assert_eq!(process.reason(), "signal 9");
        assert!(Process::adopt(&record).is_none());
    }

    #[tokio::test]
    async fn another_process_under_the_same_pid_is_not_adopted() {
        let dir = tempfile::tempdir().unwrap();
        let process = sleeper(dir.path());
        let mut record = process.record(1, 1);
        record.start_ticks += 1;
        assert!(Process::adopt(&record).is_none());
        record.start_ticks -= 1;
        record.boot_id = "another boot".to_owned();
        assert!(Process::adopt(&record).is_none());
        process.stop(Duration::from_secs(5)).await;
    }
}
