//! BGREWRITEAOF

use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bgrewriteaof",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Writes the append-only file anew.",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(_: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    Err(Error::new(
        "ERR BGREWRITEAOF is not carried out by this version of Elastane: persistence comes later",
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn says_that_it_does_not_save() {
        play(
            "> BGREWRITEAOF
             < -ERR BGREWRITEAOF is not carried out by this version of Elastane: persistence comes later",
        );
    }
}
