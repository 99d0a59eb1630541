//! UNSUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "unsubscribe",
    arity: -1,
    since: "2.0.0",
    complexity: "O(N) where N is the number of channels to unsubscribe.",
    summary: "Ends what SUBSCRIBE began, for the channels named or for all.",
    syntax: "[channel [channel ...]]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    confirm::unsubscribe(cx, b"unsubscribe", Scope::Global, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn always_answers() {
        play(
            "> UNSUBSCRIBE
             < *3\\r\\n$11\\r\\nunsubscribe\\r\\n$-1\\r\\n:0
             > UNSUBSCRIBE a b
             < *3\\r\\n$11\\r\\nunsubscribe\\r\\n$1\\r\\na\\r\\n:0
             < *3\\r\\n$11\\r\\nunsubscribe\\r\\n$1\\r\\nb\\r\\n:0
             3> UNSUBSCRIBE
             < >3\\r\\n$11\\r\\nunsubscribe\\r\\n_\\r\\n:0",
        );
    }
}
