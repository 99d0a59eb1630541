//! Any command with any arguments: no panic, replies that can be read, and the connection still in step afterwards.
//!
//! `ELASTANE_FUZZ_SECONDS` makes it longer (`cargo xtask fuzz commands`), `ELASTANE_FUZZ_SEED` repeats a run. What once
//! failed stands in `regressions.txt`, a command a line, and is played first.

use crate::draw::{Draw, PREPARE, request, setting, shown};
use engine_commands::table;
use engine_dispatch::Registered;
use engine_session::Status;
use engine_session::transcript::Stage;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Not played: what ends, stops or follows a node, writes files, takes the connection over or silences it, and what
/// would shut the test itself out.
const LEFT_OUT: &[&str] = &[
    "shutdown",
    "debug",
    "save",
    "bgsave",
    "bgrewriteaof",
    "psync",
    "sync",
    "replconf",
    "replicaof",
    "slaveof",
    "failover",
    "monitor",
    "client|pause",
    "client|reply",
    "config|rewrite",
    "config|set",
    "acl|save",
    "acl|load",
    "acl|setuser",
    "acl|deluser",
    "auth",
    "hello",
];
/// A node is given up after so many commands, for another to begin with nothing.
const COMMANDS_A_NODE: usize = 3000;

#[test]
fn any_arguments_leave_the_connection_in_step() {
    let seed = setting("ELASTANE_FUZZ_SEED", u64::from(std::process::id()));
    let end = Instant::now() + Duration::from_secs(setting("ELASTANE_FUZZ_SECONDS", 5));
    eprintln!("ELASTANE_FUZZ_SEED={seed}");
    let commands: Vec<&Registered> = table()
        .all()
        .filter(|c| {
            !LEFT_OUT.contains(&c.full_name.as_str()) && !LEFT_OUT.contains(&c.command.name)
        })
        .collect();
    let mut draw = Draw::new(seed);
    let (mut node, mut played) = (Node::new(), 0);
    while Instant::now() < end {
        let words = match draw.below(200) {
            0 => draw.large(),
            1 => words_of(PREPARE[draw.below(PREPARE.len())]),
            _ => {
                let command = commands[draw.below(commands.len())];
                draw.command(command)
            }
        };
        node.play(&words);
        played += 1;
        if played % COMMANDS_A_NODE == 0 {
            node = Node::new();
        }
    }
    eprintln!("{played} commands");
}

#[test]
fn what_once_failed_does_not_again() {
    let mut node = Node::new();
    for line in include_str!("regressions.txt").lines() {
        if !line.is_empty() && !line.starts_with('#') {
            node.play(&words_of(line));
        }
    }
}

fn words_of(line: &str) -> Vec<Vec<u8>> {
    proto_resp::inline::split(line.as_bytes()).expect("balanced quotes")
}

/// A node without sockets and the connection that is played on.
struct Node {
    stage: Stage,
    connection: usize,
    played: u64,
    /// The last commands, for the report.
    last: Vec<String>,
}

impl Node {
    fn new() -> Self {
        let mut node = Self {
            stage: Stage::new(table()),
            connection: 0,
            played: 0,
            last: Vec::new(),
        };
        PREPARE.iter().for_each(|line| node.play(&words_of(line)));
        node
    }

    fn name(&self) -> String {
        format!("c{}", self.connection)
    }

    /// Sends a command and a PING behind it.
    fn play(&mut self, words: &[Vec<u8>]) {
        self.played += 1;
        self.last.push(shown(words));
        self.last.drain(..self.last.len().saturating_sub(30));
        let token = format!("still here {}", self.played);
        let ping = request(&[b"PING".to_vec(), token.clone().into_bytes()]);
        let sent = [request(words), ping].concat();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.exchange(&sent)));
        let Ok(out) = outcome else {
            panic!("panicked after:\n{}", self.last.join("\n"))
        };
        let Some(out) = out else { return };
        let answered =
            out.ends_with(format!("\r\n{token}\r\n").as_bytes()) || out.ends_with(b"+QUEUED\r\n");
        assert!(
            answered && replies(&out).is_some_and(|count| count >= 2),
            "out of step: {:?}\nafter:\n{}",
            String::from_utf8_lossy(&out),
            self.last.join("\n")
        );
    }

    /// What was answered; nothing where the connection was closed or waits without end.
    fn exchange(&mut self, sent: &[u8]) -> Option<Vec<u8>> {
        let name = self.name();
        let id = self.stage.session(&name).client.info.id;
        let mut out = self.stage.send(&name, sent);
        if self.stage.session(&name).client.info.id != id {
            return None;
        }
        for _ in 0..3 {
            let session = self.stage.session(&name);
            let wait = match session.status() {
                Status::Blocked => session
                    .deadline_ms()
                    .map(|at| at - self.stage.worker.now_ms),
                Status::Suspended(_) => Some(1),
                _ => return Some(out),
            };
            // Longer than a day is as good as for ever: another connection goes on.
            let Some(wait) = wait.filter(|ms| *ms < 86_400_000) else {
                break;
            };
            self.stage.advance(wait.max(1));
            out.extend(self.stage.output(&name));
        }
        self.connection += 1;
        None
    }
}

/// How many whole replies the bytes are; nothing if they are no replies.
fn replies(mut bytes: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !bytes.is_empty() {
        bytes = reply(bytes)?;
        count += 1;
    }
    Some(count)
}

/// What follows a reply.
fn reply(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, mut rest) = (
        std::str::from_utf8(bytes.get(1..end)?).ok(),
        &bytes[end + 2..],
    );
    match bytes[0] {
        b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => Some(rest),
        b'$' | b'=' => {
            let Ok(len) = usize::try_from(line?.parse::<i64>().ok()?) else {
                return Some(rest);
            };
            (rest.get(len..len + 2)? == b"\r\n").then(|| &rest[len + 2..])
        }
        sign @ (b'*' | b'~' | b'>' | b'%' | b'|') => {
            let parts =
                line?.parse::<i64>().ok()? * if matches!(sign, b'%' | b'|') { 2 } else { 1 };
            for _ in 0..parts + i64::from(sign == b'|') {
                rest = reply(rest)?;
            }
            Some(rest)
        }
        _ => None,
    }
}

#[test]
fn what_is_no_reply_is_noticed() {
    assert_eq!(
        replies(b"*2\r\n:1\r\n$1\r\na\r\n%1\r\n+a\r\n_\r\n"),
        Some(2)
    );
    for broken in [
        "$3\r\nab\r\n",
        "*2\r\n:1\r\n",
        "OK\r\n",
        "+OK\r",
        "$-1\r\n\r\n",
    ] {
        assert_eq!(replies(broken.as_bytes()), None, "{broken:?}");
    }
}
