//! SPUBLISH

use super::shared_confirm::shard_channels;
use super::shared_publish::{PUBLISH, publish};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "spublish",
    keys: &[shard_channels(0)],
    since: "7.0.0",
    complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    summary: "Sends a message to those who listen to a shard channel.",
    syntax: "shardchannel message",
    run,
    ..PUBLISH
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    publish(cx, args, Scope::Shard)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn to_oneself_after_the_reply() {
        play(
            "3> SSUBSCRIBE sc
             3> SPUBLISH sc hi
             < :1
             < >3\\r\\n$8\\r\\nsmessage\\r\\n$2\\r\\nsc\\r\\n$2\\r\\nhi",
        );
    }
}
