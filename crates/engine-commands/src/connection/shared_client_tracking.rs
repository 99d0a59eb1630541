//! CLIENT TRACKING, CACHING, TRACKINGINFO, GETREDIR.

use crate::args::is;
use engine_dispatch::tracking::{self, Mode, Options};
use engine_dispatch::{Cx, Error, Outcome, pubsub};
use proto_resp::num::parse_i64;
use std::sync::atomic::Ordering::Relaxed;

const SWITCH_BCAST: &str = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.";
const SWITCH_OPT: &str = "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.";

pub(super) fn tracking(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let options = parse(cx, &args[3..])?;
    if is(args[2], "ON") {
        check(cx, &options)?;
        tracking::enable(cx.server, cx.client, options);
    } else if is(args[2], "OFF") {
        tracking::disable(cx.server, cx.client);
        pubsub::pull(cx);
    } else {
        return Err(Error::SYNTAX);
    }
    cx.out.ok();
    Ok(())
}

fn parse(cx: &Cx<'_>, words: &[&[u8]]) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next() {
        let more = words.peek().is_some();
        match word {
            _ if is(word, "REDIRECT") && more => {
                let id = words.next().unwrap_or_default();
                options.redirect = redirect_to(cx, options.redirect, id)?;
            }
            _ if is(word, "PREFIX") && more => {
                options.prefixes.extend(words.next().map(Box::from));
            }
            _ if is(word, "BCAST") => options.mode |= Mode::BCAST,
            _ if is(word, "OPTIN") => options.mode |= Mode::OPTIN,
            _ if is(word, "OPTOUT") => options.mode |= Mode::OPTOUT,
            _ if is(word, "NOLOOP") => options.mode |= Mode::NOLOOP,
            _ => return Err(Error::SYNTAX),
        }
    }
    Ok(options)
}

fn redirect_to(cx: &Cx<'_>, before: u64, id: &[u8]) -> Result<u64, Error> {
    if before != 0 {
        return Err(Error::new(
            "ERR A client can only redirect to a single other client",
        ));
    }
    let id = parse_i64(id).ok_or(Error::NOT_INT)?;
    let known = u64::try_from(id)
        .ok()
        .filter(|id| cx.server.clients.get(*id).is_some());
    known.ok_or_else(|| Error::new("ERR The client ID you want redirect to does not exist"))
}

/// Whether what is asked for fits together, and with how the client is tracked already.
fn check(cx: &Cx<'_>, options: &Options) -> Result<(), Error> {
    let (old, new) = (cx.client.tracking, options.mode);
    let either = Mode::OPTIN | Mode::OPTOUT;
    if !new.contains(Mode::BCAST) && !options.prefixes.is_empty() {
        return Err(Error::new(
            "ERR PREFIX option requires BCAST mode to be enabled",
        ));
    }
    if old.contains(Mode::ON) && (old ^ new).contains(Mode::BCAST) {
        return Err(Error::new(SWITCH_BCAST));
    }
    if new.contains(Mode::BCAST) && new.intersects(either) {
        return Err(Error::new(
            "ERR OPTIN and OPTOUT are not compatible with BCAST",
        ));
    }
    if new.contains(either) {
        return Err(Error::new(
            "ERR You can't specify both OPTIN mode and OPTOUT mode",
        ));
    }
    if (old | new).contains(either) {
        return Err(Error::new(SWITCH_OPT));
    }
    match tracking::prefix_collision(cx.client, &options.prefixes) {
        Some((asked, other, own)) => {
            let which = if own {
                "an existing"
            } else {
                "another provided"
            };
            Err(Error::new(format!(
                "ERR Prefix '{}' overlaps with {which} prefix '{}'. Prefixes for a single client must not overlap.",
                String::from_utf8_lossy(asked),
                String::from_utf8_lossy(other)
            )))
        }
        None => Ok(()),
    }
}

pub(super) fn caching(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let mode = cx.client.tracking;
    if !mode.contains(Mode::ON) {
        return Err(Error::new(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
        ));
    }
    let (needed, refused) = if is(args[2], "YES") {
        (
            Mode::OPTIN,
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
        )
    } else if is(args[2], "NO") {
        (
            Mode::OPTOUT,
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
        )
    } else {
        return Err(Error::SYNTAX);
    };
    if !mode.contains(needed) {
        return Err(Error::new(refused));
    }
    cx.client.caching = true;
    cx.out.ok();
    Ok(())
}

