//! From a parsed request to its reply: checks, locks, handler, service to waiters, journal.

use crate::client::{Client, Endpoint, Multi, Queued};
use crate::command::{Flags, Group, Plan, key_positions};
use crate::cx::{Cx, count_error};
use crate::error::Error;
use crate::evict::{self, Room};
use crate::keys::Keys;
use crate::pubsub::Publisher;
use crate::script::Scripts;
use crate::server::Server;
use crate::table::{CommandTable, Registered, Unknown};
use crate::tracking::{self, Mode};
use crate::worker::{Worker, count};
use crate::{acl, block, transaction};
use engine_keyspace::lock::{self, Class};
use engine_keyspace::{Busy, SlotId, slot_of};
use proto_resp::{Reply, Version};
use smallvec::SmallVec;
use std::sync::atomic::Ordering;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Ran {
    /// Its reply has been written.
    Done,
    /// Nothing has happened: a lock is held by a long unit; run it again later.
    Suspended(Busy),
    /// The client waits (`client.blocked`); no reply yet.
    Blocked,
}

/// What is known of a request before it runs: looked up early, so that memory can be fetched meanwhile.
#[derive(Debug)]
pub struct Prepared {
    pub command: Result<&'static Registered, Unknown>,
    /// Slot and hash of the first key.
    pub key: Option<(SlotId, u64)>,
}

impl Prepared {
    /// Looks up the command and its first key.
    #[inline]
    pub fn new(server: &Server, db: u32, args: &[&[u8]]) -> Self {
        let command = server.table.find(args);
        let key = match &command {
            Ok(c) => first_key(c, args).map(|key| {
                (
                    SlotId::new(db, slot_of(key)),
                    server.keyspace.hasher.hash(key),
                )
            }),
            Err(_) => None,
        };
        Self { command, key }
    }
}

/// The first key, where it is where nearly all commands have it: right after the name.
#[inline]
fn first_key<'a>(command: &Registered, args: &[&'a [u8]]) -> Option<&'a [u8]> {
    use crate::command::Begin;
    match command.command.keys.first()?.begin {
        Begin::Index(1) if command.command.plan == Plan::Keys => args.get(1).copied(),
        _ => None,
    }
}

/// Runs one request. `prepared` must be of the same arguments and the client's present database.
pub fn run(
    server: &'static Server,
    worker: &mut Worker,
    client: &mut Client,
    args: &[&[u8]],
    prepared: Prepared,
    out: &mut Vec<u8>,
) -> Ran {
    let before = out.len();
    if client.acl_seen != server.acl.generation() {
        server.acl.refresh(client);
        if client.close_after {
            // Its user is gone: the connection ends without another word.
            return Ran::Done;
        }
    }
    let command = match admit(server, client, args, &prepared, worker.now_ms) {
        Ok(command) => command,
        Err(error) => {
            refuse(server, worker, client, &prepared, &error, out);
            settle_reply(client, before, out);
            return Ran::Done;
        }
    };
    if server.config.memory(params::MAXMEMORY) != 0
        && !client.is_primary
        && (evict::concerns(command) || client.tracking.contains(Mode::ON))
    {
        match evict::judge(server, worker, client, command) {
            Room::Full => {
                refuse(server, worker, client, &prepared, &Error::OOM, out);
                settle_reply(client, before, out);
                return Ran::Done;
            }
            // Tried again until the reaper has freed enough, as if a lock were not to be had.
            Room::Freeing => return Ran::Suspended(Busy::Token),
            Room::Enough | Room::Evicting => {}
        }
    }
    let before = if server.tracking.keys() > 0 || client.tracking.contains(Mode::ON) {
        tell_invalidated(server, client, out)
    } else {
        before
    };
    if server.pause.is_on(worker.now_ms) && is_paused(server, client, command, args) {
        // Tried again until the pause is over, as if a lock were not to be had.
        return Ran::Suspended(Busy::Token);
    }
    if server.keyspace.snapshots.is_full() && !client.is_primary && writes(client, command) {
        // The snapshot has yet to write what writers handed over.
        return Ran::Suspended(Busy::Token);
    }
    if let Some(multi) = &mut client.multi
        && !transaction::runs_at_once(command)
    {
        let args: Vec<Box<[u8]>> = args.iter().map(|a| Box::from(*a)).collect();
        let words = args.iter().map(|a| size_of_val(a) + a.len());
        multi.bytes += (size_of::<Queued>() + words.sum::<usize>()) as u64;
        multi.queue.push(Queued { command, args });
        Reply::new(out, client.version).simple("QUEUED");
        settle_reply(client, before, out);
        return Ran::Done;
    }
    let ran = unit(server, worker, client, command, args, prepared.key, out);
    if ran == Ran::Done {
        settle_reply(client, before, out);
    }
    if let Some(pushes) = client.pushes.take() {
        pushes.place(before, out);
    }
    if client.caching && ran == Ran::Done {
        end_caching(client, command);
    }
    ran
}

