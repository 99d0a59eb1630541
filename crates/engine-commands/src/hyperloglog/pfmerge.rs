//! PFMERGE

use super::pfadd::EVENT;
use super::shared_sketch::{Encoding, REGISTERS, empty, make_dense, merge, outdate, raise, read};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pfmerge",
    arity: -2,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::HYPERLOGLOG,
    keys: &[
        KeySpec::at(
            1,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::INSERT),
        ),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::HyperLogLog,
    since: "2.8.9",
    complexity: "O(N) for N of them, with a high constant factor.",
    summary: "Puts HyperLogLogs together into one.",
    syntax: "destkey [sourcekey [sourcekey ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let sparse_max = cx.server.config.memory(params::HLL_SPARSE_MAX_BYTES) as usize;
    let mut maxima = [0; REGISTERS];
    let mut dense = false;
    for key in &args[1..] {
        if let Some((bytes, encoding)) = read(cx.db.get(key))? {
            dense |= encoding == Encoding::Dense;
            merge(&mut maxima, bytes, encoding)?;
        }
    }
    let exists = cx.db.exists(args[1]);
    cx.db.edit_string(args[1], |bytes, change| {
        if !exists {
            *bytes = empty();
        }
        if dense {
            make_dense(bytes)?;
        }
        for (index, value) in maxima.iter().enumerate().filter(|(_, value)| **value > 0) {
            raise(bytes, index, *value, sparse_max)?;
        }
        outdate(bytes);
        change.note(1, EVENT);
        Ok(())
    })??;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sketches_are_put_together() {
        play(
            r#"> PFADD a 1 2 3
             < :1
             > PFADD b 3 4 5
             < :1
             > PFADD d 6
             < :1
             > PFMERGE d a b nothing
             < +OK
             > PFCOUNT d
             < :6
             > GET d
             < $36
             < HYLL\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00A\xee\x84H#\x80SQ\x80Mt\x80Q,\x8c@\xcf\x84C"
             > PFMERGE new a
             < +OK
             > GET new
             < $27
             < HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80]f\x80Mt\x80Q,\x8cC\xf3
             > PFMERGE empty
             < +OK
             > GET empty
             < $18
             < HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff
             > PFDEBUG TODENSE a
             < :1
             > PFMERGE d a
             < +OK
             > PFDEBUG ENCODING d
             < +dense
             > PFCOUNT d
             < :6
             > PFMERGE a b
             < +OK
             > PFCOUNT a
             < :5"#,
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            r#"> PFMERGE
             < -ERR wrong number of arguments for 'pfmerge' command
             > SET s v
             < +OK
             > PFMERGE s
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > SET n 12
             < +OK
             > PFMERGE n
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > RPUSH l v
             < :1
             > PFMERGE l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > PFADD h a b c
             < :1
             > APPEND h hello
             < :32
             > PFMERGE h
             < -INVALIDOBJ Corrupted HLL object detected
             > SETRANGE h 0 0123
             < :32
             > PFMERGE h
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD e a
             < :1
             > SETRANGE e 4 x
             < :21
             > PFMERGE e
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD d a
             < :1
             > SETRANGE d 4 "\x00"
             < :21
             > PFMERGE d
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD bad a
             < :1
             > APPEND bad hello
             < :26
             > PFMERGE new bad
             < -INVALIDOBJ Corrupted HLL object detected
             > EXISTS new
             < :0"#,
        );
    }
}
