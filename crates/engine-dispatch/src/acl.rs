//! ACL: who may run which commands on which keys and channels.
//!
//! A user is immutable; a change puts another in its place and moves one number on, which every command compares
//! with the one its client saw last. So a change acts on all threads before its own reply, and the check of a client
//! that may do everything is two tests of a flag.

pub mod file;
pub mod log;
pub mod rules;
pub mod selector;
pub mod user;

use crate::client::{Client, ClientInfo};
use crate::client_line;
use crate::command::KeyFlags;
use crate::dialect;
use crate::error::Error;
use crate::inbox::Message;
use crate::server::Server;
use crate::table::{CommandTable, Registered};
use log::{Context, Entry, Log, Reason};
use parking_lot::RwLock;
use rules::Unmatched;
use selector::Denied;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use user::{RuleBook, User};

/// The name of the user that connections begin as.
pub const DEFAULT: &[u8] = b"default";
/// Its id, and that of the hidden user of replication links.
pub const DEFAULT_ID: u64 = 1;
const LINK_ID: u64 = 0;

/// What a client is before its first command looks: the default user, of whom nothing is known yet.
pub(crate) static UNSEEN: LazyLock<Arc<User>> =
    LazyLock::new(|| Arc::new(User::unrestricted(0, false, DEFAULT_ID, DEFAULT)));

/// Refusals since start or CONFIG RESETSTAT (INFO stats).
#[derive(Debug, Default)]
pub struct Refusals {
    pub auth: AtomicU64,
    pub command: AtomicU64,
    pub key: AtomicU64,
    pub channel: AtomicU64,
}

impl Refusals {
    /// Sets all to zero (CONFIG RESETSTAT).
    pub(crate) fn reset(&self) {
        for counter in [&self.auth, &self.command, &self.key, &self.channel] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

/// The users of a node.
#[derive(Debug)]
pub struct Users {
    by_name: RwLock<BTreeMap<Box<[u8]>, Arc<User>>>,
    /// Moves on with every change; a client that saw another number looks its user up again.
    generation: AtomicU64,
    /// Nobody is refused anything: nothing to check for those who waited.
    all_unrestricted: AtomicBool,
    next_id: AtomicU64,
    pub log: Log,
    pub refusals: Refusals,
}

/// Whether a name or pattern holds what would break a line of rules.
pub(crate) fn has_spaces(word: &[u8]) -> bool {
    word.iter()
        .any(|b| b.is_ascii_whitespace() || *b == 0 || *b == 0x0b)
}

/// Puts a text with words of the client's into one line.
fn one_line(text: String) -> String {
    text.replace(['\r', '\n'], " ")
}

impl Users {
    /// The default user alone, with the password of `requirepass`.
    #[must_use]
    pub(crate) fn new(table: &CommandTable, config: &params::Config) -> Self {
        let sanitize = dialect::users_say_sanitize(config);
        let default = User::unrestricted(table.len(), sanitize, DEFAULT_ID, DEFAULT);
        let users = Self {
            by_name: RwLock::new(BTreeMap::from([(DEFAULT.into(), Arc::new(default))])),
            generation: AtomicU64::new(1),
            all_unrestricted: AtomicBool::new(true),
            next_id: AtomicU64::new(DEFAULT_ID + 1),
            log: Log::default(),
            refusals: Refusals::default(),
        };
        let password = config.bytes(params::REQUIREPASS);
        if !password.is_empty() {
            users.set_default_password(Self::book(table, config), &password);
        }
        users
    }

    /// What rules are read by.
    #[must_use]
    pub fn book<'a>(table: &'a CommandTable, config: &params::Config) -> RuleBook<'a> {
        RuleBook {
            table,
            all_channels: config.choice(params::ACL_PUBSUB_DEFAULT) == "allchannels",
            sanitize: dialect::users_say_sanitize(config),
        }
    }

    /// The number of changes so far.
    #[inline]
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether nobody is refused anything.
    #[inline]
    #[must_use]
    pub fn all_unrestricted(&self) -> bool {
        self.all_unrestricted.load(Ordering::Acquire)
    }