/// Whether the command writes, or is an EXEC whose transaction does.
#[inline]
fn writes(client: &Client, command: &Registered) -> bool {
    command.command.flags.contains(Flags::WRITE)
        || (command.command.plan == Plan::Exec && transaction::writes(client))
}

/// Whether CLIENT PAUSE holds this command back.
#[cold]
fn is_paused(
    server: &'static Server,
    client: &Client,
    command: &'static Registered,
    args: &[&[u8]],
) -> bool {
    let replicates = Flags::WRITE | Flags::MAY_REPLICATE;
    let queue = client
        .multi
        .as_ref()
        .filter(|_| command.command.plan == Plan::Exec);
    let writes = flags_of(server, command, args).intersects(replicates)
        || queue.into_iter().flat_map(|m| &m.queue).any(|q| {
            let args: Vec<&[u8]> = q.args.iter().map(|a| &**a).collect();
            flags_of(server, q.command, &args).intersects(replicates)
        });
    !client.is_primary && (writes || server.pause.of_all())
}

/// Keeps to the bound of noted keys, and tells a tracked client what was evicted or forgotten before its command
/// runs, which answers thereafter; where that answer begins.
#[cold]
fn tell_invalidated(server: &'static Server, client: &Client, out: &mut Vec<u8>) -> usize {
    tracking::limit(server);
    if client.tracking.contains(Mode::ON)
        && let Some(inbox) = server.inboxes.get(client.info.thread)
    {
        inbox.pull(client.info.id, client.receiver(), out);
    }
    out.len()
}

/// CLIENT CACHING is for one command, or for one transaction.
#[cold]
fn end_caching(client: &mut Client, command: &Registered) {
    client.caching = client.multi.is_some() || command.full_name.starts_with("client|");
}

/// CLIENT REPLY: takes the reply back where the client wants none.
#[inline]
fn settle_reply(client: &mut Client, before: usize, out: &mut Vec<u8>) {
    use crate::client::ReplyMode;
    let before = if std::mem::take(&mut client.answers_by_push) {
        out.len()
    } else {
        before
    };
    match client.reply_mode {
        ReplyMode::On => {}
        ReplyMode::Off => out.truncate(before),
        ReplyMode::SkipNext => client.reply_mode = ReplyMode::Skip,
        ReplyMode::Skip => {
            out.truncate(before);
            client.reply_mode = ReplyMode::On;
        }
    }
}

#[cold]
fn refuse(
    server: &'static Server,
    worker: &Worker,
    client: &mut Client,
    prepared: &Prepared,
    error: &Error,
    out: &mut Vec<u8>,
) {
    if let Ok(command) = &prepared.command {
        count(&worker.stats.commands[command.id].rejected, 1);
        if command.command.plan == Plan::Exec {
            // An EXEC that is refused ends its transaction.
            transaction::discard(server, client);
            let error = Error::exec_refused(error);
            count_error(server, &error);
            Reply::new(out, client.version).error(error.text());
            return;
        }
    }
    if let Some(multi) = &mut client.multi {
        multi.aborted = true;
    }
    count_error(server, error);
    Reply::new(out, client.version).error(error.text());
}

/// The checks that come before a command runs or is queued, in Redis's order (`processCommand`).
#[inline]
fn admit(
    server: &'static Server,
    client: &Client,
    args: &[&[u8]],
    prepared: &Prepared,
    now_ms: i64,
) -> Result<&'static Registered, Error> {
    let registered = match &prepared.command {
        Ok(registered) => *registered,
        Err(Unknown::Command) => return Err(Error::new(CommandTable::unknown_text(args))),
        Err(Unknown::Subcommand(container)) => return Err(Error::subcommand(container, args[1])),
    };
    let command = registered.command;
    if !command.takes(args.len()) {
        return Err(Error::arity(&registered.full_name));
    }
    let flags = flags_of(server, registered, args);
    if !client.authenticated && !flags.contains(Flags::NO_AUTH) && !server.acl.default_is_open() {
        return Err(Error::NO_AUTH);
    }
    if client.multi.is_some() && flags.contains(Flags::NO_MULTI) {
        return Err(Error::NO_MULTI);
    }
    if client.is_primary {
        return Ok(registered);
    }
    acl::admit(server, client, registered, args, now_ms)?;
    let writes = writes(client, registered);
    if server.disk_in_doubt()
        && (writes || command.name == "ping")
        && let Some(error) = server.disk_error()
    {
        return Err(error);
    }
    if writes {
        may_write(server, client)?;
    }
    if client.version == Version::Resp2
        && !client.subscriptions.is_empty()
        && !may_run_while_subscribed(command.name)
    {
        return Err(Error::new(format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
            registered.full_name
        )));
    }
    if is_stale(server) && !flags.contains(Flags::STALE) {
        return Err(Error::MASTER_DOWN);
    }
    if server.loading.load(Ordering::Relaxed) && !flags.contains(Flags::LOADING) {
        return Err(Error::LOADING);
    }
    if let Some(kind) = server.scripts.overtime()
        && !flags.contains(Flags::ALLOW_BUSY)
    {
        return Err(Scripts::busy(kind));
    }
    Ok(registered)
}

