//! SWAPDB

use crate::args::int;
use crate::generic::shared_database::in_range;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "swapdb",
    arity: 3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE.union(Acl::DANGEROUS),
    plan: Plan::All,
    group: Group::Server,
    since: "4.0.0",
    complexity: "O(S) in the number of slots in use.",
    summary: "Exchanges the contents of two databases, for all clients at once.",
    syntax: "index1 index2",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let number = |arg, text: &'static str| {
        let number = int(arg).ok().filter(|n| i32::try_from(*n).is_ok());
        number.ok_or_else(|| Error::new(text))
    };
    let first = number(args[1], "ERR invalid first DB index")?;
    let second = number(args[2], "ERR invalid second DB index")?;
    let (first, second) = (in_range(cx, first)?, in_range(cx, second)?);
    cx.db.swap(first, second);
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn contents_change_places() {
        play(
            "> MSET a 1 b 2
             < +OK
             > EXPIRE a 100
             < :1
             > SELECT 1
             < +OK
             > SET c 3
             < +OK
             > SWAPDB 0 1
             < +OK
             > DBSIZE
             < :2
             > TTL a
             < :100
             > SELECT 0
             < +OK
             > GET c
             < $1
             < 3
             > DBSIZE
             < :1
             > SWAPDB 0 0
             < +OK
             > DBSIZE
             < :1
             + 200000
             > SWAPDB 0 1
             < +OK
             > EXISTS a b c
             < :1",
        );
    }

    #[test]
    fn who_watches_and_who_waits() {
        play(
            "> SET k v
             < +OK
             > WATCH k
             < +OK
             b> SWAPDB 0 1
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *-1
             > WATCH none
             < +OK
             b> SWAPDB 0 1
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *0
             b> BLPOP l 0
             <
             a> SELECT 2
             < +OK
             > RPUSH l x
             < :1
             > SWAPDB 0 2
             < +OK
             b>
             < *2
             < $1
             < l
             < $1
             < x",
        );
    }

    #[test]
    fn expired_is_as_good_as_absent() {
        play(
            "> SELECT 1
             < +OK
             > SET k v PX 10
             < +OK
             > SELECT 0
             < +OK
             + 10
             > WATCH k
             < +OK
             b> SWAPDB 0 1
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *0",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SWAPDB x 1
             < -ERR invalid first DB index
             > SWAPDB 0 x
             < -ERR invalid second DB index
             > SWAPDB 0 99
             < -ERR DB index is out of range
             > SWAPDB -1 1
             < -ERR DB index is out of range
             > SWAPDB 0
             < -ERR wrong number of arguments for 'swapdb' command",
        );
    }

    #[test]
    fn the_effect_is_the_command() {
        let effects = journal("> SWAPDB 0 1");
        assert_eq!(effects, ["SELECT 0", "SWAPDB 0 1"]);
    }
}
