//! BITFIELD

use super::shared_fields::run_steps;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bitfield",
    arity: -2,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW
            .union(KeyFlags::ACCESS)
            .union(KeyFlags::UPDATE)
            .union(KeyFlags::VARIABLE_FLAGS),
    )],
    group: Group::Bitmap,
    since: "3.2.0",
    complexity: "O(1) for each step.",
    summary: "Reads, sets and adds to numbers of any width within a string.",
    syntax: "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    run_steps(cx, args, true)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn numbers_are_read_set_and_added_to() {
        play(
            "> BITFIELD k SET i8 0 -100 GET i8 0 GET u8 0
             < *3
             < :0
             < :-100
             < :156
             > BITFIELD k SET u8 #1 255 INCRBY u8 #1 1 GET u4 #2
             < *3
             < :0
             < :0
             < :0
             > STRLEN k
             < :2
             > BITFIELD k GET i64 1000
             < *1
             < :0
             > STRLEN k
             < :2
             > BITFIELD k
             < *0
             > BITFIELD none GET u8 0
             < *1
             < :0
             > EXISTS none
             < :0
             > BITFIELD k SET i64 0 -9223372036854775808 INCRBY i64 0 -1
             < *2
             < :-7205759403792793600
             < :9223372036854775807",
        );
    }

    #[test]
    fn overflow_wraps_saturates_or_fails() {
        play(
            "> BITFIELD k SET u8 0 250
             < *1
             < :0
             > BITFIELD k INCRBY u8 0 10
             < *1
             < :4
             > BITFIELD k OVERFLOW SAT INCRBY u8 0 1000 INCRBY u8 0 -1000 OVERFLOW WRAP INCRBY u8 0 -1
             < *3
             < :255
             < :0
             < :255
             > BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 SET u8 0 1000
             < *2
             < $-1
             < $-1
             > BITFIELD k OVERFLOW SAT SET u8 0 -1 SET i8 8 200 GET i8 8
             < *3
             < :255
             < :0
             < :127
             > BITFIELD k SET i8 8 200 GET i8 8
             < *2
             < :127
             < :-56
             3> BITFIELD new OVERFLOW FAIL SET u1 0 2
             < *1
             < _
             a> STRLEN new
             < :1",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> BITFIELD k GET u64 0
             < -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
             > BITFIELD k GET i65 0
             < -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
             > BITFIELD k GET 8 0
             < -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
             > BITFIELD k GET u8 -1
             < -ERR bit offset is not an integer or out of range
             > BITFIELD k GET u8 #x
             < -ERR bit offset is not an integer or out of range
             > BITFIELD k GET i64 #9223372036854775807
             < -ERR bit offset is not an integer or out of range
             > BITFIELD k SET u8 0
             < -ERR syntax error
             > BITFIELD k SET u8 0 x
             < -ERR value is not an integer or out of range
             > BITFIELD k OVERFLOW NONE
             < -ERR Invalid OVERFLOW type specified
             > BITFIELD k NONSENSE
             < -ERR syntax error
             > RPUSH l x
             < :1
             > BITFIELD l GET u8 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > BITFIELD l SET u8 0 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