/// What a RESP2 client may ask for while it listens: the reply must be told apart from messages.
#[cold]
fn may_run_while_subscribed(name: &str) -> bool {
    matches!(
        name,
        "ping"
            | "subscribe"
            | "unsubscribe"
            | "psubscribe"
            | "punsubscribe"
            | "ssubscribe"
            | "sunsubscribe"
            | "quit"
            | "reset"
    )
}

/// A command's flags; of one that runs a script those that the script declares.
#[inline]
fn flags_of(server: &'static Server, registered: &Registered, args: &[&[u8]]) -> Flags {
    let flags = registered.command.flags;
    if registered.command.group != Group::Scripting || registered.command.plan != Plan::Wide {
        return flags;
    }
    let scripting = server.scripting();
    scripting.map_or(flags, |s| s.flags(server, registered, args))
}

/// Whether this node follows a primary that it has no link to, and must not answer from what it has.
#[must_use]
pub fn is_stale(server: &Server) -> bool {
    server.is_replica()
        && !server.link_up.load(Ordering::Relaxed)
        && !server.config.flag(params::REPLICA_SERVE_STALE_DATA)
}

/// Whether a write that was admitted before its locks is still one for this node: the role may have changed while
/// the unit waited for them.
fn still_may_write(server: &Server, client: &Client, command: &Registered) -> Result<(), Error> {
    if !server.is_replica() || client.is_primary || !server.config.flag(params::REPLICA_READ_ONLY) {
        return Ok(());
    }
    if writes(client, command) {
        Err(Error::READ_ONLY)
    } else {
        Ok(())
    }
}

fn may_write(server: &'static Server, client: &Client) -> Result<(), Error> {
    denies_write(server, client)
}

/// Whether more memory is in use than `maxmemory` allows. What runs inside a unit asks `Keys::out_of_memory`.
#[must_use]
pub fn is_out_of_memory(server: &Server) -> bool {
    evict::excess(server) > 0
}

/// Whether this node takes no writes of a client now.
///
/// # Errors
/// It does not, and why.
pub fn denies_write(server: &'static Server, client: &Client) -> Result<(), Error> {
    if client.endpoint == Endpoint::Reader
        || (server.is_replica() && server.config.flag(params::REPLICA_READ_ONLY))
    {
        return Err(Error::READ_ONLY);
    }
    let least = server.config.int(params::MIN_REPLICAS_TO_WRITE);
    let lag = server.config.int(params::MIN_REPLICAS_MAX_LAG);
    if least > 0
        && lag > 0
        && !server.is_replica()
        && server
            .replication()
            .is_none_or(|r| (r.good_replicas(lag) as i64) < least)
    {
        return Err(Error::NO_REPLICAS);
    }
    Ok(())
}

/// The slots of a request's keys, sorted and unique, noted in `keys` as its plan.
fn plan_keys(
    keys: &mut Keys,
    command: &Registered,
    args: &[&[u8]],
    first: Option<(SlotId, u64)>,
) -> Ids {
    let mut ids = Ids::new();
    let db = keys.db;
    key_positions(command.command.keys, args, |at, _| {
        let (id, hash) = match first {
            Some(known) if at == 1 => known,
            _ => keys.locate_in(db, args[at]),
        };
        keys.plan(args[at], id, hash);
        ids.push(id);
    });
    ids.sort_unstable();
    ids.dedup();
    ids
}

pub(crate) type Ids = SmallVec<[SlotId; 8]>;

