//! SUNSUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP, shard_channels};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "sunsubscribe",
    arity: -1,
    keys: &[shard_channels(-1)],
    since: "7.0.0",
    complexity: "O(N) where N is the number of shard channels to unsubscribe.",
    summary: "Ends what SSUBSCRIBE began, for the shard channels named or for all.",
    syntax: "[shardchannel [shardchannel ...]]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    confirm::unsubscribe(cx, b"sunsubscribe", Scope::Shard, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn of_channels_not_subscribed_to() {
        play(
            "> SUNSUBSCRIBE a
             < *3\\r\\n$12\\r\\nsunsubscribe\\r\\n$1\\r\\na\\r\\n:0",
        );
    }
}
