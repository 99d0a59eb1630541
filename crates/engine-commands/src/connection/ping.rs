//! PING

use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "ping",
    arity: -1,
    flags: Flags::FAST,
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Answers PONG, or the message.",
    syntax: "[message]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let listens = !cx.out.resp3() && !cx.client.subscriptions.is_empty();
    match args {
        [_] | [_, _] if listens => {
            // As a message, which is what a listening RESP2 client reads.
            cx.out.array(2);
            cx.out.bulk(b"pong");
            cx.out.bulk(args.get(1).copied().unwrap_or_default());
        }
        [_] => cx.out.simple("PONG"),
        [_, message] => cx.out.bulk(message),
        _ => return Err(Error::arity("ping")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn answers() {
        play(
            "> PING
             < +PONG
             > ping hello
             < $5
             < hello
             > PING a b
             < -ERR wrong number of arguments for 'ping' command
             > NOSUCH a b
             < -ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' 
             = *1\\r\\n$4\\r\\nPING\\r\\n*1\\r\\n$4\\r\\nPI
             < +PONG
             = NG\\r\\n
             < +PONG
             = *1\\r\\nPING\\r\\n
             < -ERR Protocol error: expected '$', got 'P'",
        );
    }
}
