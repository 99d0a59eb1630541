//! `cargo xtask demo`: application, cache, database, and the loss of the primary. The shop itself is `examples/shop`.

use std::process::Command;

use anyhow::Result;

use crate::install;
use crate::postgres::Postgres;
use crate::process::free_port;
use crate::service::{Service, TempDir};
use crate::workspace::{Profile, build, must, scratch};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build without optimisation.
    #[arg(long)]
    dev: bool,
    /// Seconds of load in each phase.
    #[arg(long, default_value_t = 8)]
    seconds: u32,
    /// Use SQLite even where PostgreSQL can be had.
    #[arg(long)]
    sqlite: bool,
    /// Fail when reads fail, when writes do not resume, or when an acknowledged write is missing.
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    install::check_build_tools()?;
    let profile = Profile::dev_if(args.dev);
    let elastane = build("elastane", profile)?;
    let shop = build("shop", profile)?;
    let postgres = if args.sqlite { None } else { start_postgres() };
    let data = TempDir::new("demo")?;
    let log = scratch("demo")?.join("serve.log");
    let api = format!("127.0.0.1:{}", free_port()?);
    let service = Service::start(&elastane, data.path(), &api, Some(&log))?;
    let endpoints = service.demo_group(2)?;
    let mut command = Command::new(shop);
    command.arg("demo").args([
        "--primary",
        &endpoints.primary,
        "--reader",
        &endpoints.reader,
    ]);
    command.args(["--seconds", &args.seconds.to_string()]);
    if let Some(postgres) = &postgres {
        command.args(["--postgres", &postgres.url()]);
    }
    if args.strict {
        command.arg("--strict");
    }
    println!("service log: {}", log.display());
    must(&mut command)
}

/// PostgreSQL where it can be had; the shop says which database it uses.
fn start_postgres() -> Option<Postgres> {
    match Postgres::start() {
        Ok(postgres) => Some(postgres),
        Err(error) => {
            eprintln!("no PostgreSQL ({error:#}); the shop uses SQLite");
            None
        }
    }
}
