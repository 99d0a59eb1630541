//! ROLE

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "role",
    arity: 1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST),
    acl: Acl::ADMIN.union(Acl::DANGEROUS),
    group: Group::Server,
    since: "2.8.12",
    complexity: "O(1)",
    summary: "Returns whether the node is primary or replica, and of whom.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    match cx.server.replication() {
        Some(replication) => replication.role(&mut cx.out),
        None => {
            cx.out.array(3);
            cx.out.bulk(b"master");
            cx.out.int(cx.server.journal.offset() as i64);
            cx.out.array(0);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_node_alone_is_primary() {
        play(
            "> ROLE
             < *3
             < $6
             < master
             < :0
             < *0",
        );
    }
}
