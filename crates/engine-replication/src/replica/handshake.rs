//! What a replica says to its primary before the data flows; lines in, commands out.

use engine_persist::journal::{ReplId, encode_command};

/// What the replica says of itself.
#[derive(Debug, Clone, Default)]
pub struct HandshakeConfig {
    /// `masteruser`; without it AUTH carries the secret alone.
    pub user: Option<String>,
    /// `masterauth`.
    pub secret: Option<Vec<u8>>,
    /// Port at which the replica serves.
    pub listening_port: u16,
    /// `replica-announce-ip`.
    pub announce_ip: Option<String>,
    /// The history the replica holds and how many bytes of it, if it can go on.
    pub held: Option<(ReplId, u64)>,
}

/// How the primary will bring the replica up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncStart {
    /// A snapshot comes, then the stream from `offset` of history `id`.
    Full {
        /// The primary's history.
        id: ReplId,
        /// Bytes of it that the snapshot holds.
        offset: u64,
    },
    /// The stream goes on where the replica stopped; the history may have a new name.
    Continue {
        /// The new name, if the primary gave one.
        id: Option<ReplId>,
    },
}

/// What to do after a line of the primary.
#[derive(Debug, PartialEq, Eq)]
pub enum HandshakeStep {
    /// Send these bytes and wait for the next line.
    Send(Vec<u8>),
    /// The handshake is over.
    Sync(SyncStart),
}

/// The primary refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// It cannot serve a replica now (loading, its own link down); try again later.
    #[error("primary is not ready: {0}")]
    NotReady(String),
    /// It refuses the credentials; retrying helps only once they are right.
    #[error("primary refuses the login: {0}")]
    Auth(String),
    /// It does not speak PSYNC as we do.
    #[error("unexpected answer to {command}: {line}")]
    Unexpected {
        /// What was asked.
        command: &'static str,
        /// What came back.
        line: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Ping,
    Auth,
    Port,
    Ip,
    Capa,
    Psync,
}

/// The state machine. Feed it each line (without CR LF); empty lines are keep-alives.
#[derive(Debug)]
pub struct Handshake {
    config: HandshakeConfig,
    asked: Asked,
}

impl Handshake {
    /// Begins; the bytes are the first to send.
    pub fn start(config: HandshakeConfig) -> (Self, Vec<u8>) {
        let handshake = Self {
            config,
            asked: Asked::Ping,
        };
        (handshake, command(&[b"PING"]))
    }

