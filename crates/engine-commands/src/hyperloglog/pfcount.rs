//! PFCOUNT

use super::shared_sketch::{REGISTERS, cache, cached, cardinality, cardinality_of, merge, read};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pfcount",
    arity: -2,
    flags: Flags::READONLY.union(Flags::MAY_REPLICATE),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::range(
        1,
        -1,
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS),
    )],
    group: Group::HyperLogLog,
    since: "2.8.9",
    complexity: "O(1) for one key, O(N) for N of them, with a high constant factor.",
    summary: "Estimates how many different elements were added to HyperLogLogs, taken together if there are several.",
    syntax: "key [key ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let count = match args[1..] {
        [key] => one(cx, key)?,
        _ => several(cx, &args[1..])?,
    };
    cx.out.int(count as i64);
    Ok(())
}

fn one(cx: &mut Cx<'_>, key: &[u8]) -> Result<u64, Error> {
    let Some((bytes, encoding)) = read(cx.db.get(key))? else {
        return Ok(0);
    };
    if let Some(count) = cached(bytes) {
        return Ok(count);
    }
    let count = cardinality(bytes, encoding)?;
    // Although this only reads, the next one is to find the result where it is kept.
    cx.db.edit_string(key, |bytes, change| {
        cache(bytes, count);
        change.note_quietly(1);
    })?;
    Ok(count)
}

fn several(cx: &mut Cx<'_>, keys: &[&[u8]]) -> Result<u64, Error> {
    let mut maxima = [0; REGISTERS];
    for key in keys {
        if let Some((bytes, encoding)) = read(cx.db.get(key))? {
            merge(&mut maxima, bytes, encoding)?;
        }
    }
    Ok(cardinality_of(&maxima))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_and_several() {
        play(
            r"> PFADD a 1 2 3
             < :1
             > PFADD b 3 4 5
             < :1
             > PFCOUNT a
             < :3
             > GET a
             < $27
             < HYLL\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00]f\x80Mt\x80Q,\x8cC\xf3
             > PFCOUNT a
             < :3
             > PFCOUNT a b
             < :5
             > PFCOUNT a b nothing
             < :5
             > PFCOUNT nothing
             < :0
             > PFCOUNT nothing never
             < :0
             > GET b
             < $27
             < HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80A\xee\x84H#\x80`\xc7\x80U!",
        );
    }

    #[test]
    fn what_is_kept_is_out_of_date_after_a_change() {
        play(
            r"> PFADD a 1 2 3
             < :1
             > PFCOUNT a
             < :3
             > PFADD a 4
             < :1
             > PFCOUNT a
             < :4
             > PFADD a 4
             < :0
             > GET a
             < $30
             < HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00A\xee\x84[v\x80Mt\x80Q,\x8cC\xf3",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            r#"> PFCOUNT
             < -ERR wrong number of arguments for 'pfcount' command
             > SET s v
             < +OK
             > PFCOUNT s
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > SET n 12
             < +OK
             > PFCOUNT n
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > RPUSH l v
             < :1
             > PFCOUNT l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > PFADD h a b c
             < :1
             > APPEND h hello
             < :32
             > PFCOUNT h
             < -INVALIDOBJ Corrupted HLL object detected
             > SETRANGE h 0 0123
             < :32
             > PFCOUNT h
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD e a
             < :1
             > SETRANGE e 4 x
             < :21
             > PFCOUNT e
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD d a
             < :1
             > SETRANGE d 4 "\x00"
             < :21
             > PFCOUNT d
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFCOUNT nothing s
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD good a
             < :1
             > PFADD bad a
             < :1
             > APPEND bad hello
             < :26
             > PFCOUNT good bad
             < -INVALIDOBJ Corrupted HLL object detected"#,
        );
    }
}
