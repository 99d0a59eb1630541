//! DUMP

use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_keyspace::{EntryRef, Value};
use engine_persist::rdb::{RdbValue, dump_payload};

pub(crate) const COMMAND: Command = Command {
    name: "dump",
    arity: 2,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Generic,
    since: "2.6.0",
    complexity: "O(N) in the size of the value.",
    summary: "Returns a value in the form in which RESTORE takes it.",
    syntax: "key",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let payload = cx.db.get(args[1]).map(EntryRef::value).map(|value| {
        dump_payload(match value {
            Value::Bytes(bytes) => RdbValue::Bytes(bytes),
            Value::Int(n) => RdbValue::Int(n),
            Value::Object(object) => RdbValue::Object(object),
        })
    });
    cx.out.bulk_or_null(payload.as_deref());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn absent_and_a_number() {
        play(
            "> DUMP none
             < $-1
             > SET n 10
             < +OK
             > DUMP n
             < $13
             < \\x00\\xc0\\x0a\\x0a\\x00\\x6e\\x9f\\x57\\x45\\x0e\\xae\\x63\\xbb
             > RPUSH l a b
             < :2
             > DUMP l
             < $27
             < \\x12\\x01\\x02\\x0d\\x0d\\x00\\x00\\x00\\x02\\x00\\x81\\x61\\x02\\x81\\x62\\x02\\xff\\x0a\\x00\\x68\\xeb\\x0a\\x89\\x13\\x41\\xbb\\xb1",
        );
    }
}
