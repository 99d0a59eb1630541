//! RPUSHX

use super::shared_ends::{End, push};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "rpushx",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::List,
    since: "2.2.0",
    complexity: "O(1) for every element.",
    summary: "Puts elements behind the end of a list that exists.",
    syntax: "key element [element ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    push(cx, args, End::Right, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_where_a_list_is() {
        play(
            "> RPUSHX l a
             < :0
             > RPUSH l z
             < :1
             > RPUSHX l a b
             < :3
             > LINDEX l -1
             < $1
             < b
             > SET s v
             < +OK
             > RPUSHX s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPUSHX l
             < -ERR wrong number of arguments for 'rpushx' command",
        );
    }
}
