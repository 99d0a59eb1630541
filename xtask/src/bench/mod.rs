//! `cargo xtask bench`: our node beside peers, on this machine, in the same minutes.

mod expire;
mod quick;
mod target;

#[derive(clap::Subcommand)]
pub(crate) enum Kind {
    /// GET and SET 10:1 against Debian's redis-server: throughput and server CPU time per request.
    Quick(quick::Args),
    /// A million keys that expire at once: how soon they are gone, and how long a client waits meanwhile.
    Expire(expire::Args),
}

pub(crate) fn run(kind: &Kind) -> anyhow::Result<()> {
    match kind {
        Kind::Quick(args) => quick::run(args),
        Kind::Expire(args) => expire::run(args),
    }
}
