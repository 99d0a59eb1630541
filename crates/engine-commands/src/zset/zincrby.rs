//! ZINCRBY

use super::shared_add::{Rules, zadd};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zincrby",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::SortedSet,
    since: "1.2.0",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Adds to the score of a member; one that is not there begins at 0.",
    syntax: "key increment member",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let rules = Rules {
        incr: true,
        ..Rules::default()
    };
    zadd(cx, args, rules)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn counts_up_and_down() {
        play(
            "> ZINCRBY z 1.5 a
             < $3
             < 1.5
             > ZINCRBY z 1.5 a
             < $1
             < 3
             3> ZINCRBY z -0.5 a
             < ,2.5
             > ZINCRBY z inf a
             < $3
             < inf
             > ZINCRBY z -inf a
             < -ERR resulting score is not a number (NaN)
             > ZSCORE z a
             < $3
             < inf",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZINCRBY z x a
             < -ERR value is not a valid float
             > ZINCRBY z NX a
             < -ERR syntax error
             > ZINCRBY z 1
             < -ERR wrong number of arguments for 'zincrby' command
             > SET s v
             < +OK
             > ZINCRBY s 1 a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
