//! PSYNC

use super::shared_link::{has_data, permit};
use crate::args::{int, is};
use engine_dispatch::client::Takeover;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "psync",
    arity: -3,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::NO_ASYNC_LOADING)
        .union(Flags::NO_MULTI),
    group: Group::Server,
    since: "2.8.0",
    complexity: "O(1)",
    summary: "Makes the connection a replica's link.",
    syntax: "replicationid offset",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    permit(cx)?;
    has_data(cx)?;
    if args.get(3).is_some_and(|word| is(word, "FAILOVER")) {
        return Err(Error::new(
            "ERR PSYNC FAILOVER is not carried out by this version of Elastane",
        ));
    }
    let offset = int(args[2])?;
    cx.client.takeover = Some(Takeover::Psync {
        id: args[1].to_vec(),
        offset,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine_dispatch::client::Takeover;
    use engine_session::Status;
    use engine_session::transcript::Stage;

    #[test]
    fn the_connection_becomes_a_link() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> PSYNC ? x
             < -ERR value is not an integer or out of range
             > REPLCONF listening-port 7000 capa eof capa psync2
             < +OK
             > PSYNC ? -1
             <",
        );
        let session = stage.session("a");
        assert_eq!(session.status(), Status::Takeover);
        assert_eq!(session.client.replconf.listening_port, 7000);
        assert!(session.client.replconf.eof && session.client.replconf.psync2);
        let Some(Takeover::Psync { id, offset }) = &session.client.takeover else {
            panic!("no takeover");
        };
        assert_eq!((id.as_slice(), *offset), (&b"?"[..], -1));
    }

    #[test]
    fn sync_becomes_a_link_without_a_history() {
        let mut stage = Stage::new(crate::table());
        stage.play(
            "> SYNC
             <",
        );
        let session = stage.session("a");
        assert_eq!(session.status(), Status::Takeover);
        assert!(matches!(session.client.takeover, Some(Takeover::Sync)));
    }

    #[test]
    fn a_managed_node_takes_links_of_the_link_user_only() {
        let mut stage = Stage::new(crate::table());
        let config = &stage.server.config;
        config
            .put(params::ELASTANE_LINK_USER, &[b"link"])
            .expect("a name");
        config
            .put(params::ELASTANE_LINK_SECRET, &[b"s3cret"])
            .expect("a secret");
        stage.play(
            "> PSYNC ? -1
             < -NOPERM User default has no permissions to run the 'psync' command
             > SYNC
             < -NOPERM User default has no permissions to run the 'sync' command
             > REPLCONF capa eof
             < -NOPERM User default has no permissions to run the 'replconf' command
             > AUTH link s3cret
             < +OK
             > REPLCONF capa eof
             < +OK
             > PSYNC ? -1
             <",
        );
        assert_eq!(stage.session("a").status(), Status::Takeover);
    }
}