pub(super) fn get_redir(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.client.info.redirect());
    Ok(())
}

pub(super) fn tracking_info(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let mode = Mode::from_bits_truncate(cx.client.info.tracking.load(Relaxed));
    let on = mode.contains(Mode::ON);
    let caching = cx.client.caching;
    let flags = [
        (true, if on { "on" } else { "off" }),
        (mode.contains(Mode::BCAST), "bcast"),
        (mode.contains(Mode::OPTIN), "optin"),
        (mode.contains(Mode::OPTIN) && caching, "caching-yes"),
        (mode.contains(Mode::OPTOUT), "optout"),
        (mode.contains(Mode::OPTOUT) && caching, "caching-no"),
        (mode.contains(Mode::NOLOOP), "noloop"),
        (mode.contains(Mode::BROKEN_REDIRECT), "broken_redirect"),
    ];
    cx.out.map(3);
    cx.out.bulk(b"flags");
    cx.out.set(flags.iter().filter(|(set, _)| *set).count());
    for (_, name) in flags.iter().filter(|(set, _)| *set) {
        cx.out.bulk(name.as_bytes());
    }
    cx.out.bulk(b"redirect");
    cx.out.int(cx.client.info.redirect());
    cx.out.bulk(b"prefixes");
    cx.out.array(cx.client.prefixes.len());
    for prefix in &cx.client.prefixes {
        cx.out.bulk(prefix);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_key_that_was_read_and_changes_is_told_once() {
        play(
            "3> CLIENT TRACKING on
             < +OK
             3> GET k
             < _
             b> SET k v
             < +OK
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nk
             b> SET k w
             3>
             <
             3> MGET k l
             < *2\\r\\n$1\\r\\nw\\r\\n_
             3> SET k x
             < +OK
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nk
             b> RPUSH l x
             3> PING
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nl
             < +PONG",
        );
    }

    #[test]
    fn flushes_and_expiry() {
        play(
            "3> CLIENT TRACKING on
             b> SET k v PX 10
             3> GET k
             < $1\\r\\nv
             + 20
             b> GET k
             < $-1
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nk
             b> FLUSHALL
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n_
             3> FLUSHDB
             < +OK
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n_
             b> INFO stats",
        );
    }

    #[test]
    fn own_changes_in_a_transaction_come_after_its_reply() {
        play(
            "3> CLIENT TRACKING on
             3> GET k
             < _
             3> MULTI
             3> SET k v
             3> GET k
             3> EXEC
             < *2
             < +OK
             < $1\\r\\nv
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nk
             3> SET k w
             < +OK
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nk
             3> CLIENT TRACKING on NOLOOP
             < +OK
             3> GET k
             < $1\\r\\nw
             3> SET k x
             < +OK",
        );
    }

    #[test]
    fn optin_and_optout() {
        play(
            "3> CLIENT TRACKING on OPTIN
             3> GET a
             3> CLIENT CACHING yes
             < +OK
             3> CLIENT TRACKINGINFO
             < %3\\r\\n$5\\r\\nflags\\r\\n~3\\r\\n$2\\r\\non\\r\\n$5\\r\\noptin\\r\\n$11\\r\\ncaching-yes\\r\\n$8\\r\\nredirect\\r\\n:0\\r\\n$8\\r\\nprefixes\\r\\n*0
             3> MULTI
             3> GET b
             3> EXEC
             3> GET c
             b> MSET a 1 b 1 c 1
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nb
             3> CLIENT CACHING no
             < -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
             3> CLIENT TRACKING on OPTOUT
             < -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
             3> CLIENT TRACKING off
             < +OK
             3> CLIENT TRACKING on OPTOUT
             < +OK
             3> CLIENT CACHING no
             < +OK
             3> GET a
             3> GET b
             b> MSET a 2 b 2
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nb",
        );
    }

    #[test]
    fn prefixes_are_told_of_whatever_changes() {
        play(
            "3> CLIENT TRACKING on BCAST PREFIX a PREFIX b
             < +OK
             3> CLIENT TRACKING on BCAST PREFIX ab
             < -ERR Prefix 'ab' overlaps with an existing prefix 'a'. Prefixes for a single client must not overlap.
             b> MSET a2 1 c 1 b1 1 a1 1
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*2\\r\\n$2\\r\\na1\\r\\n$2\\r\\na2
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$2\\r\\nb1
             3> SET a3 x
             < +OK
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$2\\r\\na3
             b> INFO stats",
        );
    }

    #[test]
    fn redirected_to_a_resp2_client_that_listens() {
        play(
            "r> SUBSCRIBE __redis__:invalidate
             a> CLIENT TRACKING on REDIRECT 99
             < -ERR The client ID you want redirect to does not exist
             a> CLIENT TRACKING on REDIRECT 1
             < +OK
             a> CLIENT GETREDIR
             < :1
             a> GET k
             b> SET k v
             r>
             < *3\\r\\n$7\\r\\nmessage\\r\\n$20\\r\\n__redis__:invalidate\\r\\n*1\\r\\n$1\\r\\nk
             b> FLUSHALL
             r>
             < *3\\r\\n$7\\r\\nmessage\\r\\n$20\\r\\n__redis__:invalidate\\r\\n$-1
             r> QUIT
             a> HELLO 3
             a> GET k
             b> SET k w
             a>
             < >2\\r\\n$21\\r\\ntracking-redir-broken\\r\\n:1
             a> CLIENT TRACKINGINFO
             < %3\\r\\n$5\\r\\nflags\\r\\n~2\\r\\n$2\\r\\non\\r\\n$15\\r\\nbroken_redirect\\r\\n$8\\r\\nredirect\\r\\n:1\\r\\n$8\\r\\nprefixes\\r\\n*0",
        );
    }

    #[test]
    fn the_table_has_a_bound() {
        let mut stage = engine_session::transcript::Stage::new(crate::table());
        stage.play(
            "a> CONFIG SET tracking-table-max-keys 1
             3> CLIENT TRACKING on
             3> GET k1
             < _",
        );
        let told = String::from_utf8(stage.send("3", b"GET k2\r\n")).unwrap();
        assert_eq!(told.matches("invalidate").count(), 1, "{told}");
        assert_eq!(
            (stage.server.tracking.keys(), stage.server.tracking.items()),
            (1, 1)
        );
        stage.play("b> FLUSHALL");
        assert_eq!(
            (stage.server.tracking.keys(), stage.server.tracking.items()),
            (0, 0)
        );
    }

    #[test]
    fn a_served_client_is_told_after_its_reply() {
        play(
            "3> CLIENT TRACKING on
             3> LLEN q
             < :0
             3> LLEN to
             < :0
             3> BLMOVE q to LEFT LEFT 0
             <
             b> RPUSH q foo
             < :1
             3>
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$1\\r\\nq
             < $3\\r\\nfoo
             < >2\\r\\n$10\\r\\ninvalidate\\r\\n*1\\r\\n$2\\r\\nto",
        );
    }

    #[test]
    fn wrong_words() {
        play(
            "> CLIENT TRACKING off
             < +OK
             > CLIENT TRACKING maybe
             < -ERR syntax error
             > CLIENT TRACKING on PREFIX a
             < -ERR PREFIX option requires BCAST mode to be enabled
             > CLIENT TRACKING on BCAST OPTIN
             < -ERR OPTIN and OPTOUT are not compatible with BCAST
             > CLIENT TRACKING on OPTIN OPTOUT
             < -ERR You can't specify both OPTIN mode and OPTOUT mode
             > CLIENT TRACKING on PREFIX
             < -ERR syntax error
             > CLIENT CACHING yes
             < -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
             > CLIENT GETREDIR
             < :-1
             > CLIENT TRACKING on
             < +OK
             > CLIENT TRACKING on BCAST
             < -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
             > CLIENT CACHING maybe
             < -ERR syntax error
             > RESET
             < +RESET
             3> CLIENT TRACKINGINFO
             < %3\\r\\n$5\\r\\nflags\\r\\n~1\\r\\n$3\\r\\noff\\r\\n$8\\r\\nredirect\\r\\n:-1\\r\\n$8\\r\\nprefixes\\r\\n*0",
        );
    }
}
