//! ZPOPMIN

use super::shared_pop::{End, pop_here};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "zpopmin",
    arity: -2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::SortedSet,
    since: "5.0.0",
    complexity: "O(log(N)*M), N being the size of the sorted set, M the number of members taken.",
    summary: "Takes the members with the lowest scores away from a sorted set and returns them.",
    syntax: "key [count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    pop_here(cx, args, End::Min)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn takes_the_lowest() {
        play(
            "> ZADD z 1 a 2 b 2 c 4.5 d
             < :4
             > ZPOPMIN z
             < *2
             < $1
             < a
             < $1
             < 1
             > ZPOPMIN z 2
             < *4
             < $1
             < b
             < $1
             < 2
             < $1
             < c
             < $1
             < 2
             > ZPOPMIN z 0
             < *0
             > ZPOPMIN z 9
             < *2
             < $1
             < d
             < $3
             < 4.5
             > EXISTS z
             < :0
             > ZPOPMIN z
             < *0
             > ZPOPMIN z 2
             < *0",
        );
    }

    #[test]
    fn pairs_in_resp3() {
        play(
            "> ZADD z 1 a 2 b 3 c
             < :3
             3> ZPOPMIN z
             < *2
             < $1
             < a
             < ,1
             3> ZPOPMIN z 2
             < *2
             < *2
             < $1
             < b
             < ,2
             < *2
             < $1
             < c
             < ,3
             3> ZPOPMIN z
             < *0
             3> ZPOPMIN z 2
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> ZPOPMIN z x
             < -ERR value is out of range, must be positive
             > ZPOPMIN z -1
             < -ERR value is out of range, must be positive
             > ZPOPMIN z 1 2
             < -ERR syntax error
             > ZPOPMIN
             < -ERR wrong number of arguments for 'zpopmin' command
             > SET s v
             < +OK
             > ZPOPMIN s
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > ZPOPMIN s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
