//! What is said of a command, once, beside its handler. COMMAND, ACL categories, cluster routing, key extraction
//! and lock planning all read it.

use crate::cx::Cx;
use crate::error::Outcome;
use bitflags::bitflags;

bitflags! {
    /// Redis's command flags (COMMAND, third element).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Flags: u32 {
        const WRITE = 1;
        const READONLY = 1 << 1;
        const DENYOOM = 1 << 2;
        const ADMIN = 1 << 3;
        const PUBSUB = 1 << 4;
        const NOSCRIPT = 1 << 5;
        const BLOCKING = 1 << 6;
        const LOADING = 1 << 7;
        const STALE = 1 << 8;
        const SKIP_MONITOR = 1 << 9;
        const SKIP_SLOWLOG = 1 << 10;
        const ASKING = 1 << 11;
        const FAST = 1 << 12;
        const NO_AUTH = 1 << 13;
        const MAY_REPLICATE = 1 << 14;
        const NO_ASYNC_LOADING = 1 << 15;
        const NO_MULTI = 1 << 16;
        const MOVABLE_KEYS = 1 << 17;
        const ALLOW_BUSY = 1 << 18;
        const NO_MANDATORY_KEYS = 1 << 19;
        const PROTECTED = 1 << 20;
        const TOUCHES_ARBITRARY_KEYS = 1 << 21;
        /// A container whose subcommands do the work.
        const CONTAINER = 1 << 22;
    }
}

impl Flags {
    /// The flags' names as COMMAND prints them, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: &[(Flags, &str)] = &[
            (Flags::WRITE, "write"),
            (Flags::READONLY, "readonly"),
            (Flags::DENYOOM, "denyoom"),
            (Flags::ADMIN, "admin"),
            (Flags::PUBSUB, "pubsub"),
            (Flags::NOSCRIPT, "noscript"),
            (Flags::BLOCKING, "blocking"),
            (Flags::LOADING, "loading"),
            (Flags::STALE, "stale"),
            (Flags::SKIP_MONITOR, "skip_monitor"),
            (Flags::SKIP_SLOWLOG, "skip_slowlog"),
            (Flags::ASKING, "asking"),
            (Flags::FAST, "fast"),
            (Flags::NO_AUTH, "no_auth"),
            (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
            (Flags::NO_ASYNC_LOADING, "no_async_loading"),
            (Flags::NO_MULTI, "no_multi"),
            (Flags::MOVABLE_KEYS, "movablekeys"),
            (Flags::ALLOW_BUSY, "allow_busy"),
        ];
        NAMES
            .iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| *name)
    }
}

bitflags! {
    /// ACL categories (ACL CAT) that a command is put in by name; others follow from its flags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Acl: u32 {
        const KEYSPACE = 1;
        const READ = 1 << 1;
        const WRITE = 1 << 2;
        const SET = 1 << 3;
        const SORTEDSET = 1 << 4;
        const LIST = 1 << 5;
        const HASH = 1 << 6;
        const STRING = 1 << 7;
        const BITMAP = 1 << 8;
        const HYPERLOGLOG = 1 << 9;
        const GEO = 1 << 10;
        const STREAM = 1 << 11;
        const PUBSUB = 1 << 12;
        const ADMIN = 1 << 13;
        const FAST = 1 << 14;
        const SLOW = 1 << 15;
        const BLOCKING = 1 << 16;
        const DANGEROUS = 1 << 17;
        const CONNECTION = 1 << 18;
        const TRANSACTION = 1 << 19;
        const SCRIPTING = 1 << 20;
    }
}

