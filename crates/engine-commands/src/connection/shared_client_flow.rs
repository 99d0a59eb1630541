//! CLIENT REPLY, PAUSE, UNPAUSE, UNBLOCK, NO-EVICT, NO-TOUCH: what goes on between a client and its commands.

use crate::args::{int, is};
use engine_dispatch::client::ReplyMode;
use engine_dispatch::inbox::Message;
use engine_dispatch::{Cx, Error, Outcome};
use proto_resp::num::parse_i64;
use std::sync::atomic::Ordering::Relaxed;

pub(super) fn reply(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let mode = &mut cx.client.reply_mode;
    if is(args[2], "ON") {
        *mode = ReplyMode::On;
        cx.out.ok();
    } else if is(args[2], "OFF") {
        *mode = ReplyMode::Off;
    } else if is(args[2], "SKIP") {
        if *mode != ReplyMode::Off {
            *mode = ReplyMode::SkipNext;
        }
    } else {
        return Err(Error::SYNTAX);
    }
    Ok(())
}

pub(super) fn no_evict(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let on = on_or_off(args[2])?;
    cx.client.info.no_evict.store(on, Relaxed);
    cx.out.ok();
    Ok(())
}

pub(super) fn no_touch(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    cx.client.no_touch = on_or_off(args[2])?;
    cx.out.ok();
    Ok(())
}

fn on_or_off(arg: &[u8]) -> Result<bool, Error> {
    match arg {
        _ if is(arg, "ON") => Ok(true),
        _ if is(arg, "OFF") => Ok(false),
        _ => Err(Error::SYNTAX),
    }
}

pub(super) fn pause(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let all = match args.get(3) {
        None => true,
        Some(mode) if is(mode, "ALL") => true,
        Some(mode) if is(mode, "WRITE") => false,
        Some(_) => return Err(Error::new("ERR CLIENT PAUSE mode must be WRITE or ALL")),
    };
    if args.len() > 4 {
        return Err(subcommand_syntax(args[1]));
    }
    let ms = parse_i64(args[2])
        .ok_or_else(|| Error::new("ERR timeout is not an integer or out of range"))?;
    if ms < 0 {
        return Err(Error::TIMEOUT_NEGATIVE);
    }
    let until = cx.now_ms().checked_add(ms).ok_or(Error::TIMEOUT_RANGE)?;
    cx.server.pause.begin(until, all, cx.now_ms());
    cx.out.ok();
    Ok(())
}

pub(super) fn unpause(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.server.pause.end();
    for thread in 0..cx.server.inboxes.len() {
        cx.server.tell(thread, Message::Retry);
    }
    cx.out.ok();
    Ok(())
}

pub(super) fn unblock(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let error = match args.get(3) {
        None => false,
        Some(reason) if is(reason, "TIMEOUT") => false,
        Some(reason) if is(reason, "ERROR") => true,
        Some(_) => {
            return Err(Error::new(
                "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
            ));
        }
    };
    if args.len() > 4 {
        return Err(subcommand_syntax(args[1]));
    }
    let id = int(args[2])?;
    let found = u64::try_from(id)
        .ok()
        .and_then(|id| cx.server.clients.get(id));
    let blocked = found.filter(|info| info.blocked.load(Relaxed));
    if let Some(info) = &blocked {
        let session = info.id;
        cx.server
            .tell(info.thread, Message::Unblock { session, error });
    }
    cx.out.int(i64::from(blocked.is_some()));
    Ok(())
}

/// Too many words after a subcommand of CLIENT (`addReplySubcommandSyntaxError`).
fn subcommand_syntax(sub: &[u8]) -> Error {
    let sub = String::from_utf8_lossy(sub);
    Error::new(format!(
        "ERR unknown subcommand or wrong number of arguments for '{sub}'. Try CLIENT HELP."
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn replies_can_be_left_out() {
        play(
            "> CLIENT REPLY SKIP
             <
             > SET k v
             <
             > GET k
             < $1
             < v
             > CLIENT REPLY OFF
             <
             > GET k
             <
             > NOSUCH
             <
             > CLIENT REPLY SKIP
             <
             > CLIENT REPLY ON
             < +OK
             > GET k
             < $1
             < v
             > CLIENT REPLY maybe
             < -ERR syntax error",
        );
    }

    #[test]
    fn a_pause_of_writes_lets_reads_pass() {
        play(
            "> CLIENT PAUSE 100 WRITE
             < +OK
             b> SET k v
             <
             c> GET k
             < $-1
             d> MULTI
             < +OK
             d> GET k
             < +QUEUED
             d> EXEC
             < *1
             < $-1
             d> MULTI
             < +OK
             d> SET k w
             <
             + 99
             <
             b> PING
             <
             + 1
             < +OK
             < +PONG
             d>
             < +QUEUED
             d> EXEC
             < *1
             < +OK
             > CLIENT PAUSE x
             < -ERR timeout is not an integer or out of range
             > CLIENT PAUSE -1
             < -ERR timeout is negative
             > CLIENT PAUSE 9223372036854775807
             < -ERR timeout is out of range
             > CLIENT PAUSE 0 foo
             < -ERR CLIENT PAUSE mode must be WRITE or ALL",
        );
    }

    #[test]
    fn a_pause_of_all_holds_everybody_and_expires_nothing() {
        play(
            "> SET k v PX 10
             < +OK
             > CLIENT PAUSE 50
             < +OK
             > PING
             <
             + 50
             < +PONG
             > CLIENT PAUSE 1000 WRITE
             < +OK
             b> SET k w
             <
             > CLIENT UNPAUSE
             < +OK
             + 1
             <
             b>
             < +OK",
        );
    }

    #[test]
    fn switches_and_unblocking() {
        play(
            "> CLIENT NO-EVICT on
             < +OK
             > CLIENT NO-TOUCH on
             < +OK
             > CLIENT NO-TOUCH maybe
             < -ERR syntax error
             > CLIENT NO-EVICT maybe
             < -ERR syntax error
             > CLIENT UNBLOCK 1
             < :0
             > CLIENT UNBLOCK 999
             < :0
             > CLIENT UNBLOCK 1 maybe
             < -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
             > CLIENT UNBLOCK abc
             < -ERR value is not an integer or out of range
             b> WAIT 1 0
             <
             > CLIENT UNBLOCK 2
             < :1
             b>
             < :0
             b> WAIT 1 0
             <
             > CLIENT UNBLOCK 2 ERROR
             < :1
             b>
             < -UNBLOCKED client unblocked via CLIENT UNBLOCK",
        );
    }
}
