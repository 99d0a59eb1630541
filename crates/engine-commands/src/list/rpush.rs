//! RPUSH

use super::shared_ends::{End, push};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "rpush",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::List,
    since: "1.0.0",
    complexity: "O(1) for every element.",
    summary: "Puts elements behind the end of a list; makes the list if it is not there.",
    syntax: "key element [element ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    push(cx, args, End::Right, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn elements_keep_their_order() {
        play(
            "> RPUSH l a b
             < :2
             > RPUSH l c ''
             < :4
             > LRANGE l 0 -1
             < *4
             < $1
             < a
             < $1
             < b
             < $1
             < c
             < $0\\r\\n
             > SET s v
             < +OK
             > RPUSH s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > RPUSH l
             < -ERR wrong number of arguments for 'rpush' command",
        );
    }

    #[test]
    fn an_expired_key_is_begun_anew() {
        play(
            "> RPUSH l old
             < :1
             > SET other v PX 10
             < +OK
             + 20
             > RPUSH other a
             < :1
             > LLEN other
             < :1",
        );
    }
}
