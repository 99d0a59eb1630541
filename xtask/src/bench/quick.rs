//! `cargo xtask bench quick`: the figures the design is held to, in a few minutes.
//!
//! Servers run pinned to one core, the generator to another; rounds go over all servers in turn, forwards and backwards,
//! so that a neighbour's noise meets all of them. CPU time per request is the steadier figure (`bench/README.md`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::target::Target;
use crate::install;
use crate::workspace::{Profile, build, describe, output, scratch};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Rounds over all servers.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Requests in flight on each connection, one series for each.
    #[arg(long, value_delimiter = ',', default_value = "1,10")]
    pipeline: Vec<usize>,
    #[arg(long, default_value_t = 50)]
    connections: usize,
    #[arg(long, default_value_t = 1_000_000)]
    keys: usize,
    #[arg(long, default_value_t = 64)]
    value_bytes: usize,
    #[arg(long, default_value_t = 10)]
    gets_per_set: u64,
    /// Another server beside ours and Debian's, as `NAME=PROGRAM ARGUMENTS`, with `{port}` for its port.
    #[arg(long)]
    peer: Option<String>,
    /// Leave out the primary endpoint of a replication group.
    #[arg(long)]
    no_group: bool,
    /// Measure a build without optimisation (to try the benchmark itself).
    #[arg(long)]
    dev: bool,
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    #[arg(long, default_value_t = 1)]
    generator_core: usize,
}

/// One line of the generator's output.
#[derive(Deserialize, serde::Serialize, Clone)]
struct Sample {
    requests_per_second: f64,
    server_ns_per_request: f64,
    server_busy: f64,
    generator_busy: f64,
    p50_ms: f64,
    p99_ms: f64,
}

const REDIS: &str = "redis";

pub(crate) fn run(args: &Args) -> Result<()> {
    install::programs(&[install::REDIS_SERVER])?;
    let profile = Profile::dev_if(args.dev);
    let elastane = build("elastane", profile)?;
    let loadgen = build("loadgen", Profile::Release)?;
    let targets = start_targets(args, &elastane, &loadgen)?;
    for target in targets.iter().filter(|target| target.name != "echo") {
        output(&mut load_command(args, &loadgen, target))
            .with_context(|| format!("load {}", target.name))?;
    }
    let mut samples: BTreeMap<(usize, &str), Vec<Sample>> = BTreeMap::new();
    for round in 0..args.rounds {
        for pipeline in &args.pipeline {
            let mut order: Vec<&Target> = targets.iter().collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for target in order {
                let line = output(&mut run_command(args, &loadgen, target, *pipeline, round))
                    .with_context(|| format!("measure {}", target.name))?;
                let sample: Sample = serde_json::from_str(&line)?;
                eprintln!(
                    "round {round} pipeline {pipeline} {:8} {:9.0}/s {:6.0} ns",
                    target.name, sample.requests_per_second, sample.server_ns_per_request
                );
                samples
                    .entry((*pipeline, target.name))
                    .or_default()
                    .push(sample);
            }
        }
    }
    let report = report(
        args,
        &targets,
        &samples,
        &run_command(args, &loadgen, &targets[0], 1, 0),
    );
    print!("{report}");
    save(&report, &samples)
}

fn start_targets(args: &Args, elastane: &Path, loadgen: &Path) -> Result<Vec<Target>> {
    let core = args.server_core;
    let redis =
        install::find("redis-server").context("redis-server was installed and is not found")?;
    let plain = ["--port", "{port}", "--save", "", "--appendonly", "no"];
    let mut targets = vec![Target::server(REDIS, &redis, &plain, core)?];
    targets.push(Target::server(
        "node",
        elastane,
        &[&["node"], &plain[..], &["--io-threads", "1"]].concat(),
        core,
    )?);
    if !args.no_group {
        targets.push(Target::group(elastane, 0, core)?);
    }
    if let Some((_, line)) = args.peer.as_deref().and_then(|peer| peer.split_once('=')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        targets.push(Target::server(
            "peer",
            Path::new(words[0]),
            &words[1..],
            core,
        )?);
    }
    targets.push(Target::server(
        "echo",
        loadgen,
        &["echo", "--port", "{port}"],
        core,
    )?);
    Ok(targets)
}

fn load_command(args: &Args, loadgen: &Path, target: &Target) -> Command {
    let mut command = pinned(args, loadgen);
    command.args([
        "load",
        "--address",
        &target.address,
        "--keys",
        &args.keys.to_string(),
        "--value-bytes",
        &args.value_bytes.to_string(),
    ]);
    command
}

