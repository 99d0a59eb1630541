//! MSETNX

use super::shared_pairs::{check, set};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "msetnx",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        -1,
        2,
        KeyFlags::OW.union(KeyFlags::INSERT),
    )],
    group: Group::String,
    since: "1.0.1",
    complexity: "O(N) in the number of keys.",
    summary: "Sets several keys to string values, but only if none of them is there.",
    syntax: "key value [key value ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    check(args, "msetnx")?;
    let taken = args[1..].iter().step_by(2).any(|key| cx.db.exists(key));
    if !taken {
        set(cx, args);
    }
    cx.out.int(i64::from(!taken));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn all_or_none() {
        play(
            "> MSETNX a 1 b 2
             < :1
             > MSETNX c 3 b 4
             < :0
             > EXISTS c
             < :0
             > MSETNX d 1 d 2
             < :1
             > GET d
             < $1
             < 2
             > SET e x PX 10
             < +OK
             + 20
             > MSETNX e y
             < :1
             > MSETNX a
             < -ERR wrong number of arguments for 'msetnx' command
             > MSETNX a 1 b
             < -ERR wrong number of arguments for 'msetnx' command",
        );
    }
}
