//! `cargo xtask conformance redis`: the Tcl suites that Debian's source packages of Redis and Valkey carry.

use std::time::Duration;

use anyhow::Result;

use super::source::{self, Package};
use crate::install;
use crate::process::isolated;
use crate::test::{Counts, counted};
use crate::workspace::{Profile, build, scratch};

/// The suites by the version whose dialect the node speaks in them.
#[derive(clap::ValueEnum, Clone, Copy, Default)]
enum Version {
    #[default]
    #[value(name = "redis-7.0")]
    Redis70,
    #[value(name = "redis-8.0")]
    Redis80,
    #[value(name = "valkey-9.1")]
    Valkey91,
}

impl Version {
    fn name(self) -> &'static str {
        match self {
            Version::Redis70 => "redis-7.0",
            Version::Redis80 => "redis-8.0",
            Version::Valkey91 => "valkey-9.1",
        }
    }

    fn package(self) -> Package {
        let (name, suite) = match self {
            Version::Redis70 => ("redis", None),
            Version::Redis80 => ("redis", Some("sid")),
            Version::Valkey91 => ("valkey", Some("sid")),
        };
        Package { name, suite }
    }
}

#[derive(clap::Args, Default)]
pub(crate) struct RedisArgs {
    /// Whose suite.
    #[arg(long, value_enum, default_value = "redis-7.0")]
    suite: Version,
    /// Only these units, as `unit/type/string,unit/expire`.
    #[arg(long)]
    units: Option<String>,
    /// Every test whose commands exist, slow ones too.
    #[arg(long)]
    full: bool,
    /// The suite starts the servers itself and tests restarts, files and replication.
    #[arg(long)]
    internal: bool,
    /// Every reply in RESP3, translated back (the newer suites).
    #[arg(long)]
    force_resp3: bool,
    /// I/O threads of the node.
    #[arg(long)]
    threads: Option<u32>,
    /// Units played at a time.
    #[arg(long)]
    workers: Option<u32>,
    /// Write what passes now into the suite's list in conformance/redis/expected.
    #[arg(long)]
    bless: bool,
    /// Fail when a test of the suite's list in conformance/redis/expected does not pass.
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
    /// What `cargo xtask test` plays: the list of 7.0, and with `full` every suite.
    pub(crate) fn for_test(full: bool) -> Vec<RedisArgs> {
        let list = |suite, force_resp3, threads| RedisArgs {
            suite,
            force_resp3,
            threads,
            full,
            expected: true,
            ..RedisArgs::default()
        };
        let mut runs = vec![list(Version::Redis70, false, None)];
        if full {
            runs.extend([
                list(Version::Redis70, false, Some(4)),
                list(Version::Redis80, false, None),
                list(Version::Valkey91, false, None),
            ]);
        }
        runs
    }
}

/// The driver decides which tests count; see its own text.
pub(crate) fn counts(args: &RedisArgs) -> Result<Counts> {
    install::programs(&[install::TCL, install::REDIS_CLI])?;
    let suite = args.suite.name();
    let tree = source::debian(suite, &args.suite.package())?;
    let mut command = install::venv()?.command("conformance/redis/run.py");
    command
        .args(["--suite", suite])
        .arg("--tree")
        .arg(tree)
        .arg("--work")
        .arg(scratch(&format!("tcl-{suite}"))?);
    match &args.start {
        Some(start) => command.args(["--start", start]),
        None => command
            .arg("--binary")
            .arg(build("elastane", Profile::dev_if(!args.release))?),
    };
    let flags = [
        ("--full", args.full),
        ("--internal", args.internal),
        ("--force-resp3", args.force_resp3),
        ("--bless", args.bless),
        ("--expected", args.expected),
    ];
    command.args(flags.iter().filter(|(_, on)| *on).map(|(flag, _)| flag));
    let options = [
        ("--units", args.units.clone()),
        ("--threads", args.threads.map(|n| n.to_string())),
        ("--workers", args.workers.map(|n| n.to_string())),
    ];
    for (option, value) in options {
        if let Some(value) = value {
            command.args([option, &value]);
        }
    }
    let minutes = if args.full || args.internal { 90 } else { 15 };
    counted(&mut isolated(command), Duration::from_secs(minutes * 60))
}
