//! PFADD

use super::shared_sketch::{add, empty, outdate, read};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Event, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pfadd",
    arity: -2,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::INSERT))],
    group: Group::HyperLogLog,
    since: "2.8.9",
    complexity: "O(1) for each element.",
    summary: "Adds elements to a HyperLogLog; makes one if there is none.",
    syntax: "key [element [element ...]]",
    run,
    ..Command::BASE
};

/// The event of a sketch that was changed, also by PFMERGE.
pub(crate) const EVENT: Event = Event::new(Class::String, "pfadd");

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let sparse_max = cx.server.config.memory(params::HLL_SPARSE_MAX_BYTES) as usize;
    let exists = read(cx.db.peek(args[1]))?.is_some();
    let changed = cx.db.edit_string(args[1], |bytes, change| {
        let mut changed = 0;
        if !exists {
            *bytes = empty();
            changed = 1;
        }
        for element in &args[2..] {
            changed += usize::from(add(bytes, element, sparse_max)?);
        }
        if changed > 0 {
            outdate(bytes);
        }
        change.note(changed, EVENT);
        Ok(changed)
    })??;
    cx.out.int(i64::from(changed > 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn tells_whether_anything_is_new() {
        play(
            r#"> PFADD h a b c
             < :1
             > PFADD h a b c
             < :0
             > PFADD h d
             < :1
             > PFCOUNT h
             < :4
             > GET h
             < $30
             < HYLL\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\\{\x80Dv\x80P\xb1\x84K\xfb\x80BZ
             > PFADD e
             < :1
             > PFADD e
             < :0
             > GET e
             < $18
             < HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff
             > PFCOUNT e
             < :0
             > PFADD x ""
             < :1
             > GET x
             < $21
             < HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80W1\x84h\xcc"#,
        );
    }

    #[test]
    fn an_expiry_stays() {
        play(
            "> PFADD h a
             < :1
             > PEXPIRE h 60
             < :1
             > PFADD h b
             < :1
             + 60
             <
             > EXISTS h
             < :0",
        );
    }

    #[test]
    fn grows_dense() {
        play(
            "> CONFIG SET hll-sparse-max-bytes 25
             < +OK
             > PFADD h a b
             < :1
             > PFDEBUG ENCODING h
             < +sparse
             > PFADD h c d
             < :1
             > PFDEBUG ENCODING h
             < +dense
             > STRLEN h
             < :12304
             > PFCOUNT h
             < :4
             > PFADD h a
             < :0
             > PFADD h e
             < :1
             > PFCOUNT h
             < :5
             > CONFIG SET hll-sparse-max-bytes 3000
             < +OK",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            r#"> PFADD
             < -ERR wrong number of arguments for 'pfadd' command
             > SET s v
             < +OK
             > PFADD s
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > SET n 12
             < +OK
             > PFADD n
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > RPUSH l v
             < :1
             > PFADD l
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > PFADD h a b c
             < :1
             > APPEND h hello
             < :32
             > PFADD h
             < :0
             > SETRANGE h 0 0123
             < :32
             > PFADD h
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD e a
             < :1
             > SETRANGE e 4 x
             < :21
             > PFADD e
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > PFADD d a
             < :1
             > SETRANGE d 4 "\x00"
             < :21
             > PFADD d
             < -WRONGTYPE Key is not a valid HyperLogLog string value."#,
        );
    }
}