    /// Takes the primary's answer.
    pub fn line(&mut self, line: &[u8]) -> Result<HandshakeStep, HandshakeError> {
        if line.is_empty() {
            return Ok(HandshakeStep::Send(Vec::new()));
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let refused = line.starts_with(b"-");
        match self.asked {
            // Before the login a primary may answer these; they prove that it is alive.
            Asked::Ping if refused => {
                let alive = ["-NOAUTH", "-NOPERM", "-ERR operation not permitted"];
                if !alive.iter().any(|prefix| text.starts_with(prefix)) {
                    return Err(HandshakeError::NotReady(text));
                }
            }
            Asked::Ping if !text.starts_with("+PONG") => {
                return Err(HandshakeError::Unexpected {
                    command: "PING",
                    line: text,
                });
            }
            Asked::Auth if refused => return Err(HandshakeError::Auth(text)),
            // Old primaries know no REPLCONF; what it tells is then not shown in their INFO.
            Asked::Ping | Asked::Auth | Asked::Port | Asked::Ip | Asked::Capa => {}
            Asked::Psync => return sync_start(&text).map(HandshakeStep::Sync),
        }
        Ok(HandshakeStep::Send(self.ask_next()))
    }

    fn ask_next(&mut self) -> Vec<u8> {
        loop {
            self.asked = match self.asked {
                Asked::Ping => Asked::Auth,
                Asked::Auth => Asked::Port,
                Asked::Port => Asked::Ip,
                Asked::Ip => Asked::Capa,
                Asked::Capa | Asked::Psync => Asked::Psync,
            };
            if let Some(bytes) = self.ask(self.asked) {
                return bytes;
            }
        }
    }

    fn ask(&self, what: Asked) -> Option<Vec<u8>> {
        let config = &self.config;
        Some(match what {
            Asked::Ping => command(&[b"PING"]),
            Asked::Auth => match (&config.user, config.secret.as_ref()?) {
                (Some(user), secret) => command(&[b"AUTH", user.as_bytes(), secret]),
                (None, secret) => command(&[b"AUTH", secret]),
            },
            Asked::Port => {
                let port = config.listening_port.to_string();
                command(&[b"REPLCONF", b"listening-port", port.as_bytes()])
            }
            Asked::Ip => {
                let ip = config.announce_ip.as_ref()?;
                command(&[b"REPLCONF", b"ip-address", ip.as_bytes()])
            }
            Asked::Capa => command(&[b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"]),
            Asked::Psync => match &config.held {
                // Redis counts bytes from 1: the next byte wanted is the number held plus one.
                Some((id, held)) => {
                    let next = (held + 1).to_string();
                    command(&[b"PSYNC", id.as_bytes(), next.as_bytes()])
                }
                None => command(&[b"PSYNC", b"?", b"-1"]),
            },
        })
    }
}

fn sync_start(text: &str) -> Result<SyncStart, HandshakeError> {
    let unexpected = || HandshakeError::Unexpected {
        command: "PSYNC",
        line: text.to_owned(),
    };
    let mut words = text.split_ascii_whitespace();
    match words.next() {
        Some("+FULLRESYNC") => {
            let id = words.next().and_then(|id| id.parse().ok());
            let offset = words.next().and_then(|offset| offset.parse().ok());
            match (id, offset) {
                (Some(id), Some(offset)) => Ok(SyncStart::Full { id, offset }),
                _ => Err(unexpected()),
            }
        }
        Some("+CONTINUE") => match words.next().map(str::parse) {
            None => Ok(SyncStart::Continue { id: None }),
            Some(Ok(id)) => Ok(SyncStart::Continue { id: Some(id) }),
            Some(Err(_)) => Err(unexpected()),
        },
        Some("-NOMASTERLINK" | "-LOADING" | "-MASTERDOWN") => {
            Err(HandshakeError::NotReady(text.to_owned()))
        }
        Some("-NOPERM" | "-NOAUTH") => Err(HandshakeError::Auth(text.to_owned())),
        _ => Err(unexpected()),
    }
}

fn command(argv: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    encode_command(&mut out, argv);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ReplId {
        ReplId::from_random([7; 20])
    }

    /// Answers each command in turn; gives all that was sent, and the outcome.
    fn play(
        config: HandshakeConfig,
        answers: &[&str],
    ) -> (Vec<String>, Result<HandshakeStep, HandshakeError>) {
        let (mut handshake, first) = Handshake::start(config);
        let mut sent = vec![words(&first)];
        let mut last = Ok(HandshakeStep::Send(Vec::new()));
        for answer in answers {
            last = handshake.line(answer.as_bytes());
            if let Ok(HandshakeStep::Send(bytes)) = &last
                && !bytes.is_empty()
            {
                sent.push(words(bytes));
            }
        }
        (sent, last)
    }

    fn words(bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let words = text
            .split("\r\n")
            .filter(|w| !w.starts_with(['*', '$']) && !w.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_new_replica_logs_in_and_gets_everything() {
        let config = HandshakeConfig {
            user: Some("link".into()),
            secret: Some(b"s3".to_vec()),
            listening_port: 7001,
            announce_ip: Some("127.0.0.9".into()),
            held: None,
        };
        let full = format!("+FULLRESYNC {} 42", id());
        let (sent, end) = play(config, &["-NOAUTH", "+OK", "+OK", "+OK", "", "+OK", &full]);
        assert_eq!(
            sent,
            [
                "PING",
                "AUTH link s3",
                "REPLCONF listening-port 7001",
                "REPLCONF ip-address 127.0.0.9",
                "REPLCONF capa eof capa psync2",
                "PSYNC ? -1",
            ]
        );
        let expected = SyncStart::Full {
            id: id(),
            offset: 42,
        };
        assert_eq!(end, Ok(HandshakeStep::Sync(expected)));
    }

    #[test]
    fn a_known_replica_asks_for_the_byte_after_what_it_holds() {
        let config = HandshakeConfig {
            held: Some((id(), 99)),
            ..HandshakeConfig::default()
        };
        let (sent, end) = play(config, &["+PONG", "+OK", "-ERR unknown", "+CONTINUE"]);
        assert_eq!(
            sent.last().map(String::as_str),
            Some(&*format!("PSYNC {} 100", id()))
        );
        assert_eq!(
            end,
            Ok(HandshakeStep::Sync(SyncStart::Continue { id: None }))
        );
    }

    #[test]
    fn refusals_say_whether_to_come_back() {
        let config = || HandshakeConfig {
            secret: Some(b"x".to_vec()),
            ..HandshakeConfig::default()
        };
        let (_, end) = play(config(), &["-LOADING Redis is loading"]);
        assert!(matches!(end, Err(HandshakeError::NotReady(_))));
        let (_, end) = play(config(), &["+PONG", "-WRONGPASS invalid"]);
        assert!(matches!(end, Err(HandshakeError::Auth(_))));
        let (_, end) = play(
            HandshakeConfig::default(),
            &["+PONG", "+OK", "+OK", "-NOMASTERLINK x"],
        );
        assert!(matches!(end, Err(HandshakeError::NotReady(_))));
        for line in [
            "-ERR unknown command",
            "+FULLRESYNC short 1",
            "+CONTINUE zz",
        ] {
            let (_, end) = play(HandshakeConfig::default(), &["+PONG", "+OK", "+OK", line]);
            assert!(
                matches!(
                    end,
                    Err(HandshakeError::Unexpected {
                        command: "PSYNC",
                        ..
                    })
                ),
                "{line}"
            );
        }
    }
}
