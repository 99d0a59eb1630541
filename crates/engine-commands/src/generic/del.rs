//! DEL

use super::shared_delete::delete;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "del",
    arity: -2,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RM.union(KeyFlags::DELETE),
    )],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(N) in the number of keys.",
    summary: "Deletes keys.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    delete(cx, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn keys_of_any_type_go() {
        play(
            "> MSET a 1 b 2
             < +OK
             > RPUSH l x
             < :1
             > DEL a b none l a
             < :3
             > EXISTS a b l
             < :0
             > DBSIZE
             < :0
             > SET k v PX 10
             < +OK
             + 10
             > DEL k
             < :0
             > DEL
             < -ERR wrong number of arguments for 'del' command",
        );
    }
}
