//! `cargo xtask run`: a working ElastiCache of one's own, from nothing, in one command.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::install;
use crate::process::signal;
use crate::service::{Endpoints, GROUP, REGION, Service};
use crate::workspace::{Profile, build, root};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the service keeps its state, its credentials and its nodes' data.
    #[arg(long, default_value = "var/run")]
    data_dir: PathBuf,
    /// Loopback address of the API.
    #[arg(long, default_value = "127.0.0.1:8600")]
    api: String,
    /// Build without optimisation: quicker to build, slower to run.
    #[arg(long)]
    dev: bool,
    /// Replicas of the group `demo`.
    #[arg(long, default_value_t = 2)]
    replicas: u8,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    install::check_build_tools()?;
    let binary = build("elastane", Profile::dev_if(args.dev))?;
    let data_dir = root().join(&args.data_dir);
    let mut service = Service::start(&binary, &data_dir, &args.api, None)?;
    // The service stops its nodes and ends, and then we do: a signal to us is passed on, not died of.
    let pid = service.server.pid();
    ctrlc::set_handler(move || signal(pid, "TERM"))?;
    let endpoints = service.demo_group(args.replicas)?;
    print_lines(args, &service, &endpoints);
    let status = service.server.wait()?;
    if !status.success() {
        bail!("elastane serve ended with {status}");
    }
    Ok(())
}

fn print_lines(args: &Args, service: &Service, endpoints: &Endpoints) {
    let (host, port) = endpoints
        .primary
        .rsplit_once(':')
        .unwrap_or((&endpoints.primary, "6379"));
    let (reader_host, reader_port) = endpoints
        .reader
        .rsplit_once(':')
        .unwrap_or((&endpoints.reader, "6379"));
    let data_dir = root().join(&args.data_dir);
    println!(
        "
Replication group `{GROUP}` is available.
  primary endpoint  {primary}   (writes)
  reader endpoint   {reader}   (reads, spread over the replicas)

redis-cli:
  redis-cli -h {host} -p {port} set greeting hello
  redis-cli -h {reader_host} -p {reader_port} get greeting

aws:
  . {credentials}
  aws --region {REGION} --endpoint-url http://{api} elasticache describe-replication-groups
  aws --region {REGION} --endpoint-url http://{api} elasticache test-failover --replication-group-id {GROUP} --node-group-id 0001

Python:
  import redis, boto3
  redis.Redis(host=\"{host}\", port={port}).set(\"greeting\", \"hello\")
  boto3.client(\"elasticache\", endpoint_url=\"http://{api}\", region_name=\"{REGION}\").describe_replication_groups()

State is kept in {data}. Ctrl-C (or SIGTERM to process {pid}) stops the service and its nodes.",
        primary = endpoints.primary,
        reader = endpoints.reader,
        credentials = data_dir.join("credentials").display(),
        api = args.api,
        data = data_dir.display(),
        pid = service.server.pid(),
    );
}
