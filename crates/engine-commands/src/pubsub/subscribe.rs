//! SUBSCRIBE

use super::shared_confirm::{self as confirm, MEMBERSHIP};
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "subscribe",
    arity: -2,
    since: "2.0.0",
    complexity: "O(N) where N is the number of channels to subscribe to.",
    summary: "Sends the connection what is published to the channels.",
    syntax: "channel [channel ...]",
    run,
    ..MEMBERSHIP
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    confirm::subscribe(cx, b"subscribe", Scope::Global, &args[1..])
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn messages_come_to_those_who_listen() {
        play(
            "> SUBSCRIBE one two one
             < *3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\none\\r\\n:1
             < *3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\ntwo\\r\\n:2
             < *3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\none\\r\\n:2
             b> PUBLISH one hello
             < :1
             b> PUBLISH nobody hello
             < :0
             a>
             < *3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\none\\r\\n$5\\r\\nhello
             3> SUBSCRIBE one
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\none\\r\\n:1
             b> PUBLISH one x
             < :2
             3>
             < >3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\none\\r\\n$1\\r\\nx
             a> UNSUBSCRIBE
             < *3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\none\\r\\n$1\\r\\nx
             < *3\\r\\n$11\\r\\nunsubscribe\\r\\n$3\\r\\none\\r\\n:1
             < *3\\r\\n$11\\r\\nunsubscribe\\r\\n$3\\r\\ntwo\\r\\n:0
             b> PUBLISH one y
             < :1
             a>
             < ",
        );
    }

    #[test]
    fn a_subscribed_resp2_connection_does_little_else() {
        play(
            "> SUBSCRIBE ch
             < *3\\r\\n$9\\r\\nsubscribe\\r\\n$2\\r\\nch\\r\\n:1
             > GET x
             < -ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
             > CONFIG GET x
             < -ERR Can't execute 'config|get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context
             > PING
             < *2\\r\\n$4\\r\\npong\\r\\n$0\\r\\n
             > PING x
             < *2\\r\\n$4\\r\\npong\\r\\n$1\\r\\nx
             > RESET
             < +RESET
             > GET x
             < $-1
             b> PUBLISH ch x
             < :0
             3> SUBSCRIBE ch
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$2\\r\\nch\\r\\n:1
             3> GET x
             < _
             3> PING
             < +PONG",
        );
    }

    #[test]
    fn what_was_published_before_comes_before() {
        play(
            "> SUBSCRIBE ch
             b> PUBLISH ch m0
             b> PUBLISH ch m1
             a> PING
             < *3\\r\\n$7\\r\\nmessage\\r\\n$2\\r\\nch\\r\\n$2\\r\\nm0
             < *3\\r\\n$7\\r\\nmessage\\r\\n$2\\r\\nch\\r\\n$2\\r\\nm1
             < *2\\r\\n$4\\r\\npong\\r\\n$0\\r\\n",
        );
    }

    #[test]
    fn in_a_transaction_and_published_to_oneself() {
        play(
            "3> SUBSCRIBE foo bar
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\nfoo\\r\\n:1
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\nbar\\r\\n:2
             3> PUBLISH foo a
             < :1
             < >3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\na
             3> MULTI
             < +OK
             3> PING abc
             < +QUEUED
             3> PUBLISH foo b
             < +QUEUED
             3> UNSUBSCRIBE bar
             < +QUEUED
             3> PUBLISH foo c
             < +QUEUED
             3> SUBSCRIBE bar
             < +QUEUED
             3> SSUBSCRIBE s
             < +QUEUED
             3> EXEC
             < *6
             < $3\\r\\nabc
             < :1
             < >3\\r\\n$11\\r\\nunsubscribe\\r\\n$3\\r\\nbar\\r\\n:1
             < :1
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$3\\r\\nbar\\r\\n:2
             < -ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client
             < >3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\nb
             < >3\\r\\n$7\\r\\nmessage\\r\\n$3\\r\\nfoo\\r\\n$1\\r\\nc",
        );
    }

    #[test]
    fn client_reply_does_not_silence_messages() {
        play(
            "3> CLIENT REPLY OFF
             3> SUBSCRIBE ch
             < >3\\r\\n$9\\r\\nsubscribe\\r\\n$2\\r\\nch\\r\\n:1
             3> PING
             <
             b> PUBLISH ch x
             < :1
             3>
             < >3\\r\\n$7\\r\\nmessage\\r\\n$2\\r\\nch\\r\\n$1\\r\\nx
             3> UNSUBSCRIBE ch
             < >3\\r\\n$11\\r\\nunsubscribe\\r\\n$2\\r\\nch\\r\\n:0",
        );
    }

    #[test]
    fn a_large_message_comes_whole() {
        let mut stage = engine_session::transcript::Stage::new(crate::table());
        stage.play("> SUBSCRIBE big");
        let payload = "x".repeat(1 << 20);
        let publish = format!("*3\r\n$7\r\nPUBLISH\r\n$3\r\nbig\r\n$1048576\r\n{payload}\r\n");
        assert_eq!(stage.send("b", publish.as_bytes()), b":1\r\n");
        assert_eq!(stage.output("a").len(), 1_048_614);
    }
}
