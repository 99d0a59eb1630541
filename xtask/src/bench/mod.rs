//! `cargo xtask bench`: our node beside peers, on this machine, in the same minutes.

mod quick;
mod target;

#[derive(clap::Subcommand)]
pub(crate) enum Kind {
    /// GET and SET 10:1 against Debian's redis-server: throughput and server CPU time per request.
    Quick(quick::Args),
}

pub(crate) fn run(kind: &Kind) -> anyhow::Result<()> {
    match kind {
        Kind::Quick(args) => quick::run(args),
    }
}
