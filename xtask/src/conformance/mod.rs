//! `cargo xtask conformance SUITE`: what others wrote to check Redis and Memcached, against our node.

mod source;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::install;
use crate::process::isolated;
use crate::test::{Counts, counted};
use crate::workspace::{Profile, build, root, scratch};

#[derive(clap::Subcommand)]
pub(crate) enum Suite {
    /// Redis 7.0's Tcl suite, restricted to tests whose commands exist.
    Redis(RedisArgs),
    /// memcached's own tests.
    Memcached,
    /// The test suite of redis-py.
    Clients(ClientArgs),
}

#[derive(clap::Args, Default)]
pub(crate) struct RedisArgs {
    /// Only these units, as `unit/type/string,unit/expire`.
    #[arg(long)]
    units: Option<String>,
    /// Every test whose commands exist, slow ones too.
    #[arg(long)]
    full: bool,
    /// Write what passes now into conformance/redis/expected.txt.
    #[arg(long)]
    bless: bool,
    /// Fail when a test of conformance/redis/expected.txt does not pass.
    #[arg(long)]
    expected: bool,
    /// Test this server instead, as `redis-server --port {port}`.
    #[arg(long)]
    start: Option<String>,
    /// Test a release build.
    #[arg(long)]
    release: bool,
}

impl RedisArgs {
    pub(crate) fn for_test(full: bool) -> RedisArgs {
        RedisArgs {
            expected: true,
            full,
            ..RedisArgs::default()
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct ClientArgs {
    /// Further arguments for pytest, as `-k hash`.
    #[arg(last = true)]
    pytest: Vec<String>,
}

pub(crate) fn run(suite: &Suite) -> Result<()> {
    let counts = match suite {
        Suite::Redis(args) => redis_counts(args)?,
        Suite::Memcached => {
            bail!("there is no Memcached engine yet (see the status table in README.md)")
        }
        Suite::Clients(args) => clients(args)?,
    };
    println!("{} passed, {} failed", counts.passed, counts.failed);
    Ok(())
}

/// The driver decides which tests count; see its own text.
pub(crate) fn redis_counts(args: &RedisArgs) -> Result<Counts> {
    install::programs(&[install::TCL, install::REDIS_CLI])?;
    let tree = source::redis()?;
    let start = match &args.start {
        Some(start) => start.clone(),
        None => format!(
            "{} node --port {{port}} --engine-version 7.0.15 --enable-debug-command yes --repl-diskless-sync-delay 0",
            build("elastane", Profile::dev_if(!args.release))?.display()
        ),
    };
    let mut command = install::venv()?.command("conformance/redis/run.py");
    command
        .arg("--tree")
        .arg(tree)
        .arg("--work")
        .arg(scratch("tcl")?)
        .args(["--start", &start]);
    let flags = [
        ("--full", args.full),
        ("--bless", args.bless),
        ("--expected", args.expected),
    ];
    command.args(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| flag));
    if let Some(units) = &args.units {
        command.args(["--units", units]);
    }
    counted(
        &mut isolated(command),
        Duration::from_secs(if args.full { 60 * 60 } else { 15 * 60 }),
    )
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