impl Acl {
    /// Names in Redis's order of ACL CAT.
    pub const NAMES: &'static [(Acl, &'static str)] = &[
        (Acl::KEYSPACE, "keyspace"),
        (Acl::READ, "read"),
        (Acl::WRITE, "write"),
        (Acl::SET, "set"),
        (Acl::SORTEDSET, "sortedset"),
        (Acl::LIST, "list"),
        (Acl::HASH, "hash"),
        (Acl::STRING, "string"),
        (Acl::BITMAP, "bitmap"),
        (Acl::HYPERLOGLOG, "hyperloglog"),
        (Acl::GEO, "geo"),
        (Acl::STREAM, "stream"),
        (Acl::PUBSUB, "pubsub"),
        (Acl::ADMIN, "admin"),
        (Acl::FAST, "fast"),
        (Acl::SLOW, "slow"),
        (Acl::BLOCKING, "blocking"),
        (Acl::DANGEROUS, "dangerous"),
        (Acl::CONNECTION, "connection"),
        (Acl::TRANSACTION, "transaction"),
        (Acl::SCRIPTING, "scripting"),
    ];

    /// The categories that Redis adds by a command's flags (`setImplicitACLCategories`).
    #[must_use]
    pub fn with_implicit(self, flags: Flags) -> Self {
        let mut all = self;
        if flags.contains(Flags::WRITE) {
            all |= Self::WRITE;
        }
        if flags.contains(Flags::READONLY) && !self.contains(Self::SCRIPTING) {
            all |= Self::READ;
        }
        if flags.contains(Flags::ADMIN) {
            all |= Self::ADMIN | Self::DANGEROUS;
        }
        if flags.contains(Flags::PUBSUB) {
            all |= Self::PUBSUB;
        }
        if flags.contains(Flags::FAST) {
            all |= Self::FAST;
        }
        if flags.contains(Flags::BLOCKING) {
            all |= Self::BLOCKING;
        }
        if !all.contains(Self::FAST) {
            all |= Self::SLOW;
        }
        all
    }
}

/// The group of a command in COMMAND DOCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Stream,
    Bitmap,
    HyperLogLog,
    Geo,
    PubSub,
    Scripting,
    Transactions,
    Connection,
    Server,
    Cluster,
}

impl Group {
    /// The name as COMMAND DOCS prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Hash => "hash",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
            Group::HyperLogLog => "hyperloglog",
            Group::Geo => "geo",
            Group::PubSub => "pubsub",
            Group::Scripting => "scripting",
            Group::Transactions => "transactions",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Cluster => "cluster",
        }
    }
}

bitflags! {
    /// What a command does with a key (COMMAND, key specifications).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct KeyFlags: u32 {
        const RO = 1;
        const RW = 1 << 1;
        const OW = 1 << 2;
        const RM = 1 << 3;
        const ACCESS = 1 << 4;
        const UPDATE = 1 << 5;
        const INSERT = 1 << 6;
        const DELETE = 1 << 7;
        const NOT_KEY = 1 << 8;
        const INCOMPLETE = 1 << 9;
        const VARIABLE_FLAGS = 1 << 10;
    }
}

impl KeyFlags {
    /// Names as COMMAND prints them.
    pub const NAMES: &'static [(KeyFlags, &'static str)] = &[
        (KeyFlags::RO, "RO"),
        (KeyFlags::RW, "RW"),
        (KeyFlags::OW, "OW"),
        (KeyFlags::RM, "RM"),
        (KeyFlags::ACCESS, "access"),
        (KeyFlags::UPDATE, "update"),
        (KeyFlags::INSERT, "insert"),
        (KeyFlags::DELETE, "delete"),
        (KeyFlags::NOT_KEY, "not_key"),
        (KeyFlags::INCOMPLETE, "incomplete"),
        (KeyFlags::VARIABLE_FLAGS, "variable_flags"),
    ];
}

/// Where the search for keys begins.
#[derive(Debug, Clone, Copy)]
pub enum Begin {
    /// At this argument; the command's name is argument 0.
    Index(i32),
    /// After this word, searched from this argument on (from the end if negative).
    Keyword(&'static str, i32),
    Unknown,
}

/// Which arguments from there on are keys.
#[derive(Debug, Clone, Copy)]
pub enum Find {
    /// Up to `last` (relative to the first key; negative: from the end of the arguments), every `step`-th; of the
    /// rest only the first `1/limit` if `limit` > 1.
    Range {
        last: i32,
        step: i32,
        limit: i32,
    },
    /// As many as the argument at `count` (relative) says, beginning at `first` (relative).
    KeyNum {
        count: i32,
        first: i32,
        step: i32,
    },
    Unknown,
}

/// One key specification.
#[derive(Debug, Clone, Copy)]
pub struct KeySpec {
    pub flags: KeyFlags,
    pub begin: Begin,
    pub find: Find,
}

impl KeySpec {
    /// One key at argument `index`.
    #[must_use]
    pub const fn at(index: i32, flags: KeyFlags) -> Self {
        Self {
            flags,
            begin: Begin::Index(index),
            find: Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
        }
    }

