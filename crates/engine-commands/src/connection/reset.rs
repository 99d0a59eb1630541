//! RESET

use engine_dispatch::client::ReplyMode;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, pubsub, tracking, transaction};
use proto_resp::Version;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) const COMMAND: Command = Command {
    name: "reset",
    arity: 1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Brings the connection back to how a new one is.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    transaction::discard(cx.server, cx.client);
    cx.server.monitors.remove(cx.client.info.id);
    pubsub::reset(cx.server, cx.client);
    tracking::disable(cx.server, cx.client);
    pubsub::pull(cx);
    let client = &mut *cx.client;
    client.version = Version::Resp2;
    client.reply_mode = ReplyMode::On;
    client.no_touch = false;
    let info = &client.info;
    info.resp3.store(false, Relaxed);
    info.monitor.store(false, Relaxed);
    info.no_evict.store(false, Relaxed);
    // What the library said of itself stays true.
    info.text.lock().name.clear();
    cx.server.acl.forget_login(cx.client);
    cx.select(0)?;
    cx.out.set_version(Version::Resp2);
    cx.out.simple("RESET");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn everything_is_as_at_the_start() {
        play(
            "3> SELECT 5
             < +OK
             > WATCH k
             < +OK
             > CLIENT SETNAME me
             < +OK
             > MULTI
             < +OK
             > GET k
             < +QUEUED
             > RESET
             < +RESET
             > EXEC
             < -ERR EXEC without MULTI
             > CLIENT GETNAME
             < $-1
             > SET k v
             < +OK
             b> GET k
             < $1
             < v",
        );
    }

    #[test]
    fn replies_come_again_and_the_login_is_gone() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> CONFIG SET requirepass secret
             < +OK
             > AUTH secret
             < +OK
             > CLIENT REPLY OFF
             <
             > RESET
             < +RESET
             > GET k
             < -NOAUTH Authentication required.",
        );
    }
}
