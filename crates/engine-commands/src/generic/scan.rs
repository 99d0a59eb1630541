//! SCAN

use crate::scanning::{Of, Options, cursor, reply_found};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan};
use engine_keyspace::EntryRef;
use engine_types::ItemRef;

pub(crate) const COMMAND: Command = Command {
    name: "scan",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    plan: Plan::Visits,
    group: Group::Generic,
    since: "2.8.0",
    complexity: "O(1) a call, O(N) for all keys of the database.",
    summary: "Walks over the keys of the database, a few a call; what is there throughout is returned at least once.",
    syntax: "cursor [MATCH pattern] [COUNT count] [TYPE type]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let from = cursor(args[1])?;
    let options = Options::parse(&args[2..], Of::Keys)?;
    let mut keys: Vec<Vec<u8>> = Vec::new();
    let mut due: Vec<Box<[u8]>> = Vec::new();
    let each = |entry: EntryRef<'_>| {
        let key = entry.key();
        let kind = entry.kind().name().as_bytes();
        if options
            .kind
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind))
            && options.wants(ItemRef::Bytes(key))
        {
            keys.push(key.to_vec());
        }
    };
    let step = cx.db.scan_all(from, options.count, each, |entry| {
        due.push(entry.key().into())
    });
    let next = match step {
        Ok(next) => next,
        Err(busy) => return cx.retry(busy),
    };
    cx.remove_due(&due);
    reply_found(&mut cx.out, next, &keys);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn all_in_one_call_and_filters() {
        play(
            "> SCAN 0
             < *2
             < $1
             < 0
             < *0
             > MSET {t}a 1 {t}b 2
             < +OK
             > RPUSH {t}l x
             < :1
             > SCAN 0 TYPE LIST COUNT 100
             < *2
             < $1
             < 0
             < *1
             < $4
             < {t}l
             > SCAN 0 MATCH *b COUNT 100
             < *2
             < $1
             < 0
             < *1
             < $4
             < {t}b
             > SCAN 0 TYPE nothing COUNT 100
             < *2
             < $1
             < 0
             < *0
             > PEXPIRE {t}b 10
             < :1
             + 10
             > SCAN 0 MATCH *b COUNT 100
             < *2
             < $1
             < 0
             < *0
             > DBSIZE
             < :2",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SCAN x
             < -ERR invalid cursor
             > SCAN -1
             < -ERR invalid cursor
             > SCAN 0 COUNT 0
             < -ERR syntax error
             > SCAN 0 COUNT x
             < -ERR value is not an integer or out of range
             > SCAN 0 MATCH
             < -ERR syntax error
             > SCAN 0 NOVALUES
             < -ERR NOVALUES option can only be used in HSCAN
             > SCAN 18446744073709551615
             < *2
             < $1
             < 0
             < *0
             > SCAN
             < -ERR wrong number of arguments for 'scan' command",
        );
    }

    #[test]
    fn a_walk_gives_every_key_that_stays() {
        use engine_session::transcript::Stage;
        let mut stage = Stage::new(crate::table());
        for n in 0..500 {
            stage.send("a", format!("SET key:{n} v\r\n").as_bytes());
            stage.send("a", format!("SET {{t}}{n} v\r\n").as_bytes());
        }
        let (mut cursor, mut seen) = ("0".to_string(), std::collections::HashSet::new());
        for step in 0.. {
            let reply = stage.send("a", format!("SCAN {cursor} COUNT 7\r\n").as_bytes());
            let text = String::from_utf8(reply).unwrap();
            let lines: Vec<&str> = text.split("\r\n").collect();
            seen.extend(lines[4..].iter().map(|line| line.to_string()));
            cursor = lines[2].to_string();
            if cursor == "0" {
                break;
            }
            // Others come and go meanwhile.
            stage.send("a", format!("SET {{t}}new{step} v\r\n").as_bytes());
            stage.send("a", format!("DEL {{t}}new{}\r\n", step / 2).as_bytes());
        }
        for n in 0..500 {
            assert!(seen.contains(&format!("key:{n}")) && seen.contains(&format!("{{t}}{n}")));
        }
    }
}
