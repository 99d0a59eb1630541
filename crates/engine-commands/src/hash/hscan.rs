//! HSCAN

use crate::scanning::{self, Of, Options};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "hscan",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Hash,
    since: "2.8.0",
    complexity: "O(1) for every call, O(N) for a whole iteration.",
    summary: "Iterates over the fields of a hash, some at each call.",
    syntax: "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let cursor = scanning::cursor(args[2])?;
    let Some(hash) = cx.db.hash(args[1])? else {
        scanning::reply_nothing(&mut cx.out);
        return Ok(());
    };
    let options = Options::parse(&args[3..], Of::Hash)?;
    let mut found = Vec::new();
    let next = hash.scan(cursor, options.count, |field, value| {
        if options.wants(field) {
            found.push(field.to_vec());
            if !options.bare {
                found.push(value.to_vec());
            }
        }
    });
    scanning::reply_found(&mut cx.out, next, &found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_small_hash_at_once() {
        play(
            "> HSET h a 1 bb 2
             < :2
             > HSCAN h 0
             < *2
             < $1
             < 0
             < *4
             < $1
             < a
             < $1
             < 1
             < $2
             < bb
             < $1
             < 2
             > HSCAN h 0 MATCH b* COUNT 100
             < *2
             < $1
             < 0
             < *2
             < $2
             < bb
             < $1
             < 2
             > HSCAN h 0 NOVALUES
             < *2
             < $1
             < 0
             < *2
             < $1
             < a
             < $2
             < bb
             3> HSCAN nothing 0
             < *2
             < $1
             < 0
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HSET h a 1
             < :1
             > HSCAN h x
             < -ERR invalid cursor
             > HSCAN h -1
             < -ERR invalid cursor
             > HSCAN h 0 COUNT 0
             < -ERR syntax error
             > HSCAN h 0 MATCH
             < -ERR syntax error
             > HSCAN h 0 NOSCORES
             < -ERR NOSCORES option can only be used in ZSCAN
             > HSCAN h
             < -ERR wrong number of arguments for 'hscan' command
             > SET k v
             < +OK
             > HSCAN k 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
