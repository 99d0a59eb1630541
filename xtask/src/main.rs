//! `cargo xtask VERB`: the one front door for running, checking and measuring the project.
//!
//! Each verb is a module. What a verb needs from the machine it installs or names (`install`);
//! what it starts it ends by process id (`process`).

mod aws;
mod bench;
mod codegen;
mod conformance;
mod demo;
mod fuzz;
mod install;
mod postgres;
mod process;
mod run;
mod service;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Run, check and measure Elastane")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build, start the service, create replication group `demo`, print its endpoints, stay in the foreground.
    Run(run::Args),
    /// A web shop on a real database, with and without the cache, and through the loss of the primary.
    Demo(demo::Args),
    /// Everything that must hold: tidy, unit tests, API round trip, end to end, replication, protocol suite.
    Test(test::Args),
    /// Other projects' suites against our node.
    #[command(subcommand)]
    Conformance(conformance::Suite),
    /// Macro benchmarks beside peers on this machine.
    #[command(subcommand)]
    Bench(bench::Kind),
    /// Coverage-guided fuzzing on the stable toolchain.
    Fuzz(fuzz::Args),
    /// Take the ElastiCache service model from botocore and store it without its documentation.
    Codegen(codegen::Args),
    /// Format, lints, layering, sizes, headers, paths and words.
    Tidy(tidy::Args),
}

fn main() -> ExitCode {
    match verb(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn verb(verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Run(args) => run::run(&args),
        Verb::Demo(args) => demo::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::Conformance(suite) => conformance::run(&suite),
        Verb::Bench(kind) => bench::run(&kind),
        Verb::Fuzz(args) => fuzz::run(&args),
        Verb::Codegen(args) => codegen::run(args),
        Verb::Tidy(args) => tidy::run(&args),
    }
}
