//! PSUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP};
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "psubscribe",
    arity: -2,
    since: "2.0.0",
    complexity: "O(N) where N is the number of patterns to subscribe to.",
    summary: "Sends the connection what is published to channels that match the patterns.",
    syntax: "pattern [pattern ...]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    confirm::subscribe_patterns(cx, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_message_for_each_match() {
        play(
            "> SUBSCRIBE foo.bar
             > PSUBSCRIBE foo.* f* x?
             < *3\\r\\n$10\\r\\npsubscribe\\r\\n$5\\r\\nfoo.*\\r\\n:2
             < *3\\r\\n$10\\r\\npsubscribe\\r\\n$2\\r\\nf*\\r\\n:3
             < *3\\r\\n$10\\r\\npsubscribe\\r\\n$2\\r\\nx?\\r\\n:4
             b> PUBLISH foo.bar hi
             < :3
             a>
             < *3\\r\\n$7\\r\\nmessage\\r\\n$7\\r\\nfoo.bar\\r\\n$2\\r\\nhi
             < *4\\r\\n$8\\r\\npmessage\\r\\n$2\\r\\nf*\\r\\n$7\\r\\nfoo.bar\\r\\n$2\\r\\nhi
             < *4\\r\\n$8\\r\\npmessage\\r\\n$5\\r\\nfoo.*\\r\\n$7\\r\\nfoo.bar\\r\\n$2\\r\\nhi
             > PUNSUBSCRIBE f* nosuch
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$2\\r\\nf*\\r\\n:3
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$6\\r\\nnosuch\\r\\n:3
             > PUNSUBSCRIBE
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$5\\r\\nfoo.*\\r\\n:2
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$2\\r\\nx?\\r\\n:1
             > PUNSUBSCRIBE
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$-1\\r\\n:1",
        );
    }
}
