//! WAIT

use crate::args::int;
use engine_dispatch::client::Blocked;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};
use proto_resp::num::parse_i64;

pub(crate) const COMMAND: Command = Command {
    name: "wait",
    arity: 3,
    flags: Flags::NOSCRIPT,
    acl: Acl::CONNECTION,
    group: Group::Generic,
    since: "3.0.0",
    complexity: "O(1)",
    summary: "Waits until so many replicas have what the connection has written.",
    syntax: "numreplicas timeout",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if cx.server.is_replica() {
        return Err(Error::new(
            "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.",
        ));
    }
    let wanted = int(args[1])?;
    let timeout_ms = parse_i64(args[2])
        .ok_or_else(|| Error::new("ERR timeout is not an integer or out of range"))?;
    if timeout_ms < 0 {
        return Err(Error::TIMEOUT_NEGATIVE);
    }
    let deadline = cx
        .now_ms()
        .checked_add(timeout_ms)
        .ok_or(Error::TIMEOUT_RANGE)?;
    let offset = cx.client.last_write;
    let enough = |have: usize| have as i64 >= wanted;
    let have = cx.server.replicas_at(offset);
    if enough(have) || cx.may_not_block() {
        cx.out.int(have as i64);
        return Ok(());
    }
    let info = &cx.client.info;
    let acks = &cx.server.acks;
    let ticket = acks.register(info.thread, info.id, offset, wanted.max(0) as usize);
    if let Some(replication) = cx.server.replication() {
        replication.ask_acks();
    }
    // An acknowledgement that came just before the registration woke nobody.
    let have = cx.server.replicas_at(offset);
    if enough(have) && acks.cancel(ticket) {
        cx.out.int(have as i64);
        return Ok(());
    }
    cx.client.blocked = Some(Blocked::Acks {
        ticket,
        deadline_ms: (timeout_ms > 0).then_some(deadline),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn nobody_follows() {
        play(
            "> WAIT 0 0
             < :0
             > WAIT -1 0
             < :0
             > SET k v
             < +OK
             > WAIT 1 100
             <
             > PING
             <
             + 99
             <
             + 1
             < :0
             < +PONG
             > MULTI
             < +OK
             > WAIT 1 0
             < +QUEUED
             > EXEC
             < *1
             < :0
             > WAIT a 0
             < -ERR value is not an integer or out of range
             > WAIT 0 a
             < -ERR timeout is not an integer or out of range
             > WAIT 0 -1
             < -ERR timeout is negative
             > WAIT 0 9223372036854775807
             < -ERR timeout is out of range",
        );
    }
}
