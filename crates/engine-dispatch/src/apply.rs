//! Applying a primary's stream: each of its units is carried out as one unit here, and its bytes go into this node's
//! journal as they came, under the same locks.

use crate::client::{Client, ClientInfo, Endpoint};
use crate::command::{Plan, key_positions};
use crate::cx::Cx;
use crate::execute::{Ids, finish};
use crate::keys::Keys;
use crate::server::Server;
use crate::table::Registered;
use crate::worker::Worker;
use engine_keyspace::lock::{self, Class};
use proto_resp::Reply;
use std::sync::Arc;

/// One command of a unit: the database it acts on, and its arguments.
pub type Applied<'a> = (u32, Vec<&'a [u8]>);

/// A command of the stream that this node cannot carry out: its data would silently differ from the primary's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unappliable {
    /// The command's name and why it failed.
    pub text: String,
    /// The command is not known, or cannot have these arguments: whoever wrote the stream is not understood.
    pub unknown: bool,
}

impl std::fmt::Display for Unappliable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Unappliable {}

/// The primary's stream as a client.
#[derive(Debug)]
pub struct Applier {
    client: Client,
    out: Vec<u8>,
}

impl Default for Applier {
    fn default() -> Self {
        Self::new()
    }
}

impl Applier {
    /// An applier at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        let info = ClientInfo {
            primary: true.into(),
            ..ClientInfo::default()
        };
        let mut client = Client::new(Arc::new(info), Endpoint::Node, true);
        client.is_primary = true;
        Self {
            client,
            out: Vec::new(),
        }
    }

    /// Carries out a unit and appends `raw`, the bytes that stand for it in the stream and leave it in database
    /// `stream_db`, to the journal. For a thread
    /// that serves no clients: it waits for locks as long as it takes. A unit without commands only moves the
    /// journal on; one without bytes (an append-only file being loaded) leaves it where it is.
    ///
    /// # Errors
    /// A command is unknown, or the primary's data and ours do not fit (an error reply where the primary had none).
    /// The unit has been carried out as far as it can be, and its bytes are in the journal.
    pub fn unit(
        &mut self,
        server: &'static Server,
        worker: &mut Worker,
        commands: &[Applied<'_>],
        raw: &[u8],
        stream_db: u32,
    ) -> Result<(), Unappliable> {
        worker.tick();
        let mut known: Vec<(&'static Registered, u32, &[&[u8]])> =
            Vec::with_capacity(commands.len());
        let mut wrong = None;
        for (db, args) in commands {
            match server.table.find(args) {
                Ok(command) if command.command.takes(args.len()) => {
                    known.push((command, *db, args))
                }
                _ => wrong = Some(complaint(args, "unknown to this node", true)),
            }
        }
        let random = worker.random.clone();
        let mut keys = Keys::new(server, worker, 0, true);
        lock_for(&mut keys, &known);
        self.out.clear();
        let out = Reply::new(&mut self.out, self.client.version);
        let mut cx = Cx::of_node(keys, &mut self.client, out, random, worker.index);
        for (command, db, args) in known {
            cx.db.db = db;
            cx.db.forget_plan();
            key_positions(command.command.keys, args, |at, _| {
                let (id, hash) = cx.db.locate_in(db, args[at]);
                cx.db.plan(args[at], id, hash);
            });
            let before = cx.out.len();
            cx.call(command, args);
            let reply = cx.out.written(before);
            if reply.first() == Some(&b'-') {
                let why = String::from_utf8_lossy(reply);
                wrong.get_or_insert_with(|| complaint(args, &why, false));
            }
        }
        if !raw.is_empty() {
            let _order = lock::enter(Class::Journal);
            server.journal.append_raw(raw, stream_db);
        }
        finish(&mut cx);
        let Cx { db, random, .. } = cx;
        worker.end_unit(db, random);
        wrong.map_or(Ok(()), Err)
    }
}

fn complaint(args: &[&[u8]], why: &str, unknown: bool) -> Unappliable {
    let name = String::from_utf8_lossy(args.first().copied().unwrap_or(b""));
    Unappliable {
        text: format!("the primary's {name} cannot be applied: {}", why.trim_end()),
        unknown,
    }
}

fn lock_for(keys: &mut Keys, commands: &[(&'static Registered, u32, &[&[u8]])]) {
    let (mut ids, mut wide, mut all) = (Ids::new(), false, false);
    for (command, db, args) in commands {
        match command.command.plan {
            Plan::All => all = true,
            Plan::Wide | Plan::Visits => wide = true,
            Plan::Keys | Plan::Exec => {}
        }
        key_positions(command.command.keys, args, |at, _| {
            ids.push(keys.locate_in(*db, args[at]).0)
        });
    }
    ids.sort_unstable();
    ids.dedup();
    loop {
        if wide || all {
            keys.unit.wait_for_token();
        }
        if all {
            keys.unit.lock_all();
            return;
        }
        if keys.unit.lock(&ids).is_ok() {
            if wide || !keys.has_wide_waiters(&ids, true) {
                return;
            }
            keys.unit.release();
        }
        // Not had in time: with the token the wait is without bound.
        wide = true;
    }
}
