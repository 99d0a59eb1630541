//! A load generator that is not the bottleneck: one thread, one core, requests built beforehand, replies counted by bytes.
//!
//! It is a closed loop: each connection sends a batch of `pipeline` requests, waits for all its replies, sends the next.
//! It does not parse: a batch's replies have a known length, which holds because every key is loaded first and every
//! value has the same size. `loadgen echo` answers bytes with the same bytes; against it the generator shows its own ceiling.

mod cpu;
mod drive;
mod echo;
mod requests;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Closed-loop load on a Redis-protocol server")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set every key once.
    Load(drive::Load),
    /// Run GET and SET for some seconds and print one line of JSON.
    Run(drive::Run),
    /// Answer every byte with itself: the generator's own ceiling.
    Echo(echo::Args),
}

fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::Load(args) => drive::load(&args),
        Verb::Run(args) => drive::run(&args),
        Verb::Echo(args) => echo::run(&args),
    }
}