fn run_command(
    args: &Args,
    loadgen: &Path,
    target: &Target,
    pipeline: usize,
    round: usize,
) -> Command {
    let mut command = pinned(args, loadgen);
    command.args([
        "run",
        "--address",
        &target.address,
        "--pid",
        &target.pid.to_string(),
        "--keys",
        &args.keys.to_string(),
    ]);
    command.args([
        "--value-bytes",
        &args.value_bytes.to_string(),
        "--connections",
        &args.connections.to_string(),
    ]);
    command.args([
        "--gets-per-set",
        &args.gets_per_set.to_string(),
        "--pipeline",
        &pipeline.to_string(),
    ]);
    command.args([
        "--seconds",
        &args.seconds.to_string(),
        "--seed",
        &(round + 1).to_string(),
    ]);
    if target.name == "echo" {
        command.args(["--protocol", "echo"]);
    }
    command
}

fn pinned(args: &Args, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["--cpu-list", &args.generator_core.to_string()])
        .arg(program);
    command
}

fn report(
    args: &Args,
    targets: &[Target],
    samples: &BTreeMap<(usize, &str), Vec<Sample>>,
    example: &Command,
) -> String {
    let mut text = format!(
        "\n{} connections, GET:SET {}:1, {} B values, {} keys, {} rounds of {} s; server on core {}, generator on core {}\n$ {}\n",
        args.connections,
        args.gets_per_set,
        args.value_bytes,
        args.keys,
        args.rounds,
        args.seconds,
        args.server_core,
        args.generator_core,
        describe(example)
    );
    let heading = [
        "pipeline",
        "server",
        "kops/s median (min-max)",
        "CPU ns/request",
        "p50/p99 ms",
        "server busy",
        "generator busy",
    ];
    let width = [8, 8, 26, 16, 14, 12, 14];
    let line = |cells: &[String]| {
        cells
            .iter()
            .zip(width)
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect::<Vec<_>>()
            .join("  ")
    };
    writeln!(text, "{}", line(&heading.map(str::to_owned))).expect("a String takes all");
    for pipeline in &args.pipeline {
        for target in targets {
            let Some(rows) = samples.get(&(*pipeline, target.name)) else {
                continue;
            };
            let column = |field: fn(&Sample) -> f64| sorted(rows.iter().map(field).collect());
            let rate = column(|s| s.requests_per_second / 1e3);
            let cells = [
                pipeline.to_string(),
                target.name.to_owned(),
                format!(
                    "{:.0} ({:.0}-{:.0})",
                    median(&rate),
                    rate[0],
                    rate[rate.len() - 1]
                ),
                format!("{:.0}", median(&column(|s| s.server_ns_per_request))),
                format!(
                    "{:.2}/{:.2}",
                    median(&column(|s| s.p50_ms)),
                    median(&column(|s| s.p99_ms))
                ),
                format!("{:.0} %", median(&column(|s| s.server_busy * 100.0))),
                format!("{:.0} %", median(&column(|s| s.generator_busy * 100.0))),
            ];
            writeln!(text, "{}", line(&cells)).expect("a String takes all");
        }
    }
    text.push_str(
        "`echo` answers bytes with themselves: the ceiling of this generator and this kernel.\n",
    );
    text.push_str(&ratios(args, targets, samples));
    text
}

/// Our figures over Redis's, taken inside each round: throughput (more is better) and CPU per request (less is better).
fn ratios(
    args: &Args,
    targets: &[Target],
    samples: &BTreeMap<(usize, &str), Vec<Sample>>,
) -> String {
    let mut text = String::new();
    for pipeline in &args.pipeline {
        let Some(redis) = samples.get(&(*pipeline, REDIS)) else {
            continue;
        };
        for target in targets
            .iter()
            .filter(|target| target.name != REDIS && target.name != "echo")
        {
            let Some(ours) = samples.get(&(*pipeline, target.name)) else {
                continue;
            };
            let pairs = || ours.iter().zip(redis);
            let rate = median(&sorted(
                pairs()
                    .map(|(a, b)| a.requests_per_second / b.requests_per_second)
                    .collect(),
            ));
            let cpu = median(&sorted(
                pairs()
                    .map(|(a, b)| b.server_ns_per_request / a.server_ns_per_request)
                    .collect(),
            ));
            writeln!(text, "pipeline {pipeline}: {} over redis-server: {rate:.2} x requests/s, {cpu:.2} x requests per CPU second", target.name)
                .expect("a String takes all");
        }
    }
    text
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
}

fn save(report: &str, samples: &BTreeMap<(usize, &str), Vec<Sample>>) -> Result<()> {
    let folder = scratch("bench")?;
    fs::write(folder.join("quick.txt"), report)?;
    let flat: Vec<_> = samples.iter().map(|((pipeline, name), rows)| serde_json::json!({"pipeline": pipeline, "server": name, "samples": rows})).collect();
    fs::write(
        folder.join("quick.json"),
        serde_json::to_string_pretty(&flat)?,
    )?;
    println!("saved in {}", folder.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&sorted(vec![3.0, 1.0, 2.0])), 2.0);
        assert_eq!(median(&sorted(vec![4.0, 1.0, 2.0, 3.0])), 2.5);
    }
}
