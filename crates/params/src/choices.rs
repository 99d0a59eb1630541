//! The words that enumerated parameters take, as Rust types, and the bits of the two
//! parameters that are sets (keyspace events, shutdown options).

/// One word of an enumerated parameter and the number it is stored as. Two words may share a
/// number; the first is the one printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As configuration files spell it.
    pub name: &'static str,
    /// What the parameter's atomic holds.
    pub value: i64,
}

/// A Rust type that stands for the words of an enumerated parameter.
pub trait Named: Copy + 'static {
    /// The words, in the order Redis's error message lists them.
    const CHOICES: &'static [Choice];
    /// The variants, each at its own number.
    const ALL: &'static [Self];
}

macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal $(| $other:literal)*,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $variant,)* }

        impl Named for $name {
            const CHOICES: &'static [Choice] = &[$(
                Choice { name: $text, value: $name::$variant as i64 },
                $(Choice { name: $other, value: $name::$variant as i64 },)*
            )*];
            const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }
    )*};
}

choices! {
    /// What is removed when `maxmemory` is reached.
    MaxmemoryPolicy {
        VolatileLru = "volatile-lru",
        VolatileLfu = "volatile-lfu",
        VolatileRandom = "volatile-random",
        VolatileTtl = "volatile-ttl",
        AllkeysLru = "allkeys-lru",
        AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random",
        Noeviction = "noeviction",
    }
    /// How log lines look (Valkey 9.1).
    LogFormat {
        Legacy = "legacy",
        Logfmt = "logfmt",
        Json = "json",
    }
    /// How the times in the log look (Valkey 9.1).
    LogTimestampFormat {
        Legacy = "legacy",
        Iso8601 = "iso8601",
        Milliseconds = "milliseconds",
    }
    /// Whether files of unknown versions are loaded (Valkey 9.1).
    RdbVersionCheck {
        Strict = "strict",
        Relaxed = "relaxed",
    }
    /// Which field of a client's certificate names its user (Valkey 9.1).
    TlsAuthClientsUser {
        CommonName = "CN",
        Uri = "URI",
        Off = "off",
    }
    /// How a cluster's state is saved (Valkey 9.1).
    ClusterConfigSaveBehavior {
        Sync = "sync",
        BestEffort = "best-effort",
    }
    /// The syslog facility messages are sent under.
    SyslogFacility {
        User = "user",
        Local0 = "local0",
        Local1 = "local1",
        Local2 = "local2",
        Local3 = "local3",
        Local4 = "local4",
        Local5 = "local5",
        Local6 = "local6",
        Local7 = "local7",
    }
    /// How much is logged.
    LogLevel {
        Debug = "debug",
        Verbose = "verbose",
        Notice = "notice",
        Warning = "warning",
        Nothing = "nothing",
    }
    /// Which supervisor started the process.
    Supervised {
        Upstart = "upstart",
        Systemd = "systemd",
        Auto = "auto",
        No = "no",
    }
    /// When the append-only file is synced to disk.
    AppendFsync {
        Everysec = "everysec",
        Always = "always",
        No = "no",
    }
    /// What a replica does with its old data while it loads a full synchronisation from the socket.
    ReplDisklessLoad {
        Disabled = "disabled",
        OnEmptyDb = "on-empty-db",
        Swapdb = "swapdb",
    }
    /// Whether TLS clients must show a certificate.
    TlsAuthClients {
        No = "no",
        Yes = "yes",
        Optional = "optional",
    }
    /// Whether and how the kernel's out-of-memory score is set.
    OomScoreAdj {
        No = "no",
        Relative = "yes" | "relative",
        Absolute = "absolute",
    }
    /// Which channels a new ACL user may use.
    AclPubsubDefault {
        Allchannels = "allchannels",
        Resetchannels = "resetchannels",
    }
    /// Whose serialised values are checked in depth.
    SanitizeDumpPayload {
        No = "no",
        Yes = "yes",
        Clients = "clients",
    }
    /// From where a protected action is allowed.
    ProtectedAction {
        No = "no",
        Yes = "yes",
        Local = "local",
    }
    /// What cluster redirections name.
    ClusterPreferredEndpointType {
        Ip = "ip",
        Hostname = "hostname",
        UnknownEndpoint = "unknown-endpoint",
    }
    /// What a replica does when a command of its primary fails.
    PropagationErrorBehavior {
        Ignore = "ignore",
        Panic = "panic",
        PanicOnReplicas = "panic-on-replicas",
    }
    /// Whose dialect the node speaks.
    Engine {
        Redis = "redis",
        Valkey = "valkey",
    }
}

/// Bits of `notify-keyspace-events`, one a letter.
pub mod notify {
    /// `K`: publish to `__keyspace@<db>__` channels.
    pub const KEYSPACE: i64 = 1;
    /// `E`: publish to `__keyevent@<db>__` channels.
    pub const KEYEVENT: i64 = 1 << 1;
    /// `g`: DEL, EXPIRE, RENAME and other commands of no one type.
    pub const GENERIC: i64 = 1 << 2;
    /// `$`
    pub const STRING: i64 = 1 << 3;
    /// `l`
    pub const LIST: i64 = 1 << 4;
    /// `s`
    pub const SET: i64 = 1 << 5;
    /// `h`
    pub const HASH: i64 = 1 << 6;
    /// `z`
    pub const ZSET: i64 = 1 << 7;
    /// `x`: a key expired.
    pub const EXPIRED: i64 = 1 << 8;
    /// `e`: a key was evicted.
    pub const EVICTED: i64 = 1 << 9;
    /// `t`
    pub const STREAM: i64 = 1 << 10;
    /// `m`: a key was asked for and missing; not part of `A`.
    pub const KEY_MISS: i64 = 1 << 11;
    /// `d`: a module's type.
    pub const MODULE: i64 = 1 << 12;
    /// `n`: a key was created; not part of `A`.
    pub const NEW: i64 = 1 << 13;
    /// `A`: all classes but `m` and `n`.
    pub const ALL: i64 =
        GENERIC | STRING | LIST | SET | HASH | ZSET | EXPIRED | EVICTED | STREAM | MODULE;

    /// Letters and bits in the order Redis prints them.
    pub(crate) const LETTERS: &[(u8, i64)] = &[
        (b'A', ALL),
        (b'g', GENERIC),
        (b'$', STRING),
        (b'l', LIST),
        (b's', SET),
        (b'h', HASH),
        (b'z', ZSET),
        (b'x', EXPIRED),
        (b'e', EVICTED),
        (b't', STREAM),
        (b'd', MODULE),
        (b'n', NEW),
        (b'K', KEYSPACE),
        (b'E', KEYEVENT),
        (b'm', KEY_MISS),
    ];
}

/// Bits of `shutdown-on-sigint` and `shutdown-on-sigterm`; none is `default`.
pub mod shutdown {
    use super::Choice;

    /// Save even if no save point is configured.
    pub const SAVE: i64 = 1;
    /// Do not save even if save points are configured.
    pub const NOSAVE: i64 = 2;
    /// Do not wait for replicas that lag.
    pub const NOW: i64 = 4;
    /// Go down although saving failed.
    pub const FORCE: i64 = 8;

    pub(crate) const CHOICES: &[Choice] = &[
        Choice {
            name: "default",
            value: 0,
        },
        Choice {
            name: "save",
            value: SAVE,
        },
        Choice {
            name: "nosave",
            value: NOSAVE,
        },
        Choice {
            name: "now",
            value: NOW,
        },
        Choice {
            name: "force",
            value: FORCE,
        },
    ];
}
