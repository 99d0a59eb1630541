//! DBSIZE

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "dbsize",
    arity: 1,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    group: Group::Server,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Returns how many keys the database has.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let keys = cx.server.keyspace.db(cx.db.db).keys.get();
    cx.out.int(keys.max(0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn keys_of_the_database() {
        play(
            "> DBSIZE
             < :0
             > MSET a 1 b 2 a 3
             < +OK
             > DBSIZE
             < :2
             > DEL a
             < :1
             > DBSIZE
             < :1
             > SELECT 1
             < +OK
             > DBSIZE
             < :0
             > DBSIZE x
             < -ERR wrong number of arguments for 'dbsize' command",
        );
    }
}
