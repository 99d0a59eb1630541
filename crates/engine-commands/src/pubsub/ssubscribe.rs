//! SSUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP, shard_channels};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Error, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "ssubscribe",
    arity: -2,
    keys: &[shard_channels(-1)],
    since: "7.0.0",
    complexity: "O(N) where N is the number of shard channels to subscribe to.",
    summary: "Sends the connection what is published to the shard channels.",
    syntax: "shardchannel [shardchannel ...]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if cx.may_not_block() {
        return Err(Error::new(
            "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client",
        ));
    }
    confirm::subscribe(cx, b"ssubscribe", Scope::Shard, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn shard_channels_are_a_world_of_their_own() {
        play(
            "> SSUBSCRIBE sc
             < *3\\r\\n$10\\r\\nssubscribe\\r\\n$2\\r\\nsc\\r\\n:1
             b> PSUBSCRIBE *
             c> SPUBLISH sc hi
             < :1
             c> PUBLISH sc hi
             < :1
             a>
             < *3\\r\\n$8\\r\\nsmessage\\r\\n$2\\r\\nsc\\r\\n$2\\r\\nhi
             c> PUBSUB SHARDCHANNELS
             < *1\\r\\n$2\\r\\nsc
             c> PUBSUB SHARDNUMSUB sc
             < *2\\r\\n$2\\r\\nsc\\r\\n:1
             c> PUBSUB NUMSUB sc
             < *2\\r\\n$2\\r\\nsc\\r\\n:0
             a> SUBSCRIBE x
             < *3\\r\\n$9\\r\\nsubscribe\\r\\n$1\\r\\nx\\r\\n:1
             > SUNSUBSCRIBE
             < *3\\r\\n$12\\r\\nsunsubscribe\\r\\n$2\\r\\nsc\\r\\n:0
             > SUNSUBSCRIBE
             < *3\\r\\n$12\\r\\nsunsubscribe\\r\\n$-1\\r\\n:0",
        );
    }
}