    /// All users in order of name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<User>> {
        self.by_name.read().values().cloned().collect()
    }

    /// A user by its name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Arc<User>> {
        self.by_name.read().get(name).cloned()
    }

    /// Whether connections may do something before they log in.
    #[must_use]
    pub fn default_is_open(&self) -> bool {
        self.get(DEFAULT).is_some_and(|user| user.is_open())
    }

    /// Whether connections are let in without a password, whatever they may do then (protected mode).
    #[must_use]
    pub fn default_has_no_password(&self) -> bool {
        self.get(DEFAULT)
            .is_some_and(|user| user.flags.contains(user::UserFlags::NOPASS))
    }

    /// Puts users in the place of others; under the lock, so that nobody sees the one without the other.
    fn change<R>(&self, f: impl FnOnce(&mut BTreeMap<Box<[u8]>, Arc<User>>) -> R) -> R {
        let mut by_name = self.by_name.write();
        let result = f(&mut by_name);
        let all = by_name.values().all(|user| user.allows_all());
        self.all_unrestricted.store(all, Ordering::Release);
        self.generation.fetch_add(1, Ordering::AcqRel);
        result
    }

    fn fresh_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// The password of the default user (`requirepass`), none if it is empty.
    pub fn set_default_password(&self, book: RuleBook<'_>, password: &[u8]) {
        self.change(|users| {
            let Some(known) = users.get(DEFAULT) else {
                return;
            };
            let mut user = User::clone(known);
            let word = [b">", password].concat();
            let rules: [&[u8]; 2] = if password.is_empty() {
                [b"resetpass", b"nopass"]
            } else {
                [b"resetpass", &word]
            };
            if rules.iter().all(|rule| user.apply(book, rule).is_ok()) {
                users.insert(DEFAULT.into(), Arc::new(user));
            }
        });
    }

    /// ACL SETUSER: changes or makes a user, all rules or none. Subscribers that lose a channel by it are closed.
    ///
    /// # Errors
    /// Redis's text, without a code.
    pub fn set_user<W: AsRef<[u8]>>(
        &self,
        server: &'static Server,
        name: &[u8],
        rules: &[W],
    ) -> Result<(), String> {
        if has_spaces(name) {
            return Err("Usernames can't contain spaces or null characters".into());
        }
        if is_link_user(server, name) {
            return Err("This name belongs to the links between nodes".into());
        }
        let book = Self::book(server.table, &server.config);
        let rules = rules::join_selectors(rules).map_err(|Unmatched(word)| {
            one_line(format!(
                "Unmatched parenthesis in acl selector starting at '{}'.",
                String::from_utf8_lossy(&word)
            ))
        })?;
        let left = self.change(|users| {
            let known = users.get(name).cloned();
            let mut user = match &known {
                Some(known) => User::clone(known),
                None => User::new(book, self.fresh_id(), name),
            };
            for rule in &rules {
                user.apply(book, rule).map_err(|error| {
                    let rule = String::from_utf8_lossy(rule);
                    one_line(format!("Error in ACL SETUSER modifier '{rule}': {error}"))
                })?;
            }
            let left = known.and_then(|known| user.channels_left(&known));
            let id = user.id;
            users.insert(name.into(), Arc::new(user));
            Ok::<_, String>(left.map(|left| (id, left)))
        })?;
        if let Some((id, left)) = left {
            close_subscribers(server, &BTreeMap::from([(id, left)]));
        }
        Ok(())
    }

    /// ACL DELUSER: removes users and closes their connections; that of `asking` after its reply. How many there
    /// were.
    pub fn delete(&self, server: &'static Server, names: &[&[u8]], asking: &mut Client) -> usize {
        let gone: Vec<u64> = self.change(|users| {
            let removed = names.iter().filter_map(|name| users.remove(*name));
            removed.map(|user| user.id).collect()
        });
        close_all(server, asking, |id| gone.contains(&id));
        gone.len()
    }

    /// Puts `wanted` in the place of all users at once: ACL LOAD, and the control plane's users. Who is in both by
    /// name stays logged in (before 7.2: the default user alone); the connections of all others end.
    pub fn replace_all(
        &self,
        server: &'static Server,
        wanted: Vec<User>,
        asking: Option<&mut Client>,
    ) {
        let keeps_clients = dialect::acl_load_keeps_clients(server);
        let (old, new) = self.change(|users| {
            let old = std::mem::take(users);
            for mut user in wanted {
                let known = old.get(&user.name);
                user.id = match known {
                    Some(known) if keeps_clients || *user.name == *DEFAULT => known.id,
                    _ => self.fresh_id(),
                };
                users.insert(user.name.clone(), Arc::new(user));
            }
            if !users.contains_key(DEFAULT) {
                let sanitize = dialect::users_say_sanitize(&server.config);
                let default = User::unrestricted(server.table.len(), sanitize, DEFAULT_ID, DEFAULT);
                users.insert(DEFAULT.into(), Arc::new(default));
            }
            (old, users.clone())
        });
        let mut left = BTreeMap::new();
        for user in new.values() {
            let known = old.get(&user.name).filter(|known| known.id == user.id);
            left.extend(
                known
                    .and_then(|known| user.channels_left(known))
                    .map(|l| (user.id, l)),
            );
        }
        if !left.is_empty() {
            close_subscribers(server, &left);
        }
        let stays = |id: u64| new.values().any(|user| user.id == id);
        let mut nobody = None;
        let asking = asking.or_else(|| nobody.get_or_insert_with(Client::nobody).into());
        if let Some(asking) = asking {
            close_all(server, asking, |id| {
                id != LINK_ID && !stays(id) && old.values().any(|user| user.id == id)
            });
        }
    }

    /// Looks a client's user up again after a change; a client whose user is gone is to be closed.
    #[cold]
    pub(crate) fn refresh(&self, client: &mut Client) {
        let users = self.by_name.read();
        client.acl_seen = self.generation();
        if client.link_user {
            return;
        }
        match users.get(&client.user.name) {
            Some(user) if user.id == client.user.id => client.user = user.clone(),
            _ => {
                client.close_after = true;
                client.authenticated = false;
                if let Some(default) = users.get(DEFAULT) {
                    client.user = default.clone();
                }
            }
        }
        client.unrestricted = client.user.allows_all();
    }

    /// Makes a client this user's.
    pub fn assume(&self, client: &mut Client, user: Arc<User>) {
        client.link_user = user.id == LINK_ID;
        client.unrestricted = user.allows_all();
        {
            let mut text = client.info.text.lock();
            text.user = String::from_utf8_lossy(&user.name).into_owned();
            text.user_id = user.id;
        }
        client.user = user;
        client.acl_seen = 0;
    }

    /// Brings a client back to what it was when it connected (RESET).
    pub fn forget_login(&self, client: &mut Client) {
        if let Some(default) = self.get(DEFAULT) {
            client.authenticated = default.is_open();
            self.assume(client, default);
        }
    }

    /// Logs a client in (AUTH, HELLO AUTH); `word` is the command as it was sent, for ACL LOG.
    ///
    /// # Errors
    /// WRONGPASS: no such user, a wrong password, or the user is off.
    pub fn login(
        &self,
        server: &'static Server,
        client: &mut Client,
        name: &[u8],
        password: &[u8],
        word: &[u8],
        now_ms: i64,
    ) -> Result<(), Error> {
        let user = if is_link_user(server, name) {
            Some(link_user(server))
        } else {
            self.get(name)
        };
        match user.filter(|user| user.accepts(password)) {
            Some(user) => {
                self.assume(client, user);
                client.authenticated = true;
                Ok(())
            }
            None => {
                let context = context_of(client);
                let refused = Refused {
                    reason: Reason::Auth,
                    context,
                    object: word,
                    username: name,
                };
                note(server, client, &refused, now_ms);
                Err(Error::WRONG_PASS)
            }
        }
    }
}

