//! PFDEBUG

use super::shared_sketch::{Encoding, HEADER, REGISTERS, make_dense, read};
use super::{shared_dense as dense, shared_sparse as sparse};
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "pfdebug",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::ADMIN),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::ACCESS))],
    group: Group::HyperLogLog,
    since: "2.8.9",
    complexity: "O(1)",
    summary: "Shows or changes how a HyperLogLog is kept: GETREG, DECODE, ENCODING, TODENSE.",
    syntax: "subcommand key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (what, key) = (args[1], args[2]);
    let Some((bytes, encoding)) = read(cx.db.peek(key))? else {
        return Err(Error::new("ERR The specified key does not exist"));
    };
    let is_sparse = encoding == Encoding::Sparse;
    if is(what, "ENCODING") {
        cx.out.simple(if is_sparse { "sparse" } else { "dense" });
    } else if is(what, "DECODE") {
        if !is_sparse {
            return Err(Error::new("ERR HLL encoding is not sparse"));
        }
        let text = sparse::describe(bytes.get(HEADER..).unwrap_or_default());
        cx.out.bulk(text.as_bytes());
    } else if is(what, "TODENSE") {
        convert(cx, key)?;
        cx.out.int(i64::from(is_sparse));
    } else if is(what, "GETREG") {
        convert(cx, key)?;
        cx.out.array(REGISTERS);
        let bytes = read(cx.db.peek(key))?.map_or(&[][..], |(bytes, _)| bytes);
        let registers = bytes.get(HEADER..).unwrap_or_default();
        for index in 0..REGISTERS {
            cx.out.int(i64::from(dense::get(registers, index)));
        }
    } else {
        let what = String::from_utf8_lossy(what);
        return Err(Error::new(format!(
            "ERR Unknown PFDEBUG subcommand '{what}'"
        )));
    }
    Ok(())
}

/// Makes a sketch dense that is not.
fn convert(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    cx.db.edit_string(key, |bytes, change| {
        let before = bytes.len();
        make_dense(bytes)?;
        change.note_quietly(usize::from(bytes.len() != before));
        Ok(())
    })?
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn shows_the_encoding() {
        play(
            "> PFADD h a b c d
             < :1
             > PFDEBUG ENCODING h
             < +sparse
             > PFDEBUG DECODE h
             < $57
             < Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603
             > PFDEBUG TODENSE h
             < :1
             > PFDEBUG TODENSE h
             < :0
             > PFDEBUG ENCODING h
             < +dense
             > PFDEBUG DECODE h
             < -ERR HLL encoding is not sparse
             > PFCOUNT h
             < :4",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> PFDEBUG WHAT nothing
             < -ERR The specified key does not exist
             > PFADD h a
             < :1
             > PFDEBUG WHAT h
             < -ERR Unknown PFDEBUG subcommand 'WHAT'
             > PFDEBUG ENCODING
             < -ERR wrong number of arguments for 'pfdebug' command
             > SET s v
             < +OK
             > PFDEBUG ENCODING s
             < -WRONGTYPE Key is not a valid HyperLogLog string value.
             > APPEND h hello
             < :26
             > PFDEBUG TODENSE h
             < -INVALIDOBJ Corrupted HLL object detected",
        );
    }
}
