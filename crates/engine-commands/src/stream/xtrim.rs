//! XTRIM

use super::shared_trim::Options;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "xtrim",
    arity: -4,
    flags: Flags::WRITE,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(N), N being the number of entries taken away.",
    summary: "Takes the oldest entries away, up to a length or an ID, and returns how many.",
    syntax: "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let options = Options::parse(cx, args, false)?;
    let trim = options.trim.ok_or(Error::SYNTAX)?;
    let gone = trim.apply(cx, args[1])?;
    if gone > 0
        && cx.db.is_journalled()
        && let Some((at, left)) = trim.exactly(cx, args[1])
    {
        let mut effect = args.to_vec();
        effect[at - 1] = b"=";
        effect[at] = &left;
        cx.db.rewrite(&effect);
    }
    cx.out.int(gone as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn cuts_to_a_length_or_an_id() {
        play(
            "> XTRIM s MAXLEN 1
             < :0
             > XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s 2-1 a 1
             < $3
             < 2-1
             > XADD s 3-1 a 1
             < $3
             < 3-1
             > XTRIM s MAXLEN ~ 1
             < :0
             > XTRIM s MINID 2
             < :1
             > XTRIM s maxlen = 1
             < :1
             > XRANGE s - +
             < *1
             < *2
             < $3
             < 3-1
             < *2
             < $1
             < a
             < $1
             < 1
             > XTRIM s MAXLEN 0
             < :1
             > EXISTS s
             < :1",
        );
    }

    #[test]
    fn a_rough_cut_is_exact_for_replicas() {
        let effects = journal(
            "> CONFIG SET stream-node-max-entries 1
             < +OK
             > XADD s 1-1 a 1
             < $3
             < 1-1
             > XADD s 2-1 a 1
             < $3
             < 2-1
             > XADD s 3-1 a 1
             < $3
             < 3-1
             > XTRIM s MAXLEN ~ 0 LIMIT 2
             < :2
             > XTRIM s MINID ~ 3-0
             < :0
             > XTRIM s MINID ~ 4-0
             < :1",
        );
        assert_eq!(
            effects[4..],
            [
                "XTRIM s MAXLEN = 1 LIMIT 2",
                "XTRIM s MINID = 18446744073709551615-18446744073709551615",
            ]
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XTRIM s MAXLEN
             < -ERR wrong number of arguments for 'xtrim' command
             > XTRIM s MAXLEN x
             < -ERR value is not an integer or out of range
             > XTRIM s MINID x
             < -ERR Invalid stream ID specified as stream command argument
             > XTRIM s LIMIT 1
             < -ERR syntax error, LIMIT cannot be used without specifying a trimming strategy
             > XTRIM s LIMIT 0
             < -ERR syntax error, XTRIM must be called with a trimming strategy
             > XTRIM s 1 1
             < -ERR syntax error
             > XTRIM s MAXLEN 1 LIMIT 1
             < -ERR syntax error, LIMIT cannot be used without the special ~ option
             > SET k v
             < +OK
             > XTRIM k MAXLEN 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
