//! KEYS

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan};
use engine_types::glob;

pub(crate) const COMMAND: Command = Command {
    name: "keys",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    plan: Plan::Visits,
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(N) in the number of keys of the database.",
    summary: "Returns all keys that match a pattern.",
    syntax: "pattern",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let pattern = args[1];
    let all = pattern == b"*";
    let (mut cursor, mut count) = (0, 0);
    let mark = cx.out.begin();
    loop {
        let out = &mut cx.out;
        let step = cx.db.scan(cursor, usize::MAX, |entry| {
            let key = entry.key();
            if all || glob::matches(pattern, key, false) {
                out.bulk(key);
                count += 1;
            }
        });
        match step {
            Ok(0) => break,
            Ok(next) => cursor = next,
            Err(busy) => return cx.retry(busy),
        }
    }
    cx.out.end_array(mark, count);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn patterns() {
        play(
            "> MSET {t}one 1 {t}two 2 other 3
             < +OK
             > KEYS o*
             < *1
             < $5
             < other
             > KEYS {t}[t]*
             < *1
             < $6
             < {t}two
             > KEYS none
             < *0
             > KEYS *r
             < *1
             < $5
             < other
             > SET other v PX 10
             < +OK
             + 10
             > KEYS o*
             < *0
             > DEL {t}one
             < :1
             > KEYS *
             < *1
             < $6
             < {t}two
             > MULTI
             < +OK
             > KEYS *
             < +QUEUED
             > EXEC
             < *1
             < *1
             < $6
             < {t}two
             > KEYS
             < -ERR wrong number of arguments for 'keys' command",
        );
    }

    #[test]
    fn a_node_with_keys_in_every_slot() {
        use engine_session::transcript::Stage;
        let mut stage = Stage::new(crate::table());
        for n in 0..3000 {
            stage.send("a", format!("SET key:{n} v\r\n").as_bytes());
        }
        let reply = stage.send("a", b"KEYS key:*\r\n");
        assert!(reply.starts_with(b"*3000\r\n"));
    }
}
