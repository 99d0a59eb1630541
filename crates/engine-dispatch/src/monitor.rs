//! MONITOR: clients that are sent every command as it runs.

use crate::client::Client;
use crate::command::Flags;
use crate::inbox::Message;
use crate::server::Server;
use crate::slowlog::is_secret;
use crate::table::Registered;
use parking_lot::Mutex;
use proto_resp::inline::quote;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Who watches: thread and session of each. A leaf lock.
#[derive(Debug, Default)]
pub struct Monitors {
    all: Mutex<Vec<(usize, u64)>>,
    count: AtomicUsize,
}

impl Monitors {
    /// Adds a session.
    pub fn add(&self, thread: usize, session: u64) {
        let mut all = self.all.lock();
        if !all.contains(&(thread, session)) {
            all.push((thread, session));
        }
        self.count.store(all.len(), Ordering::Relaxed);
    }

    /// Takes a session out (RESET, end of the connection).
    pub fn remove(&self, session: u64) {
        let mut all = self.all.lock();
        all.retain(|(_, s)| *s != session);
        self.count.store(all.len(), Ordering::Relaxed);
    }

    /// Whether anybody watches.
    #[inline]
    #[must_use]
    pub fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    /// Tells them of a command. Under the slot locks of its unit, so that lines of one key come in order.
    #[cold]
    pub(crate) fn feed(
        &self,
        server: &Server,
        client: &Client,
        command: &Registered,
        args: &[&[u8]],
        db: u32,
        script: bool,
    ) {
        let flags = command.command.flags;
        if !flags.intersects(Flags::SKIP_MONITOR | Flags::ADMIN) {
            self.show(server, client, command, args, db, script);
        }
    }

    /// As [`Self::feed`], whatever the command.
    #[cold]
    pub(crate) fn show(
        &self,
        server: &Server,
        client: &Client,
        command: &Registered,
        args: &[&[u8]],
        db: u32,
        script: bool,
    ) {
        let bytes: Arc<[u8]> = line(client, command, args, db, script).into();
        for (thread, session) in self.all.lock().iter() {
            let bytes = bytes.clone();
            server.tell(
                *thread,
                Message::Push {
                    session: *session,
                    bytes,
                },
            );
        }
    }
}

/// `+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`
fn line(client: &Client, command: &Registered, args: &[&[u8]], db: u32, script: bool) -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let peer = if script {
        "lua"
    } else if client.is_primary {
        "?:0"
    } else {
        &client.info.peer
    };
    let mut text = format!(
        "+{}.{:06} [{db} {peer}]",
        now.as_secs(),
        now.subsec_micros()
    )
    .into_bytes();
    for (n, arg) in args.iter().enumerate() {
        text.push(b' ');
        if is_secret(command, args, n) {
            text.extend_from_slice(b"\"(redacted)\"");
        } else {
            quote(&mut text, arg);
        }
    }
    text.extend_from_slice(b"\r\n");
    text
}