/// Whether a name is that of the hidden user of replication links.
#[must_use]
pub fn is_link_user(server: &Server, name: &[u8]) -> bool {
    let link = server.config.bytes(params::ELASTANE_LINK_USER);
    !link.is_empty() && *name == *link
}

/// The hidden user of replication links, made for each login: it stands in no list and no command changes it.
fn link_user(server: &Server) -> Arc<User> {
    let name = server.config.bytes(params::ELASTANE_LINK_USER);
    let secret = server.config.bytes(params::ELASTANE_LINK_SECRET);
    let book = RuleBook {
        table: server.table,
        all_channels: false,
        sanitize: false,
    };
    let mut user = User::new(book, LINK_ID, &name);
    let password = [b">", &secret[..]].concat();
    // What a replica says to its primary. Rules of commands that this table lacks are left out.
    let rules: [&[u8]; 4] = [b"+ping", b"+replconf", b"+psync", b"+sync"];
    for rule in rules {
        let _ = user.apply(book, rule);
    }
    if !secret.is_empty() && user.apply(book, &password).is_ok() {
        let _ = user.apply(book, b"on");
    }
    Arc::new(user)
}

fn context_of(client: &Client) -> Context {
    if client.multi.is_some() {
        Context::Multi
    } else {
        Context::TopLevel
    }
}