/// Locks what a request needs. On `Busy` nothing is held.
fn lock_for(
    keys: &mut Keys,
    client: &Client,
    command: &Registered,
    args: &[&[u8]],
    first: Option<(SlotId, u64)>,
) -> Result<(), Busy> {
    let plan = command.command.plan;
    let (mut wide, all, ids) = match plan {
        Plan::Keys => (false, false, plan_keys(keys, command, args, first)),
        Plan::Visits => return Ok(()),
        Plan::Wide => (true, false, plan_keys(keys, command, args, first)),
        Plan::All => (true, true, Ids::new()),
        Plan::Exec => transaction::plan(keys, client),
    };
    if all {
        keys.unit.take_token()?;
        keys.unit.lock_all();
        return Ok(());
    }
    loop {
        if wide {
            keys.unit.take_token()?;
        }
        match keys.unit.lock(&ids) {
            Ok(()) => {}
            // Too many restarts: with the token there will be none.
            Err(Busy::Token) if !wide => {
                wide = true;
                continue;
            }
            Err(busy) => {
                keys.unit.release();
                return Err(busy);
            }
        }
        let writes = command.command.flags.contains(Flags::WRITE) || plan == Plan::Exec;
        if !wide && keys.has_wide_waiters(&ids, writes) {
            // Whom it wakes may need other slots: only the token's holder may lock them meanwhile.
            keys.unit.release_slots();
            wide = true;
            continue;
        }
        return Ok(());
    }
}

/// Runs a unit: locks, handler, service to waiters, journal, release.
fn unit(
    server: &'static Server,
    worker: &mut Worker,
    client: &mut Client,
    command: &'static Registered,
    args: &[&[u8]],
    first: Option<(SlotId, u64)>,
    out: &mut Vec<u8>,
) -> Ran {
    let applying = client.is_primary;
    let random = worker.random.clone();
    let thread = worker.index;
    let mut keys = Keys::new(server, worker, client.db, applying);
    if let Err(busy) = lock_for(&mut keys, client, command, args, first) {
        worker.end_unit(keys, random);
        return Ran::Suspended(busy);
    }
    keys.take_role(applying);
    if let Err(mut error) = still_may_write(server, client, command) {
        worker.end_unit(keys, random);
        if command.command.plan == Plan::Exec {
            transaction::discard(server, client);
            error = Error::exec_refused(&error);
        }
        count_error(server, &error);
        Reply::new(out, client.version).error(error.text());
        return Ran::Done;
    }
    keys.touch = !client.no_touch;
    keys.publisher = Some(Publisher::of(client));
    keys.purge_planned();
    let start = out.len();
    let mut reply = Reply::new(out, client.version);
    reply.set_digits(server.dialect.digits);
    let mut cx = Cx {
        out: reply,
        db: keys,
        client,
        server,
        random,
        command,
        thread,
        no_blocking: false,
        in_script: false,
        block: None,
        busy: None,
        again: false,
        stamp: worker.stamp,
    };
    cx.call(command, args);
    let mut ran = Ran::Done;
    if let Some(busy) = cx.busy.take() {
        cx.out.truncate(start);
        ran = Ran::Suspended(busy);
    } else if let Some(request) = cx.block.take() {
        block::register(&mut cx, request, args);
        ran = Ran::Blocked;
    }
    finish(&mut cx);
    worker.stamp = cx.stamp;
    if !cx.db.pushes.get_mut().is_empty() {
        let pushes = cx.db.pushes.take();
        cx.client.pushes = Some(Box::new(pushes));
    }
    let Cx { db, random, .. } = cx;
    worker.end_unit(db, random);
    ran
}

/// The end of a unit: its effects are journalled and those it made ready are served, then its locks drop.
pub(crate) fn finish(cx: &mut Cx<'_>) {
    if cx.db.dirty > 0 {
        cx.server.dirty.fetch_add(cx.db.dirty, Ordering::Relaxed);
    }
    if let Some(offset) = journal(&mut cx.db) {
        cx.client.last_write = offset;
    }
    if !cx.db.ready.is_empty() {
        block::serve(cx);
    }
    cx.db.unit.release();
}

/// Appends the effects collected so far as one record; the offset after it.
pub(crate) fn journal(keys: &mut Keys) -> Option<u64> {
    if keys.effects.is_empty() {
        return None;
    }
    let _order = lock::enter(Class::Journal);
    Some(keys.server.journal.append(&mut keys.effects))
}

/// Begins a transaction (MULTI).
///
/// # Errors
/// One is open already.
pub fn begin_multi(client: &mut Client) -> Result<(), Error> {
    if client.multi.is_some() {
        return Err(Error::NESTED_MULTI);
    }
    client.multi = Some(Multi::default());
    Ok(())
}
