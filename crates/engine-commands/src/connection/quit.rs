//! QUIT

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "quit",
    arity: -1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Closes the connection.",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.ok();
    cx.client.close_after = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine_session::Status;
    use engine_session::transcript::Stage;

    #[test]
    fn says_ok_and_ends_whatever_follows() {
        let mut stage = Stage::new(crate::table());
        let out = stage.send("a", b"MULTI\r\nQUIT\r\nPING\r\n");
        assert_eq!(out, b"+OK\r\n+OK\r\n");
        // The name is a new connection now.
        assert_eq!(stage.session("a").status(), Status::Idle);
        stage.play("> PING\n< +PONG");
    }
}
