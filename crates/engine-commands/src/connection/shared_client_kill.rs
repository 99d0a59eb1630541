//! CLIENT KILL

use super::shared_client_list::ClientType;
use crate::args::is;
use engine_dispatch::acl::is_link_user;
use engine_dispatch::client::ClientInfo;
use engine_dispatch::inbox::Message;
use engine_dispatch::{Cx, Error, Outcome};
use proto_resp::num::parse_i64;
use std::sync::atomic::Ordering::Relaxed;

/// The conditions; all that are given must be met.
#[derive(Debug, Default)]
struct Filter {
    id: Option<u64>,
    peer: Option<Vec<u8>>,
    local: Option<Vec<u8>>,
    kind: Option<ClientType>,
    user: Option<String>,
    /// Seconds that the connection has been open.
    age: Option<i64>,
    skip_me: bool,
}

impl Filter {
    fn parse(cx: &Cx<'_>, options: &[&[u8]]) -> Result<Self, Error> {
        let mut filter = Self {
            skip_me: true,
            ..Self::default()
        };
        for pair in options.chunks(2) {
            let [option, value] = *pair else {
                return Err(Error::SYNTAX);
            };
            match option {
                _ if is(option, "ID") => filter.id = Some(client_id(value)?),
                _ if is(option, "MAXAGE") => filter.age = Some(age(value)?),
                _ if is(option, "TYPE") => filter.kind = Some(ClientType::named(value)?),
                _ if is(option, "ADDR") => filter.peer = Some(value.to_vec()),
                _ if is(option, "LADDR") => filter.local = Some(value.to_vec()),
                _ if is(option, "USER") => filter.user = Some(user(cx, value)?),
                _ if is(option, "SKIPME") && is(value, "YES") => filter.skip_me = true,
                _ if is(option, "SKIPME") && is(value, "NO") => filter.skip_me = false,
                _ => return Err(Error::SYNTAX),
            }
        }
        Ok(filter)
    }

    fn matches(&self, info: &ClientInfo, now_ms: i64) -> bool {
        self.id.is_none_or(|id| id == info.id)
            && self.peer.as_ref().is_none_or(|p| p == info.peer.as_bytes())
            && self
                .local
                .as_ref()
                .is_none_or(|l| l == info.local.as_bytes())
            && self.kind.is_none_or(|k| k == ClientType::of(info))
            && self
                .user
                .as_ref()
                .is_none_or(|u| *u == info.text.lock().user)
            && self
                .age
                .is_none_or(|age| (now_ms - info.created_ms) / 1000 >= age)
    }
}

fn client_id(value: &[u8]) -> Result<u64, Error> {
    let id = parse_i64(value).filter(|id| *id > 0);
    id.map(i64::unsigned_abs)
        .ok_or_else(|| Error::new("ERR client-id should be greater than 0"))
}

fn age(value: &[u8]) -> Result<i64, Error> {
    match parse_i64(value) {
        Some(age) if age > 0 => Ok(age),
        Some(_) => Err(Error::new("ERR maxage should be greater than 0")),
        None => Err(Error::new("ERR maxage is not an integer or out of range")),
    }
}

fn user(cx: &Cx<'_>, name: &[u8]) -> Result<String, Error> {
    let text = String::from_utf8_lossy(name).into_owned();
    if cx.server.acl.get(name).is_some() || is_link_user(cx.server, name) {
        Ok(text)
    } else {
        Err(Error::new(format!("ERR No such user '{text}'")))
    }
}

pub(super) fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let old_form = args.len() == 3;
    let filter = if old_form {
        // CLIENT KILL addr:port, by which clients may end themselves.
        Filter {
            peer: Some(args[2].to_vec()),
            ..Filter::default()
        }
    } else {
        Filter::parse(cx, &args[2..])?
    };
    let mut killed = 0;
    for info in cx.server.clients.all() {
        let own = info.id == cx.client.info.id;
        let dying = info.dying.load(Relaxed);
        if dying || (own && filter.skip_me) || !filter.matches(&info, cx.now_ms()) {
            continue;
        }
        killed += 1;
        if own {
            cx.client.close_after = true;
        } else {
            info.dying.store(true, Relaxed);
            let session = info.id;
            cx.server.tell(
                info.thread,
                Message::Close {
                    session,
                    flush: false,
                },
            );
        }
    }
    match (old_form, killed) {
        (true, 0) => return Err(Error::new("ERR No such client")),
        (true, _) => cx.out.ok(),
        (false, n) => cx.out.int(n),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn by_id_by_address_and_oneself() {
        play(
            "> PING
             < +PONG
             b> PING
             < +PONG
             c> WAIT 1 0
             <
             a> CLIENT KILL ID 3
             < :1
             > CLIENT KILL ID 3
             < :0
             > CLIENT KILL USER default SKIPME yes
             < :1
             > CLIENT KILL TYPE normal SKIPME no
             < :1
             > CLIENT ID
             < :4
             > CLIENT KILL 127.0.0.1:1
             < +OK",
        );
    }

    #[test]
    fn wrong_filters() {
        play(
            "> CLIENT KILL 1.2.3.4:5
             < -ERR No such client
             > CLIENT KILL ID abc
             < -ERR client-id should be greater than 0
             > CLIENT KILL ID 0
             < -ERR client-id should be greater than 0
             > CLIENT KILL MAXAGE 0
             < -ERR maxage should be greater than 0
             > CLIENT KILL MAXAGE x
             < -ERR maxage is not an integer or out of range
             > CLIENT KILL TYPE foo
             < -ERR Unknown client type 'foo'
             > CLIENT KILL USER nobody
             < -ERR No such user 'nobody'
             > CLIENT KILL ID 1 SKIPME
             < -ERR syntax error
             > CLIENT KILL SKIPME maybe
             < -ERR syntax error",
        );
    }
}