    /// Keys from argument `index` to `last` (relative to the first; negative from the end), every `step`-th.
    #[must_use]
    pub const fn range(index: i32, last: i32, step: i32, flags: KeyFlags) -> Self {
        Self {
            flags,
            begin: Begin::Index(index),
            find: Find::Range {
                last,
                step,
                limit: 0,
            },
        }
    }

    /// A count at argument `index`, followed by that many keys.
    #[must_use]
    pub const fn counted(index: i32, flags: KeyFlags) -> Self {
        Self {
            flags,
            begin: Begin::Index(index),
            find: Find::KeyNum {
                count: 0,
                first: 1,
                step: 1,
            },
        }
    }
}

/// Which slots a command needs before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Those of its keys.
    Keys,
    /// None; it may visit slots one at a time (SCAN, KEYS, DBSIZE). In a transaction it is wide.
    Visits,
    /// The wide token, then what it finds that it needs.
    Wide,
    /// All slots.
    All,
    /// EXEC: what the queued commands need, and the watched keys.
    Exec,
}

/// A handler: writes its reply to `cx.out`, or returns the error to be written in its place. `args[0]` is the name.
pub type Handler = fn(&mut Cx<'_>, &[&[u8]]) -> Outcome;

/// What is said of a command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// In lower case; of a subcommand its own name only.
    pub name: &'static str,
    /// Number of arguments with the name; at least that many if negative.
    pub arity: i32,
    pub flags: Flags,
    /// Categories beyond those that follow from the flags.
    pub acl: Acl,
    pub keys: &'static [KeySpec],
    pub plan: Plan,
    pub group: Group,
    /// The Redis version that brought it.
    pub since: &'static str,
    pub complexity: &'static str,
    pub summary: &'static str,
    /// The arguments, as the command's page in Redis's documentation writes them.
    pub syntax: &'static str,
    pub subcommands: &'static [Command],
    /// Whether a managed cache refuses it (ElastiCache, "Restricted commands").
    pub restricted: bool,
    pub run: Handler,
}

impl Command {
    /// What most commands share, to be completed with `..Command::BASE`.
    pub const BASE: Command = Command {
        name: "",
        arity: 1,
        flags: Flags::empty(),
        acl: Acl::empty(),
        keys: &[],
        plan: Plan::Keys,
        group: Group::Generic,
        since: "1.0.0",
        complexity: "O(1)",
        summary: "",
        syntax: "",
        subcommands: &[],
        restricted: false,
        run: container,
    };

    /// Whether `count` arguments, the name included, are a right number.
    #[inline]
    #[must_use]
    pub fn takes(&self, count: usize) -> bool {
        if self.arity >= 0 {
            count == self.arity as usize
        } else {
            count >= self.arity.unsigned_abs() as usize
        }
    }

    /// All ACL categories.
    #[must_use]
    pub fn categories(&self) -> Acl {
        self.acl.with_implicit(self.flags)
    }
}

/// The handler of a container: the table resolves subcommands before it comes to this.
fn container(_: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    Err(crate::Error::subcommand(
        &String::from_utf8_lossy(args[0]),
        args.get(1).copied().unwrap_or(b""),
    ))
}

