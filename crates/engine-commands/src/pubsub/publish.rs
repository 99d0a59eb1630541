//! PUBLISH

use super::shared_publish::{PUBLISH, publish};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "publish",
    since: "2.0.0",
    complexity: "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
    summary: "Sends a message to those who listen to a channel.",
    syntax: "channel message",
    run,
    ..PUBLISH
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    publish(cx, args, Scope::Global)
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn replicas_get_it_and_nothing_counts_as_changed() {
        let effects = journal(
            "> PUBLISH ch hello
             < :0
             > MULTI
             > PUBLISH ch x
             > SET k v
             > SPUBLISH ch y
             > EXEC
             < *3
             < :0
             < +OK
             < :0",
        );
        assert_eq!(
            effects,
            [
                "SELECT 0",
                "PUBLISH ch hello",
                "MULTI",
                "PUBLISH ch x",
                "SET k v",
                "SPUBLISH ch y",
                "EXEC"
            ]
        );
    }

    #[test]
    fn a_blocked_client_gets_its_messages() {
        play(
            "3> SUBSCRIBE ch
             3> BLPOP q 0
             <
             b> PUBLISH ch x
             < :1
             3>
             < >3\\r\\n$7\\r\\nmessage\\r\\n$2\\r\\nch\\r\\n$1\\r\\nx
             b> RPUSH q v
             < :1
             3>
             < *2\\r\\n$1\\r\\nq\\r\\n$1\\r\\nv",
        );
    }
}
