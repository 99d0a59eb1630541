//! HINCRBYFLOAT

use super::shared_expiry::journal_expiry;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::{Hash, ItemRef};
use proto_resp::num::LongDouble;

pub(crate) const COMMAND: Command = Command {
    name: "hincrbyfloat",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::Hash,
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Adds a floating-point number to the value of a field of a hash.",
    syntax: "key field increment",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, field) = (args[1], args[2]);
    let increment = LongDouble::parse(args[3]).ok_or(Error::NOT_FLOAT)?;
    if increment.is_infinite() {
        return Err(Error::new("ERR value is NaN or Infinity"));
    }
    cx.db.purge_fields(key, [field]);
    let limits = cx.server.limits();
    let sum = cx.db.edit::<Hash, _>(key, true, |hash, change| {
        let old = match hash.get(field) {
            Some(ItemRef::Int(n)) => LongDouble::from_i64(n),
            Some(ItemRef::Bytes(text)) => {
                LongDouble::parse(text).ok_or(Error::new("ERR hash value is not a float"))?
            }
            None => LongDouble::from_i64(0),
        };
        let sum = old.checked_add(increment).filter(|sum| !sum.is_infinite());
        let sum = sum.ok_or(Error::NAN)?.to_human();
        hash.set_keeping_expiry(field, &sum, &limits);
        change.note(1, Event::new(Class::Hash, "hincrbyfloat"));
        Ok((sum, hash.field_expiry(field)))
    })?;
    let (sum, expiry) = sum.unwrap_or(Ok((Vec::new(), None)))?;
    // The sum itself, so that nobody who reads the journal adds with another precision.
    cx.db.rewrite(&[b"HSET", key, field, &sum]);
    if let Some(at) = expiry {
        journal_expiry(cx, key, at, &[field]);
    }
    cx.out.bulk(&sum);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sums() {
        play(
            "> HINCRBYFLOAT h n 10.5
             < $4
             < 10.5
             > HINCRBYFLOAT h n 0.1
             < $4
             < 10.6
             > HINCRBYFLOAT h n -5
             < $3
             < 5.6
             > HSET h n 5.0e3
             < :0
             > HINCRBYFLOAT h n 2.0e2
             < $4
             < 5200
             > HSET h i 3
             < :1
             > HINCRBYFLOAT h i 1.1
             < $3
             < 4.1",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HSET h a x b ' 1'
             < :2
             > HINCRBYFLOAT h a 1
             < -ERR hash value is not a float
             > HINCRBYFLOAT h b 1
             < -ERR hash value is not a float
             > HINCRBYFLOAT new a x
             < -ERR value is not a valid float
             > HINCRBYFLOAT new a inf
             < -ERR value is NaN or Infinity
             > HINCRBYFLOAT new a nan
             < -ERR value is not a valid float
             > HSET h c inf
             < :1
             > HINCRBYFLOAT h c 1
             < -ERR increment would produce NaN or Infinity
             > HLEN new
             < :0
             > SET k v
             < +OK
             > HINCRBYFLOAT k a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn the_journal_holds_the_sum() {
        use crate::testing::journal;
        assert_eq!(
            journal("> HINCRBYFLOAT h f 1.5\n> HINCRBYFLOAT h f 0.1\n> HINCRBYFLOAT h f x"),
            ["SELECT 0", "HSET h f 1.5", "HSET h f 1.6"]
        );
    }
}
