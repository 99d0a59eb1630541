//! The binary: `elastane serve`, `elastane node`, `elastane memcached`.
//!
//! `node` takes its arguments as `redis-server` does, so it is told apart before any other argument is read.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: node::memory::Jemalloc = node::memory::Jemalloc;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// ElastiCache on your own machines.
#[derive(Debug, Parser)]
#[command(name = "elastane", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the service: the ElastiCache API, and the caches created through it, on this host.
    Serve(Serve),
    /// Run one cache node: `node [/path/to/redis.conf] [--port N] [--directive value …]`, as redis-server is started.
    Node {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Reserved for the Memcached engine.
    Memcached {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Serve {
    /// Where all state is kept.
    #[arg(long, default_value = "elastane-data")]
    data_dir: PathBuf,
    /// Where the API listens.
    #[arg(long, default_value = "127.0.0.1:8600")]
    api: SocketAddr,
    /// The account that resources belong to.
    #[arg(long, default_value = "123456789012")]
    account: String,
    /// Accept requests signed with any access key; only while the API is bound to loopback.
    #[arg(long)]
    any_credentials: bool,
    /// Leave the caches running when the service stops; the next start adopts them.
    #[arg(long)]
    leave_nodes: bool,
}

fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os()
        .skip(1)
        .map(OsStringExt::into_vec)
        .collect();
    if args.first().is_some_and(|verb| verb == b"node") {
        return node::run(&args[1..], VERSION);
    }
    match Cli::parse().verb {
        Verb::Serve(options) => serve(options),
        Verb::Node { .. } => node::run(&args[1..], VERSION),
        Verb::Memcached { .. } => {
            eprintln!(
                "elastane memcached: the Memcached engine is not carried out by this version of Elastane"
            );
            ExitCode::FAILURE
        }
    }
}

fn serve(cli: Serve) -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ELASTANE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let mut options = control::ServeOptions::new(cli.data_dir);
    options.api_addr = cli.api;
    options.account = cli.account;
    options.any_credentials = cli.any_credentials;
    options.leave_nodes = cli.leave_nodes;
    match control::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("elastane serve: {error}");
            ExitCode::FAILURE
        }
    }
}