/// Positions of the keys among `args`, by the specifications; an impossible count gives none.
pub fn key_positions(specs: &[KeySpec], args: &[&[u8]], mut each: impl FnMut(usize, KeyFlags)) {
    for spec in specs {
        let Some(first) = begin(spec.begin, args) else {
            continue;
        };
        match spec.find {
            Find::Range { last, step, limit } => {
                let end = if last >= 0 {
                    first as i64 + i64::from(last)
                } else if limit > 1 {
                    first as i64 + (args.len() as i64 - first as i64) / i64::from(limit) - 1
                } else {
                    args.len() as i64 + i64::from(last)
                };
                let mut at = first;
                while (at as i64) <= end && at < args.len() {
                    each(at, spec.flags);
                    at += step.max(1) as usize;
                }
            }
            Find::KeyNum {
                count,
                first: offset,
                step,
            } => {
                let count = args
                    .get(first + count as usize)
                    .and_then(|n| proto_resp::num::parse_i64(n));
                let Some(count) = count.filter(|n| *n > 0 && *n <= args.len() as i64) else {
                    continue;
                };
                let from = first + offset as usize;
                for n in 0..count as usize {
                    let at = from + n * step.max(1) as usize;
                    if at < args.len() {
                        each(at, spec.flags);
                    }
                }
            }
            Find::Unknown => {}
        }
    }
}

/// Index of the first key of XREAD and XREADGROUP: behind STREAMS where that is an option and not what another
/// option is given, such as a consumer's name.
fn first_stream(args: &[&[u8]]) -> Option<usize> {
    let mut at = 1;
    loop {
        let word = *args.get(at)?;
        let is = |option: &str| word.eq_ignore_ascii_case(option.as_bytes());
        at += 1;
        if is("STREAMS") {
            return Some(at).filter(|at| *at < args.len());
        }
        if is("GROUP") {
            at += 2;
        } else if is("BLOCK") || is("COUNT") || is("CLAIM") {
            at += 1;
        }
    }
}

fn begin(begin: Begin, args: &[&[u8]]) -> Option<usize> {
    match begin {
        Begin::Keyword("STREAMS", _) => first_stream(args),
        Begin::Index(index) => Some(index as usize).filter(|i| *i < args.len()),
        Begin::Keyword(word, from) => {
            let is_it = |i: &usize| args[*i].eq_ignore_ascii_case(word.as_bytes());
            let found = if from >= 0 {
                (from as usize..args.len()).find(is_it)
            } else {
                let from = args.len().checked_sub(from.unsigned_abs() as usize)?;
                (1..=from).rev().find(is_it)
            };
            found.map(|i| i + 1).filter(|i| *i < args.len())
        }
        Begin::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(specs: &[KeySpec], line: &str) -> Vec<usize> {
        let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let mut all = Vec::new();
        key_positions(specs, &args, |at, _| all.push(at));
        all
    }

    #[test]
    fn a_consumer_may_be_called_streams() {
        let streams = KeySpec {
            flags: KeyFlags::RO,
            begin: Begin::Keyword("STREAMS", 4),
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 2,
            },
        };
        for (line, expected) in [
            ("xreadgroup GROUP g STREAMS STREAMS s t > >", &[5, 6][..]),
            (
                "xreadgroup COUNT 1 GROUP streams STREAMS NOACK streams s >",
                &[8],
            ),
            ("xread BLOCK streams streams s $", &[4]),
            ("xread streams", &[]),
            ("xread group", &[]),
        ] {
            assert_eq!(positions(&[streams], line), expected, "{line}");
        }
    }

    #[test]
    fn keys_are_found_by_their_specifications() {
        let ro = KeyFlags::RO;
        assert_eq!(positions(&[KeySpec::at(1, ro)], "get a"), [1]);
        assert_eq!(
            positions(&[KeySpec::range(1, -1, 2, ro)], "mset a 1 b 2"),
            [1, 3]
        );
        assert_eq!(
            positions(&[KeySpec::range(1, -2, 1, ro)], "blpop a b 0"),
            [1, 2]
        );
        let union = [KeySpec::at(1, ro), KeySpec::counted(2, ro)];
        assert_eq!(
            positions(&union, "zunionstore d 2 a b weights 1 2"),
            [1, 3, 4]
        );
        assert_eq!(positions(&union, "zunionstore d 99 a b"), [1]);
        let streams = KeySpec {
            flags: ro,
            begin: Begin::Keyword("STREAMS", 1),
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 2,
            },
        };
        assert_eq!(
            positions(&[streams], "xread count 1 streams a b 0 0"),
            [4, 5]
        );
    }
}
