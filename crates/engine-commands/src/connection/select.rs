//! SELECT

use crate::args::int;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "select",
    arity: 2,
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Chooses the database of the connection.",
    syntax: "index",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let index = int(args[1])?;
    if i32::try_from(index).is_err() {
        return Err(Error::new(
            "ERR value is out of range, value must between -2147483648 and 2147483647",
        ));
    }
    cx.select(index)?;
    cx.out.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn databases_are_apart() {
        play(
            "> SET k 0
             < +OK
             > SELECT 9
             < +OK
             > GET k
             < $-1
             > SET k 9
             < +OK
             b> GET k
             < $1
             < 0
             a> SELECT 0
             < +OK
             > GET k
             < $1
             < 0
             > MULTI
             < +OK
             > SELECT 9
             < +QUEUED
             > GET k
             < +QUEUED
             > EXEC
             < *2
             < +OK
             < $1
             < 9
             > GET k
             < $1
             < 9",
        );
    }

    #[test]
    fn wrong_indices() {
        play(
            "> SELECT 16
             < -ERR DB index is out of range
             > SELECT -1
             < -ERR DB index is out of range
             > SELECT abc
             < -ERR value is not an integer or out of range
             > SELECT 99999999999
             < -ERR value is out of range, value must between -2147483648 and 2147483647
             > SELECT
             < -ERR wrong number of arguments for 'select' command",
        );
    }
}
