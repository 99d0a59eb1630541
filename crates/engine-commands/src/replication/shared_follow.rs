//! What REPLICAOF and SLAVEOF do.

use crate::args::is;
use engine_dispatch::{Cx, Error, Outcome};
use proto_resp::num::parse_i64;

pub(super) fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if cx.server.config.flag(params::CLUSTER_ENABLED) {
        return Err(Error::new("ERR REPLICAOF not allowed in cluster mode."));
    }
    // A transaction holds the token and slots that the change of role waits for.
    if cx.may_not_block() {
        return Err(Error::new("ERR REPLICAOF is not allowed in transactions"));
    }
    let Some(replication) = cx.server.replication() else {
        return Err(Error::new("ERR this node has no replication"));
    };
    if is(args[1], "NO") && is(args[2], "ONE") {
        if cx.server.is_replica() {
            replication.promote();
            note(cx, &[b"no", b"one"])?;
        }
        cx.out.ok();
        return Ok(());
    }
    let port = parse_i64(args[2])
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| Error::new("ERR Invalid master port"))?;
    let host = String::from_utf8_lossy(args[1]).into_owned();
    if cx.server.is_replica() && cx.server.config.replica_of() == Some((host.clone(), port)) {
        cx.out.simple("OK Already connected to specified master");
        return Ok(());
    }
    replication.follow(&host, port);
    note(cx, &args[1..3])?;
    cx.out.ok();
    Ok(())
}

/// Keeps the primary in the configuration, for CONFIG GET and CONFIG REWRITE.
fn note(cx: &Cx<'_>, words: &[&[u8]]) -> Outcome {
    let put = cx.server.config.put(params::REPLICAOF, words);
    put.map_err(|error| Error::new(format!("ERR {error}")))
}

#[cfg(test)]
mod tests {
    use engine_dispatch::server::Replication;
    use engine_session::transcript::Stage;
    use proto_resp::Reply;
    use std::sync::atomic::Ordering;

    struct Fake(&'static engine_dispatch::Server);

    impl Replication for Fake {
        fn follow(&self, _: &str, _: u16) {
            self.0.is_replica.store(true, Ordering::Relaxed);
        }
        fn promote(&self) {
            self.0.is_replica.store(false, Ordering::Relaxed);
        }
        fn info(&self) -> String {
            "role:fake\r\n".into()
        }
        fn role(&self, reply: &mut Reply<'_>) {
            reply.array(0);
        }
        fn replicas_at(&self, _: u64) -> usize {
            2
        }
        fn good_replicas(&self, _: i64) -> usize {
            2
        }
        fn ask_acks(&self) {}
    }

    #[test]
    fn following_and_leaving() {
        let mut stage = Stage::new(crate::table());
        stage.play("> REPLICAOF NO ONE\n< -ERR this node has no replication");
        stage.server.set_replication(Box::new(Fake(stage.server)));
        stage.play(
            "> REPLICAOF host x
             < -ERR Invalid master port
             > REPLICAOF host 70000
             < -ERR Invalid master port
             > MULTI
             < +OK
             > REPLICAOF host 6379
             < +QUEUED
             > EXEC
             < *1
             < -ERR REPLICAOF is not allowed in transactions
             > SLAVEOF host 6379
             < +OK
             > CONFIG GET replicaof
             < *2
             < $9
             < replicaof
             < $9
             < host 6379
             > REPLICAOF host 6379
             < +OK Already connected to specified master
             > SET k v
             < -READONLY You can't write against a read only replica.
             > WAIT 1 0
             < -ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.
             > PSYNC ? -1
             < -NOMASTERLINK Can't SYNC while not connected with my master
             > SLAVEOF no one
             < +OK
             > CONFIG GET slaveof
             < *2
             < $7
             < slaveof
             < $0\\r\\n
             > WAIT 2 0
             < :2",
        );
    }
}
