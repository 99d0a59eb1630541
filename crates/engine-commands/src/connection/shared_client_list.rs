//! CLIENT LIST and CLIENT INFO: one line a client.

use crate::args::is;
use engine_dispatch::client::ClientInfo;
use engine_dispatch::client_line::{self, Own};
use engine_dispatch::{Cx, Error, Outcome};
use proto_resp::num::parse_i64;
use std::sync::atomic::Ordering::Relaxed;

/// A kind of client that LIST and KILL can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientType {
    Normal,
    Replica,
    Primary,
    Pubsub,
}

impl ClientType {
    /// The kind that a word names.
    ///
    /// # Errors
    /// It names none.
    pub(super) fn named(word: &[u8]) -> Result<Self, Error> {
        match word {
            _ if is(word, "NORMAL") => Ok(Self::Normal),
            _ if is(word, "SLAVE") || is(word, "REPLICA") => Ok(Self::Replica),
            _ if is(word, "MASTER") || is(word, "PRIMARY") => Ok(Self::Primary),
            _ if is(word, "PUBSUB") => Ok(Self::Pubsub),
            _ => {
                let word = String::from_utf8_lossy(word);
                Err(Error::new(format!("ERR Unknown client type '{word}'")))
            }
        }
    }

    /// The kind of a client.
    pub(super) fn of(info: &ClientInfo) -> Self {
        if info.primary.load(Relaxed) {
            Self::Primary
        } else if info.replica.load(Relaxed) {
            Self::Replica
        } else if info.listens() {
            Self::Pubsub
        } else {
            Self::Normal
        }
    }
}

pub(super) fn info(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let own = Own::of(cx.client, args, cx.now_ms());
    let mut text = Vec::new();
    let info = &cx.client.info;
    client_line::write(cx.server, info, Some(&own), cx.now_ms(), &mut text);
    text.push(b'\n');
    cx.out.verbatim("txt", &text);
    Ok(())
}

pub(super) fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let infos = match args {
        [_, _] => cx.server.clients.all(),
        [_, _, option, word] if is(option, "TYPE") => {
            let wanted = ClientType::named(word)?;
            let all = cx.server.clients.all();
            all.into_iter()
                .filter(|i| ClientType::of(i) == wanted)
                .collect()
        }
        [_, _, option, ids @ ..] if is(option, "ID") && !ids.is_empty() => {
            let mut found = Vec::new();
            for id in ids {
                let id = parse_i64(id).ok_or_else(|| Error::new("ERR Invalid client ID"))?;
                found.extend(
                    u64::try_from(id)
                        .ok()
                        .and_then(|id| cx.server.clients.get(id)),
                );
            }
            found
        }
        _ => return Err(Error::SYNTAX),
    };
    let own = Own::of(cx.client, args, cx.now_ms());
    let mut text = Vec::new();
    for info in infos.iter().filter(|i| !i.dying.load(Relaxed)) {
        let own = Some(&own).filter(|own| own.id == info.id);
        client_line::write(cx.server, info, own, cx.now_ms(), &mut text);
        text.push(b'\n');
    }
    cx.out.verbatim("txt", &text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    fn ask(stage: &mut Stage, name: &str, line: &str) -> String {
        let out = stage.send(name, format!("{line}\r\n").as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_client_has_its_line() {
        let mut stage = Stage::new(crate::table());
        ask(&mut stage, "a", "CLIENT SETNAME me");
        ask(&mut stage, "b", "SELECT 3");
        ask(&mut stage, "b", "MULTI");
        ask(&mut stage, "b", "GET k");
        ask(&mut stage, "c", "WAIT 1 0");
        let all = ask(&mut stage, "a", "CLIENT LIST");
        let lines: Vec<&str> = all.lines().filter(|l| l.starts_with("id=")).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains(" name=me "));
        assert!(lines[0].contains(" multi=-1 qbuf=26 qbuf-free=0 argv-mem=10 "));
        assert!(
            lines[0].contains(" cmd=client|list user=default redir=-1 resp=2 lib-name= lib-ver=")
        );
        assert!(lines[1].contains(" flags=x db=3 sub=0 psub=0 ssub=0 multi=1 "));
        assert!(lines[1].contains(" cmd=get "));
        assert!(lines[2].contains(" flags=b db=0 "));
        let some = ask(&mut stage, "a", "CLIENT LIST ID 3 99 1");
        let ids: Vec<&str> = some
            .lines()
            .filter_map(|l| l.split(' ').next())
            .filter(|w| w.starts_with("id="))
            .collect();
        assert_eq!(ids, ["id=3", "id=1"]);
        assert_eq!(
            ask(&mut stage, "a", "CLIENT LIST TYPE replica"),
            "$0\r\n\r\n"
        );
        ask(&mut stage, "a", "HELLO 3");
        assert!(ask(&mut stage, "a", "CLIENT INFO").contains("\r\ntxt:id=1 addr=127.0.0.1:1 "));
    }

    #[test]
    fn wrong_filters() {
        play(
            "> CLIENT LIST TYPE foo
             < -ERR Unknown client type 'foo'
             > CLIENT LIST ID abc
             < -ERR Invalid client ID
             > CLIENT LIST ID
             < -ERR syntax error
             > CLIENT LIST foo
             < -ERR syntax error",
        );
    }
}
