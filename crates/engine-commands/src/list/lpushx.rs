//! LPUSHX

use super::shared_ends::{End, push};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "lpushx",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::List,
    since: "2.2.0",
    complexity: "O(1) for every element.",
    summary: "Puts elements in front of a list that exists.",
    syntax: "key element [element ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    push(cx, args, End::Left, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_where_a_list_is() {
        play(
            "> LPUSHX l a
             < :0
             > LLEN l
             < :0
             > RPUSH l z
             < :1
             > LPUSHX l a b
             < :3
             > LINDEX l 0
             < $1
             < b
             > SET s v
             < +OK
             > LPUSHX s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > LPUSHX l
             < -ERR wrong number of arguments for 'lpushx' command",
        );
    }
}
