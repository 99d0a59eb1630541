//! SSCAN

use crate::scanning::{self, Of, Options};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "sscan",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::SET,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Set,
    since: "2.8.0",
    complexity: "O(1) for every call, O(N) for a whole iteration.",
    summary: "Iterates over the members of a set, some at each call.",
    syntax: "key cursor [MATCH pattern] [COUNT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let cursor = scanning::cursor(args[2])?;
    let Some(set) = cx.db.read::<Set>(args[1])? else {
        scanning::reply_nothing(&mut cx.out);
        return Ok(());
    };
    let options = Options::parse(&args[3..], Of::Set)?;
    let mut found = Vec::new();
    let next = set.scan(cursor, options.count, |member| {
        if options.wants(member) {
            found.push(member.to_vec());
        }
    });
    scanning::reply_found(&mut cx.out, next, &found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_small_set_at_once() {
        play(
            "> SADD s 1 2 30
             < :3
             > SSCAN s 0
             < *2
             < $1
             < 0
             < *3
             < $1
             < 1
             < $1
             < 2
             < $2
             < 30
             > SSCAN s 0 MATCH 3* COUNT 1
             < *2
             < $1
             < 0
             < *1
             < $2
             < 30
             > SSCAN nothing 0 COUNT x
             < *2
             < $1
             < 0
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SADD s a
             < :1
             > SSCAN s x
             < -ERR invalid cursor
             > SSCAN s 0 COUNT x
             < -ERR value is not an integer or out of range
             > SSCAN s 0 COUNT 0
             < -ERR syntax error
             > SSCAN s 0 NOVALUES
             < -ERR NOVALUES option can only be used in HSCAN
             > SSCAN s 0 TYPE set
             < -ERR syntax error
             > SET k v
             < +OK
             > SSCAN k 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SSCAN k x
             < -ERR invalid cursor",
        );
    }

    #[test]
    fn a_large_set_is_found_whole() {
        use engine_session::transcript::Stage;
        use std::collections::BTreeSet;
        let mut stage = Stage::new(crate::table());
        for n in 0..1000 {
            stage.send("a", format!("SADD s m{n}\r\n").as_bytes());
        }
        let (mut cursor, mut found, mut calls) = ("0".to_string(), BTreeSet::new(), 0);
        loop {
            let reply = stage.send("a", format!("SSCAN s {cursor} COUNT 50\r\n").as_bytes());
            let reply = String::from_utf8(reply).unwrap();
            cursor = reply.split("\r\n").nth(2).unwrap().to_string();
            found.extend(
                reply
                    .split("\r\n")
                    .filter(|l| l.starts_with('m'))
                    .map(str::to_string),
            );
            calls += 1;
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(found.len(), 1000);
        assert!((10..200).contains(&calls), "{calls}");
    }
}
