//! HINCRBY

use crate::args::int;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Hash;
use proto_resp::num::{INT_LEN_MAX, format_i64};

pub(crate) const COMMAND: Command = Command {
    name: "hincrby",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE),
    )],
    group: Group::Hash,
    since: "2.0.0",
    complexity: "O(1)",
    summary: "Adds an integer to the value of a field of a hash.",
    syntax: "key field increment",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (field, increment) = (args[2], int(args[3])?);
    cx.db.purge_fields(args[1], [field]);
    let limits = cx.server.limits();
    let sum = cx.db.edit::<Hash, _>(args[1], true, |hash, change| {
        let old = match hash.get(field) {
            Some(value) => value
                .as_i64()
                .ok_or(Error::new("ERR hash value is not an integer"))?,
            None => 0,
        };
        let sum = old.checked_add(increment).ok_or(Error::OVERFLOW)?;
        let mut digits = [0; INT_LEN_MAX];
        hash.set_keeping_expiry(field, format_i64(sum, &mut digits), &limits);
        change.note(1, Event::new(Class::Hash, "hincrby"));
        Ok(sum)
    })?;
    cx.out.int(sum.unwrap_or(Ok(0))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sums() {
        play(
            "> HINCRBY h n 5
             < :5
             > HINCRBY h n -7
             < :-2
             > HGET h n
             < $2
             < -2
             > HSET h n 9223372036854775807
             < :0
             > HINCRBY h n 1
             < -ERR increment or decrement would overflow
             > HINCRBY h n -1
             < :9223372036854775806",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> HSET h a x b ' 1'
             < :2
             > HINCRBY h a 1
             < -ERR hash value is not an integer
             > HINCRBY h b 1
             < -ERR hash value is not an integer
             > HINCRBY new a x
             < -ERR value is not an integer or out of range
             > HLEN new
             < :0
             > SET k v
             < +OK
             > HINCRBY k a x
             < -ERR value is not an integer or out of range
             > HINCRBY k a 1
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > HINCRBY h a
             < -ERR wrong number of arguments for 'hincrby' command",
        );
    }
}
