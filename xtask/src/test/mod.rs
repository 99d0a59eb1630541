//! `cargo xtask test`: all that must hold, in order of cost. Its last line adds up every check it ran.

mod counts;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

pub(crate) use counts::{Counts, counted};

use crate::conformance;
use crate::install::{self, Tool};
use crate::process::isolated;
use crate::tidy;
use crate::workspace::{Profile, binary, build, cargo, must};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also what takes long: the whole protocol suite, client suites, the demo, a minute of fuzzing a target.
    #[arg(long)]
    full: bool,
    /// Only the steps whose name contains this.
    #[arg(long)]
    only: Option<String>,
}

struct Step {
    name: &'static str,
    full_only: bool,
    run: fn(full: bool) -> Result<Counts>,
}

const STEPS: &[Step] = &[
    Step {
        name: "tidy",
        full_only: false,
        run: tidy_step,
    },
    Step {
        name: "unit",
        full_only: false,
        run: unit,
    },
    Step {
        name: "api-round-trip",
        full_only: false,
        run: api_round_trip,
    },
    Step {
        name: "end-to-end",
        full_only: false,
        run: end_to_end,
    },
    Step {
        name: "replication",
        full_only: false,
        run: replication,
    },
    Step {
        name: "commands",
        full_only: false,
        run: |_| conformance::command_counts(),
    },
    Step {
        name: "redis-suite",
        full_only: false,
        run: redis_suite,
    },
    Step {
        name: "differential",
        // Until its list of known differences is complete.
        full_only: true,
        run: differential,
    },
    Step {
        name: "demo",
        full_only: true,
        run: demo,
    },
    Step {
        name: "fuzz",
        full_only: true,
        run: fuzz,
    },
];

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut total = Counts::default();
    let mut table = Vec::new();
    for step in STEPS.iter().filter(|step| chosen(step, args)) {
        println!("\n=== {} ===", step.name);
        let start = Instant::now();
        let counts = (step.run)(args.full).unwrap_or_else(|error| {
            println!("{}: {error:#}", step.name);
            Counts {
                passed: 0,
                failed: 1,
            }
        });
        total.add(counts);
        table.push(format!(
            "{:16} {:6} passed {:4} failed {:6.0} s",
            step.name,
            counts.passed,
            counts.failed,
            start.elapsed().as_secs_f64()
        ));
    }
    println!(
        "\n{}\n\n{} passed, {} failed",
        table.join("\n"),
        total.passed,
        total.failed
    );
    if total.failed > 0 || total.passed == 0 {
        // Nothing is printed after the counts, which tools read from the last line.
        std::process::exit(1);
    }
    Ok(())
}

fn chosen(step: &Step, args: &Args) -> bool {
    match &args.only {
        Some(part) => step.name.contains(part.as_str()),
        None => args.full || !step.full_only,
    }
}

fn tidy_step(_full: bool) -> Result<Counts> {
    let (passed, findings) = tidy::check(&tidy::Args::default())?;
    findings
        .iter()
        .for_each(|finding| println!("tidy: {finding}"));
    Ok(Counts {
        passed,
        failed: findings.len(),
    })
}

fn unit(_full: bool) -> Result<Counts> {
    counted(
        cargo().args(["test", "--workspace", "--no-fail-fast"]),
        Duration::from_secs(40 * 60),
    )
}

/// Every operation of the service model, driven by the SDK against a server around the generated codec.
fn api_round_trip(_full: bool) -> Result<Counts> {
    let venv = install::venv()?;
    must(cargo().args(["build", "--package", "proto-awsquery", "--example", "echo"]))?;
    let mut command = venv.command("conformance/awsquery/roundtrip.py");
    command
        .arg("--echo-bin")
        .arg(binary("examples/echo", Profile::Dev)?);
    counted(&mut command, Duration::from_secs(10 * 60))
}

fn end_to_end(_full: bool) -> Result<Counts> {
    let venv = install::venv()?;
    let mut command = venv.command("conformance/e2e/run.py");
    command
        .arg("--binary")
        .arg(elastane()?)
        .arg("--aws")
        .arg(venv.python().with_file_name("aws"));
    counted(&mut isolated(command), Duration::from_secs(15 * 60))
}

fn replication(_full: bool) -> Result<Counts> {
    install::programs(&[install::REDIS_SERVER])?;
    let mut command = install::venv()?.command("conformance/replication/run.py");
    command.arg("--binary").arg(elastane()?);
    counted(&mut isolated(command), Duration::from_secs(10 * 60))
}

fn redis_suite(full: bool) -> Result<Counts> {
    let mut total = Counts::default();
    for args in conformance::RedisArgs::for_test(full) {
        total.add(conformance::redis_counts(&args)?);
    }
    Ok(total)
}

/// A minute of random commands; ten of them when all is asked for.
fn differential(full: bool) -> Result<Counts> {
    conformance::differential(&conformance::DifferentialArgs {
        seconds: if full { 600 } else { 60 },
        seed: None,
        steps: 400,
        kinds: None,
    })
}

fn demo(_full: bool) -> Result<Counts> {
    counted(
        cargo().args(["xtask", "demo", "--strict"]),
        Duration::from_secs(20 * 60),
    )
}

fn fuzz(_full: bool) -> Result<Counts> {
    counted(
        cargo().args(["xtask", "fuzz", "--seconds", "60"]),
        Duration::from_secs(20 * 60),
    )
}

fn elastane() -> Result<PathBuf> {
    const IP: Tool = Tool {
        program: "ip",
        package: "iproute2",
    };
    if install::is_root() {
        install::programs(&[IP])?;
    }
    build("elastane", Profile::Dev)
}
