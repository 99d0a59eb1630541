//! PUNSUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP};
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "punsubscribe",
    arity: -1,
    since: "2.0.0",
    complexity: "O(N) where N is the number of patterns to unsubscribe.",
    summary: "Ends what PSUBSCRIBE began, for the patterns named or for all.",
    syntax: "[pattern [pattern ...]]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    confirm::unsubscribe_patterns(cx, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn always_answers() {
        play(
            "> PUNSUBSCRIBE
             < *3\\r\\n$12\\r\\npunsubscribe\\r\\n$-1\\r\\n:0",
        );
    }
}