/// Ends the connections of the users that `is_gone` names; the asking client's after its reply.
fn close_all(server: &'static Server, asking: &mut Client, is_gone: impl Fn(u64) -> bool) {
    for info in server.clients.all() {
        let user = info.text.lock().user_id;
        if !is_gone(user) {
            continue;
        }
        if info.id == asking.info.id {
            asking.close_after = true;
        } else {
            close(server, &info);
        }
    }
}

/// Ends another thread's connection; it stands in no list from here on.
pub(crate) fn close(server: &'static Server, info: &ClientInfo) {
    info.dying.store(true, Ordering::Relaxed);
    server.tell(
        info.thread,
        Message::Close {
            session: info.id,
            flush: false,
        },
    );
}

/// Ends the connections that are subscribed to what their user may not use any more: each thread looks at its own.
fn close_subscribers(server: &'static Server, left: &BTreeMap<u64, user::ChannelsLeft>) {
    let left = Arc::new(left.clone());
    for thread in 0..server.inboxes.len() {
        server.tell(thread, Message::ChannelsLeft(left.clone()));
    }
}

/// What ACL LOG keeps of a refusal.
struct Refused<'a> {
    reason: Reason,
    context: Context,
    object: &'a [u8],
    username: &'a [u8],
}

#[cold]
fn note(server: &'static Server, client: &Client, refused: &Refused<'_>, now_ms: i64) {
    let counts = &server.acl.refusals;
    let counter = match refused.reason {
        Reason::Auth => &counts.auth,
        Reason::Command => &counts.command,
        Reason::Key => &counts.key,
        Reason::Channel => &counts.channel,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    let max = server.config.int(params::ACLLOG_MAX_LEN).max(0) as usize;
    if max == 0 {
        return;
    }
    let mut line = Vec::new();
    client_line::write(server, &client.info, None, now_ms, &mut line);
    let entry = Entry {
        id: 0,
        count: 1,
        reason: refused.reason,
        context: refused.context,
        object: refused.object.to_vec(),
        username: refused.username.to_vec(),
        client: line,
        created_ms: now_ms,
        updated_ms: now_ms,
    };
    server.acl.log.add(entry, max);
}

/// Checks a command at the place where it is about to run or be queued.
///
/// # Errors
/// NOPERM; ACL LOG has it.
#[inline]
pub(crate) fn admit(
    server: &'static Server,
    client: &Client,
    command: &'static Registered,
    args: &[&[u8]],
    now_ms: i64,
) -> Result<(), Error> {
    if client.unrestricted {
        return Ok(());
    }
    check(server, client, command, args, context_of(client), now_ms)
        .map_err(|denied| dialect::no_permission(server, &client.user, denied, command))
}

/// Whether nothing needs to be checked for this client, whose user may have changed while its unit waited or ran.
fn may_do_everything(server: &Server, client: &mut Client) -> bool {
    if client.acl_seen != server.acl.generation() {
        server.acl.refresh(client);
    }
    client.unrestricted || client.is_primary
}

/// Checks a queued command once more as EXEC comes to it.
///
/// # Errors
/// NOPERM in EXEC's words; ACL LOG has it.
pub(crate) fn admit_queued(
    server: &'static Server,
    client: &mut Client,
    command: &'static Registered,
    args: &[&[u8]],
    now_ms: i64,
) -> Result<(), Error> {
    if may_do_everything(server, client) {
        return Ok(());
    }
    check(server, client, command, args, Context::Multi, now_ms).map_err(|denied| {
        let why = match denied {
            Denied::Command => "no permission to execute the command or subcommand",
            Denied::Key(_) => "no permission to touch the specified keys",
            Denied::Channel(_) => {
                "no permission to access one of the channels used as arguments to the command"
            }
        };
        Error::new(format!(
            "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: {why}"
        ))
    })
}

/// Checks a command that a script or function of `client`'s calls.
///
/// # Errors
/// NOPERM in a script's words; ACL LOG has it.
pub fn admit_in_script(
    server: &'static Server,
    client: &mut Client,
    command: &'static Registered,
    args: &[&[u8]],
    now_ms: i64,
) -> Result<(), Error> {
    if may_do_everything(server, client) {
        return Ok(());
    }
    check(server, client, command, args, Context::Lua, now_ms)
        .map_err(|denied| dialect::no_permission_in_script(server, &client.user, denied, command))
}

/// Whether `client` may run a command, which nobody notes (`redis.acl_check_cmd`).
#[must_use]
pub fn may_run(client: &Client, command: &Registered, args: &[&[u8]]) -> bool {
    client.unrestricted || client.is_primary || client.user.check(command, args).is_ok()
}

/// Whether `client` may run a command and may, besides, read every key (SORT BY, SORT GET).
#[must_use]
pub fn may_read_every_key(client: &Client, command: &Registered, args: &[&[u8]]) -> bool {
    client.unrestricted
        || client.is_primary
        || client
            .user
            .allows_with_every_key(command, args, KeyFlags::ACCESS)
}

/// Checks the command of one who waited, whose rules may have changed meanwhile.
///
/// # Errors
/// NOPERM; ACL LOG has it.
pub(crate) fn admit_waiter(
    server: &'static Server,
    client: &mut Client,
    command: &'static Registered,
    args: &[&[u8]],
    now_ms: i64,
) -> Result<(), Error> {
    if server.acl.all_unrestricted() {
        return Ok(());
    }
    let Some(info) = server.clients.get(client.info.id) else {
        return Ok(());
    };
    let (name, id) = {
        let text = info.text.lock();
        (text.user.clone(), text.user_id)
    };
    let user = server.acl.get(name.as_bytes());
    let Some(user) = user.filter(|user| user.id == id) else {
        // Its connection is being closed.
        return Ok(());
    };
    client.unrestricted = user.allows_all();
    client.user = user;
    client.info = info;
    admit(server, client, command, args, now_ms)
}

fn check(
    server: &'static Server,
    client: &Client,
    command: &'static Registered,
    args: &[&[u8]],
    context: Context,
    now_ms: i64,
) -> Result<(), Denied> {
    let checked = client.user.check(command, args);
    if let Err(denied) = checked {
        let object = match denied {
            Denied::Command => command.full_name.as_bytes(),
            Denied::Key(at) | Denied::Channel(at) => args.get(at).copied().unwrap_or_default(),
        };
        let refused = Refused {
            reason: denied.into(),
            context,
            object,
            username: &client.user.name,
        };
        note(server, client, &refused, now_ms);
    }
    checked
}
