//! SYNC

use super::shared_link::{has_data, permit};
use engine_dispatch::client::Takeover;
use engine_dispatch::{Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sync",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING)
        .union(Flags::NO_MULTI),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Makes the connection a replica's link, in the way of replicas before 2.8.",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    permit(cx)?;
    has_data(cx)?;
    cx.client.takeover = Some(Takeover::Sync);
    Ok(())
}
