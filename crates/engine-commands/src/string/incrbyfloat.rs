//! INCRBYFLOAT

use super::shared_value::current;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome, StringRef};
use engine_keyspace::NewValue;
use proto_resp::num::LongDouble;

pub(crate) const COMMAND: Command = Command {
    name: "incrbyfloat",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::STRING,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::String,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Adds a decimal fraction to the number in a string, in the 80-bit floats of x86; a key that is not there counts as 0.",
    syntax: "key increment",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let key = args[1];
    let number = match current(cx, key)? {
        None => LongDouble::from_i64(0),
        Some(StringRef::Int(n)) => LongDouble::from_i64(n),
        Some(StringRef::Bytes(bytes)) => LongDouble::parse(bytes).ok_or(Error::NOT_FLOAT)?,
    };
    let delta = LongDouble::parse(args[2]).ok_or(Error::NOT_FLOAT)?;
    let sum = number.checked_add(delta).filter(|sum| !sum.is_infinite());
    let text = sum.ok_or(Error::NAN)?.to_human();
    let event = Event::new(Class::String, "incrbyfloat");
    cx.db.put(key, NewValue::Bytes(&text), Expiry::Keep, event);
    // The sum, not the addition: other machines may compute with other floats.
    cx.db.rewrite(&[b"SET", key, &text, b"KEEPTTL"]);
    cx.out.bulk(&text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{journal, play};

    #[test]
    fn fractions_are_added() {
        play(
            "> SET n 10.50
             < +OK
             > INCRBYFLOAT n 0.1
             < $4
             < 10.6
             > INCRBYFLOAT n -5
             < $3
             < 5.6
             > SET n 5.0e3
             < +OK
             > INCRBYFLOAT n 2.0e2
             < $4
             < 5200
             > INCRBYFLOAT new 1.5
             < $3
             < 1.5
             > SET n 1 EX 100
             < +OK
             > INCRBYFLOAT n 0.25
             < $4
             < 1.25
             > TTL n
             < :100",
        );
    }

    #[test]
    fn what_cannot_be_added() {
        play(
            "> SET k ' 1'
             < +OK
             > INCRBYFLOAT k 1
             < -ERR value is not a valid float
             > INCRBYFLOAT n abc
             < -ERR value is not a valid float
             > INCRBYFLOAT n +inf
             < -ERR increment would produce NaN or Infinity
             > RPUSH l 1
             < :1
             > INCRBYFLOAT l 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn the_effect_is_the_sum() {
        let effects = journal("> INCRBYFLOAT k 1.5");
        assert_eq!(effects, ["SELECT 0", "SET k 1.5 KEEPTTL"]);
    }
}
