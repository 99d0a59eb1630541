//! BGSAVE

use crate::args::is;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bgsave",
    arity: -1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Saves the data set to a file.",
    syntax: "[SCHEDULE]",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(_: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args.len() > 2 || args.get(1).is_some_and(|word| !is(word, "SCHEDULE")) {
        return Err(Error::SYNTAX);
    }
    Err(Error::new(
        "ERR BGSAVE is not carried out by this version of Elastane: persistence comes later",
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn says_that_it_does_not_save() {
        play(
            "> BGSAVE
             < -ERR BGSAVE is not carried out by this version of Elastane: persistence comes later
             > BGSAVE foo
             < -ERR syntax error",
        );
    }
}
