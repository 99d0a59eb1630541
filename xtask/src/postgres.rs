//! A PostgreSQL of our own for the length of a run: temporary folder, free loopback port, ended by its process id.
//!
//! PostgreSQL refuses to run as root, so for root it runs as the user `postgres` that its package makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::install;
use crate::process::{Server, free_port};
use crate::service::TempDir;
use crate::workspace::output;

/// Fields drop in order: the server ends before its folder goes.
pub(crate) struct Postgres {
    _server: Server,
    _dir: TempDir,
    port: u16,
}

impl Postgres {
    pub(crate) fn start() -> Result<Postgres> {
        install::programs(&[install::POSTGRES])?;
        let bin = install::find("initdb")
            .and_then(|p| p.parent().map(Path::to_path_buf))
            .context("initdb has no folder")?;
        let dir = TempDir::new("postgres")?;
        let data = dir.path().join("data");
        if install::is_root() {
            output(Command::new("chown").arg("postgres").arg(dir.path()))?;
        }
        output(
            as_postgres(&bin.join("initdb"), dir.path())
                .args(["--auth=trust", "--username=shop", "--no-sync", "-D"])
                .arg(&data),
        )?;
        let port = free_port()?;
        let mut command = as_postgres(&bin.join("postgres"), dir.path());
        command
            .arg("-D")
            .arg(&data)
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
            .arg(dir.path());
        // The demo compares a database that may keep its pages in memory with a cache; fsync would only slow the seeding.
        command.args([
            "-c",
            "shared_buffers=256MB",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=100",
        ]);
        command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log"))?);
        let mut server = Server::start("postgres", &mut command)?;
        // Its own word: a connection alone is answered while it still starts.
        let log = dir.path().join("log");
        let up = server.wait_for("ready database", Duration::from_secs(60), || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.contains("database system is ready to accept connections")
                .then_some(())
        });
        up.with_context(|| {
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            format!("PostgreSQL's log:\n{log}")
        })?;
        Ok(Postgres {
            _server: server,
            _dir: dir,
            port,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "host=127.0.0.1 port={} user=shop dbname=postgres",
            self.port
        )
    }
}

/// The program, as the user `postgres` where we are root. `setpriv` replaces itself by it, so its process id is the server's.
fn as_postgres(program: &Path, folder: &Path) -> Command {
    let mut command = if install::is_root() {
        let mut wrapper = Command::new("setpriv");
        wrapper
            .args(["--reuid=postgres", "--regid=postgres", "--init-groups"])
            .arg(program);
        wrapper
    } else {
        Command::new(program)
    };
    command.current_dir::<PathBuf>(folder.into());
    command
}
