//! ECHO

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "echo",
    arity: 2,
    flags: Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Answers the message.",
    syntax: "message",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.out.bulk(args[1]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn answers_what_it_is_told() {
        play(
            "> ECHO hello
             < $5
             < hello
             > ECHO
             < -ERR wrong number of arguments for 'echo' command
             = *2\\r\\n$4\\r\\nECHO\\r\\n$2\\r\\n\\r\\n\\r\\n
             < $2
             < \\r\\n",
        );
    }
}
