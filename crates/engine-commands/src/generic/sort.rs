//! SORT

use super::shared_sort::sort;
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "sort",
    arity: -2,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::SET
        .union(Acl::SORTEDSET)
        .union(Acl::LIST)
        .union(Acl::DANGEROUS),
    keys: &[
        KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec {
            flags: KeyFlags::RO.union(KeyFlags::ACCESS),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
        KeySpec {
            flags: KeyFlags::OW.union(KeyFlags::UPDATE),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
    ],
    plan: Plan::Wide,
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(N+M*log(M)) where N is the number of elements and M the number of those returned; O(N) if they are not sorted.",
    summary: "Sorts the elements of a list, set or sorted set; returns or stores them.",
    syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    sort(cx, args, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn numbers_and_words() {
        play(
            "> RPUSH l 3 10 -1.5 2
             < :4
             > SORT l
             < *4
             < $4
             < -1.5
             < $1
             < 2
             < $1
             < 3
             < $2
             < 10
             > SORT l DESC LIMIT 1 2
             < *2
             < $1
             < 3
             < $1
             < 2
             > SORT l ALPHA
             < *4
             < $4
             < -1.5
             < $2
             < 10
             < $1
             < 2
             < $1
             < 3
             > SORT l LIMIT 2 0
             < *0
             > SORT l LIMIT -5 -1 ASC
             < *4
             < $4
             < -1.5
             < $1
             < 2
             < $1
             < 3
             < $2
             < 10
             > SORT l LIMIT 10 5
             < *0
             > RPUSH words b a
             < :2
             > SORT words
             < -ERR One or more scores can't be converted into double
             > SORT words alpha
             < *2
             < $1
             < a
             < $1
             < b
             > SORT none
             < *0
             > SORT none STORE l
             < :0
             > EXISTS l
             < :0",
        );
    }

    #[test]
    fn sets_and_sorted_sets() {
        play(
            "> SADD s 3 1 2
             < :3
             > SORT s DESC
             < *3
             < $1
             < 3
             < $1
             < 2
             < $1
             < 1
             > ZADD z 1 c 2 a 3 b
             < :3
             > SORT z ALPHA
             < *3
             < $1
             < a
             < $1
             < b
             < $1
             < c
             > SORT z BY nosort
             < *3
             < $1
             < c
             < $1
             < a
             < $1
             < b
             > SORT z BY nosort DESC LIMIT 0 2
             < *2
             < $1
             < b
             < $1
             < a
             > SORT s BY nosort STORE out
             < :3
             > LRANGE out 0 -1
             < *3
             < $1
             < 1
             < $1
             < 2
             < $1
             < 3",
        );
    }

    #[test]
    fn other_keys_decide_the_order_and_are_returned() {
        play(
            "> RPUSH l 1 2 3
             < :3
             > MSET w_1 30 w_2 20 w_3 10 v_1 one v_3 three
             < +OK
             > SORT l BY w_*
             < *3
             < $1
             < 3
             < $1
             < 2
             < $1
             < 1
             > SORT l BY w_* GET # GET v_*
             < *6
             < $1
             < 3
             < $5
             < three
             < $1
             < 2
             < $-1
             < $1
             < 1
             < $3
             < one
             > HSET h_1 n 3
             < :1
             > HSET h_2 n 1
             < :1
             > HSET h_3 n 2
             < :1
             > SORT l BY h_*->n
             < *3
             < $1
             < 2
             < $1
             < 3
             < $1
             < 1
             > SORT l BY h_*->n GET h_*->n DESC
             < *3
             < $1
             < 3
             < $1
             < 2
             < $1
             < 1
             > SORT l BY v_* ALPHA
             < *3
             < $1
             < 2
             < $1
             < 1
             < $1
             < 3
             > SORT l GET v_* STORE out
             < :3
             > LRANGE out 0 -1
             < *3
             < $3
             < one
             < $0\\r\\n
             < $5
             < three
             > SORT l BY v_*
             < -ERR One or more scores can't be converted into double
             > SORT l GET fixed
             < *3
             < $-1
             < $-1
             < $-1
             > SORT l GET l*
             < *3
             < $-1
             < $-1
             < $-1",
        );
    }

    #[test]
    fn storing_replaces_whatever_was_there() {
        play(
            "> RPUSH l 2 1
             < :2
             > SET out text EX 100
             < +OK
             > SORT l STORE out
             < :2
             > TYPE out
             < +list
             > TTL out
             < :-1
             > SORT l STORE l
             < :2
             > LRANGE l 0 -1
             < *2
             < $1
             < 1
             < $1
             < 2
             b> BLPOP waited 0
             <
             a> SORT l STORE waited
             < :2
             b>
             < *2
             < $6
             < waited
             < $1
             < 1
             a> MULTI
             < +OK
             > SORT l BY w_* GET x_*
             < +QUEUED
             > EXEC
             < *1
             < *2
             < $-1
             < $-1",
        );
    }

    #[test]
    fn many_elements_by_other_keys() {
        play(
            "> MSET k_1 v k_600 w
             < +OK
             > SADD s 1 2 3 4 5 6 7 8 9 600
             < :10
             > SORT s DESC GET k_* LIMIT 0 1
             < *1
             < $1
             < w",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> SET k v
             < +OK
             > SORT k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SORT l LIMIT 1
             < -ERR syntax error
             > SORT l LIMIT a b
             < -ERR value is not an integer or out of range
             > SORT l BY
             < -ERR syntax error
             > SORT l STORE
             < -ERR syntax error
             > SORT l NONSENSE
             < -ERR syntax error
             > SORT
             < -ERR wrong number of arguments for 'sort' command",
        );
    }

    #[test]
    fn a_long_list_locks_the_whole_keyspace() {
        use engine_session::transcript::Stage;
        let mut stage = Stage::new(crate::table());
        for n in 0..700 {
            stage.send("a", format!("RPUSH l {n}\r\n").as_bytes());
            stage.send("a", format!("SET w_{n} {}\r\n", 700 - n).as_bytes());
        }
        stage.play(
            "> SORT l BY w_* GET # GET w_* LIMIT 0 1
             < *2
             < $3
             < 699
             < $1
             < 1",
        );
    }
}
