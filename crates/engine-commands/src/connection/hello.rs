//! HELLO

use crate::args::is;
use crate::connection::auth::login;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};
use proto_resp::Version;
use proto_resp::num::parse_i64;

pub(crate) const COMMAND: Command = Command {
    name: "hello",
    arity: -1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    since: "6.0.0",
    complexity: "O(1)",
    summary: "Chooses the protocol version, logs in and names the connection in one go.",
    syntax: "[protover [AUTH username password] [SETNAME clientname]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let version = match args.get(1) {
        None => None,
        Some(arg) => match parse_i64(arg) {
            Some(2) => Some(Version::Resp2),
            Some(3) => Some(Version::Resp3),
            Some(_) => return Err(Error::new("NOPROTO unsupported protocol version")),
            None => {
                return Err(Error::new(
                    "ERR Protocol version is not an integer or out of range",
                ));
            }
        },
    };
    let mut name = None;
    let mut at = 2;
    while at < args.len() {
        let left = args.len() - at - 1;
        if is(args[at], "AUTH") && left >= 2 {
            login(cx, args[at + 1], args[at + 2], args[0])?;
            at += 3;
        } else if is(args[at], "SETNAME") && left >= 1 {
            name = Some(args[at + 1]);
            at += 2;
        } else {
            let option = String::from_utf8_lossy(args[at]);
            return Err(Error::new(format!(
                "ERR Syntax error in HELLO option '{option}'"
            )));
        }
    }
    if !cx.client.authenticated {
        return Err(Error::new(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = name {
        super::client::set_name(cx, name)?;
    }
    if let Some(version) = version {
        cx.client.version = version;
        cx.client.info.resp3.store(
            version == Version::Resp3,
            std::sync::atomic::Ordering::Relaxed,
        );
        cx.out.set_version(version);
    }
    greet(cx);
    Ok(())
}

fn greet(cx: &mut Cx<'_>) {
    let role = if cx.server.is_replica() {
        "replica"
    } else {
        "master"
    };
    let engine = cx.server.config.choice(params::ENGINE);
    let version = cx.server.config.text(params::ENGINE_VERSION);
    let zone = cx.server.config.text(params::AVAILABILITY_ZONE);
    cx.out.map(7 + usize::from(!zone.is_empty()));
    cx.out.bulk(b"server");
    cx.out.bulk(engine.as_bytes());
    cx.out.bulk(b"version");
    cx.out.bulk(version.as_bytes());
    cx.out.bulk(b"proto");
    cx.out.int(if cx.out.resp3() { 3 } else { 2 });
    cx.out.bulk(b"id");
    cx.out.int(cx.client.info.id as i64);
    cx.out.bulk(b"mode");
    cx.out.bulk(b"standalone");
    cx.out.bulk(b"role");
    cx.out.bulk(role.as_bytes());
    cx.out.bulk(b"modules");
    cx.out.array(0);
    if !zone.is_empty() {
        cx.out.bulk(b"availability_zone");
        cx.out.bulk(zone.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn wrong_versions_and_options() {
        play(
            "> HELLO 4
             < -NOPROTO unsupported protocol version
             > HELLO abc
             < -ERR Protocol version is not an integer or out of range
             > HELLO 3 NOSUCH
             < -ERR Syntax error in HELLO option 'NOSUCH'
             > GET nothing
             < $-1
             3> GET nothing
             < _",
        );
    }

    #[test]
    fn the_zone_is_told_where_one_is_set() {
        let mut stage = engine_session::transcript::Stage::new(crate::table());
        stage.play("> CONFIG SET availability-zone eu-1a\n< +OK");
        let hello = String::from_utf8(stage.send("a", b"HELLO 3\r\n")).expect("text");
        assert!(hello.starts_with("%8\r\n"), "{hello}");
        assert!(
            hello.ends_with("$17\r\navailability_zone\r\n$5\r\neu-1a\r\n"),
            "{hello}"
        );
    }
}
