//! `cargo xtask conformance SUITE`: what others wrote to check Redis and Memcached, against our node.

mod redis;
mod source;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::install;
use crate::process::isolated;
use crate::test::{Counts, counted};
use crate::workspace::{Profile, build, root};

#[derive(clap::Subcommand)]
pub(crate) enum Suite {
    /// The Tcl suites of Redis and Valkey, restricted to tests whose commands exist.
    Redis(redis::RedisArgs),
    /// memcached's own tests.
    Memcached,
    /// COMMAND, COMMAND DOCS and COMMAND GETKEYS beside those of Debian's redis-server.
    Commands,
    /// The test suite of redis-py.
    Clients(ClientArgs),
}

pub(crate) use redis::{RedisArgs, counts as redis_counts};

#[derive(clap::Args)]
pub(crate) struct ClientArgs {
    /// Further arguments for pytest, as `-k hash`.
    #[arg(last = true)]
    pytest: Vec<String>,
}

pub(crate) fn run(suite: &Suite) -> Result<()> {
    let counts = match suite {
        Suite::Redis(args) => redis::counts(args)?,
        Suite::Memcached => {
            bail!("there is no Memcached engine yet (see the status table in README.md)")
        }
        Suite::Commands => command_counts()?,
        Suite::Clients(args) => clients(args)?,
    };
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(())
}

/// What differs from the real server must stand in the committed list, with its reason.
pub(crate) fn command_counts() -> Result<Counts> {
    install::programs(&[install::REDIS_SERVER])?;
    let mut command = install::venv()?.command("conformance/redis/command_table.py");
    command
        .arg("--binary")
        .arg(build("elastane", Profile::Dev)?);
    counted(&mut isolated(command), Duration::from_secs(5 * 60))
}

fn clients(args: &ClientArgs) -> Result<Counts> {
    const PINNED: &str = "redis==8.1.0";
    let venv = install::venv()?;
    let tree = source::python_sdist(&venv, PINNED)?;
    let requirements = root().join("conformance/clients/requirements.txt");
    venv.pip_install(&["--requirement", &requirements.to_string_lossy()])?;
    let mut command = venv.command("conformance/clients/redispy.py");
    command
        .arg("--tree")
        .arg(tree)
        .arg("--binary")
        .arg(build("elastane", Profile::Dev)?)
        .arg("--")
        .args(&args.pytest);
    counted(&mut isolated(command), Duration::from_secs(30 * 60))
}
