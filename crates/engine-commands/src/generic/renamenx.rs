//! RENAMENX

use super::shared_rename::rename;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "renamenx",
    arity: 3,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(
            1,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
        ),
        KeySpec::at(2, KeyFlags::OW.union(KeyFlags::INSERT)),
    ],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Gives a value another key that is not taken yet.",
    syntax: "key newkey",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let done = rename(cx, args[1], args[2], false)?;
    cx.out.int(i64::from(done));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn only_to_a_free_key() {
        play(
            "> MSET a 1 b 2
             < +OK
             > RENAMENX a b
             < :0
             > RENAMENX a c
             < :1
             > GET c
             < $1
             < 1
             > RENAMENX c c
             < :0
             > RENAMENX none x
             < -ERR no such key
             > SET t x PX 10
             < +OK
             + 10
             > RENAMENX c t
             < :1
             > TTL t
             < :-1",
        );
    }
}
