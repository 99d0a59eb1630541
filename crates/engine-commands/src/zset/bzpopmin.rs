//! BZPOPMIN

use super::shared_pop::{End, pop_first};
use crate::args::timeout_ms;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, NullKind, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bzpopmin",
    arity: -3,
    flags: Flags::WRITE
        .union(Flags::NOSCRIPT)
        .union(Flags::BLOCKING)
        .union(Flags::FAST),
    acl: Acl::SORTEDSET,
    keys: &[KeySpec::range(
        1,
        -2,
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::SortedSet,
    since: "5.0.0",
    complexity: "O(log(N)), N being the size of the sorted set.",
    summary: "Takes the member with the lowest score away from the first sorted set that is not empty; waits for one if all are.",
    syntax: "key [key ...] timeout",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (keys, last) = args[1..].split_at(args.len() - 2);
    let timeout_ms = timeout_ms(last[0])?;
    if pop_first(cx, keys, End::Min)? {
        return Ok(());
    }
    cx.block_on(keys, timeout_ms, NullKind::Array)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn what_is_there_is_taken_at_once() {
        play(
            "> ZADD b 1 x 2.5 y
             < :2
             > BZPOPMIN a b 0
             < *3
             < $1
             < b
             < $1
             < x
             < $1
             < 1
             3> BZPOPMIN a b 0
             < *3
             < $1
             < b
             < $1
             < y
             < ,2.5
             > EXISTS b
             < :0",
        );
    }

    #[test]
    fn waits_and_times_out() {
        play(
            "> BZPOPMIN a b 0.05
             <
             + 49
             <
             + 1
             < *-1
             3> BZPOPMIN a 0.05
             <
             + 50
             < _
             a> BZPOPMIN a b 0
             <
             b> BZPOPMIN b a 0
             <
             c> ZADD a 1 x 2 y
             < :2
             a>
             < *3
             < $1
             < a
             < $1
             < x
             < $1
             < 1
             b>
             < *3
             < $1
             < a
             < $1
             < y
             < $1
             < 2
             c> EXISTS a
             < :0",
        );
    }

    #[test]
    fn a_transaction_does_not_wait() {
        play(
            "> MULTI
             < +OK
             > BZPOPMIN a 0
             < +QUEUED
             > EXEC
             < *1
             < *-1",
        );
    }

    #[test]
    fn waits_on_while_the_key_is_no_sorted_set() {
        play(
            "> BZPOPMIN a 0
             <
             b> RPUSH a x
             < :1
             a>
             <
             b> DEL a
             < :1
             b> ZADD a 1 x
             < :1
             a>
             < *3
             < $1
             < a
             < $1
             < x
             < $1
             < 1",
        );
    }

    #[test]
    fn members_gone_before_the_end_of_a_transaction() {
        play(
            "> BZPOPMIN a 0
             <
             b> MULTI
             < +OK
             b> ZADD a 1 x
             < +QUEUED
             b> ZREM a x
             < +QUEUED
             b> EXEC
             < *2
             < :1
             < :1
             a>
             <
             b> ZADD a 2 y
             < :1
             a>
             < *3
             < $1
             < a
             < $1
             < y
             < $1
             < 2",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> BZPOPMIN a x
             < -ERR timeout is not a float or out of range
             > BZPOPMIN a -1
             < -ERR timeout is negative
             > BZPOPMIN a
             < -ERR wrong number of arguments for 'bzpopmin' command
             > SET s v
             < +OK
             > BZPOPMIN nothing s 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
