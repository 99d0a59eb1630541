//! SAVE

use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "save",
    arity: 1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING)
        .union(Flags::NO_MULTI),
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(N) where N is the total number of keys in all databases",
    summary: "Saves the data set to a file, holding up everybody meanwhile.",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(_: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    Err(Error::new(
        "ERR SAVE is not carried out by this version of Elastane: persistence comes later",
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn says_that_it_does_not_save() {
        play(
            "> SAVE
             < -ERR SAVE is not carried out by this version of Elastane: persistence comes later",
        );
    }
}
