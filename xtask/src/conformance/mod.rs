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
    /// Random commands, answers compared byte for byte with redis-server's.
    Differential(DifferentialArgs),
    /// memcached's own tests.
    Memcached,
    /// COMMAND, COMMAND DOCS and COMMAND GETKEYS beside those of Debian's redis-server.
    Commands,
    /// The test suite of redis-py.
    Clients(ClientArgs),
}

pub(crate) use redis::{RedisArgs, counts as redis_counts};

#[derive(clap::Args)]
pub(crate) struct DifferentialArgs {
    /// How long.
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u32,
    /// Only the episode of this seed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Commands an episode.
    #[arg(long, default_value_t = 400)]
    pub(crate) steps: u32,
    /// Kinds of value, as `list,stream`; drawn when left out.
    #[arg(long)]
    pub(crate) kinds: Option<String>,
}

#[derive(clap::Args)]
pub(crate) struct ClientArgs {
    /// Further arguments for pytest, as `-k hash`.
    #[arg(last = true)]
    pytest: Vec<String>,
}

pub(crate) fn run(suite: &Suite) -> Result<()> {
    let counts = match suite {
        Suite::Redis(args) => redis::counts(args)?,
        Suite::Differential(args) => differential(args)?,
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

pub(crate) fn differential(args: &DifferentialArgs) -> Result<Counts> {
    install::programs(&[install::REDIS_SERVER])?;
    let mut command = install::venv()?.command("conformance/differential/run.py");
    command
        .arg("--binary")
        .arg(build("elastane", Profile::Dev)?)
        .args(["--seconds", &args.seconds.to_string()])
        .args(["--steps", &args.steps.to_string()]);
    if let Some(seed) = args.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    if let Some(kinds) = &args.kinds {
        command.args(["--kinds", kinds]);
    }
    let limit = Duration::from_secs(u64::from(args.seconds) + 10 * 60);
    counted(&mut isolated(command), limit)
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
