//! RENAME

use super::shared_rename::rename;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "rename",
    arity: 3,
    flags: Flags::WRITE,
    acl: Acl::KEYSPACE,
    keys: &[
        KeySpec::at(
            1,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
        ),
        KeySpec::at(2, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Gives a value another key, replacing what that key held.",
    syntax: "key newkey",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    rename(cx, args[1], args[2], true)?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn the_value_and_its_expiry_move() {
        play(
            "> SET a 1 EX 100
             < +OK
             > SET b two
             < +OK
             > RENAME a b
             < +OK
             > GET b
             < $1
             < 1
             > TTL b
             < :100
             > EXISTS a
             < :0
             > RPUSH l x y
             < :2
             > RENAME l b
             < +OK
             > LRANGE b 0 -1
             < *2
             < $1
             < x
             < $1
             < y
             > TTL b
             < :-1
             > RENAME b b
             < +OK
             > RENAME none x
             < -ERR no such key
             > RENAME none none
             < -ERR no such key
             > RENAME a
             < -ERR wrong number of arguments for 'rename' command
             > DBSIZE
             < :1",
        );
    }

    #[test]
    fn who_waits_for_the_new_key_is_served() {
        play(
            "b> BLPOP l 0
             <
             a> RPUSH other x
             < :1
             > RENAME other l
             < +OK
             b>
             < *2
             < $1
             < l
             < $1
             < x",
        );
    }

    #[test]
    fn both_keys_have_changed() {
        play(
            "> MSET a 1 b 2
             < +OK
             > WATCH b
             < +OK
             b> RENAME a b
             < +OK
             a> MULTI
             < +OK
             > EXEC
             < *-1",
        );
    }
}
