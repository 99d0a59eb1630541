//! The table: one entry a parameter, and one constant that names it.
//!
//! Names, limits and defaults are those of Redis 7.2; what is ours stands at the end.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::checks;
use crate::choices::{self, Choice, Named};
use crate::kind::{Check, Flags, Kind, Param};

/// Which parameter: an index into [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(crate) u16);

impl Id {
    /// Its entry.
    #[must_use]
    pub fn param(self) -> &'static Param {
        &TABLE[usize::from(self.0)]
    }

    /// Its directive.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.param().name
    }

    /// Every parameter, in the table's order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(|index| Self(index as u16))
    }
}

/// The parameter a directive or alias of any case names, with the name it goes by in lower case.
#[must_use]
pub fn lookup(name: &[u8]) -> Option<(Id, &'static str)> {
    static BY_NAME: LazyLock<HashMap<&'static str, (Id, &'static str)>> = LazyLock::new(|| {
        let named = |id: Id| {
            let entry = id.param();
            std::iter::once(entry.name)
                .chain(entry.alias)
                .map(move |name| (name, (id, name)))
        };
        Id::all().flat_map(named).collect()
    });
    let lower = name.to_ascii_lowercase();
    BY_NAME.get(std::str::from_utf8(&lower).ok()?).copied()
}

const I32_MAX: i64 = i32::MAX as i64;
const MB: u64 = 1 << 20;
const I64_MAX: u64 = i64::MAX as u64;
const YES_NO: Kind = Kind::Bool { refused: None };
const STRING: Kind = Kind::Text(checks::any);

const fn int(min: i64, max: i64) -> Kind {
    Kind::Int { min, max }
}
const fn upto(max: i64) -> Kind {
    Kind::Int { min: 0, max }
}
const fn memory(min: u64, max: u64) -> Kind {
    Kind::Memory { min, max }
}
const fn word<T: Named>() -> Kind {
    Kind::Choice(T::CHOICES)
}
const fn text(check: Check) -> Kind {
    Kind::Text(check)
}
const OPTIONS_OF_SHUTDOWN: &[Choice] = choices::shutdown::CHOICES;
const NO_DEFRAG: Kind = Kind::Bool {
    refused: Some(
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution",
    ),
};

const ANY: Flags = Flags::empty();
const FIXED: Flags = Flags::IMMUTABLE;
const HIDDEN: Flags = Flags::HIDDEN;
const MULTI: Flags = Flags::MULTI;
/// A string that isn't set while it is empty.
const UNSET: Flags = Flags::UNSET_IF_EMPTY;
const FIXED_UNSET: Flags = Flags::IMMUTABLE.union(Flags::UNSET_IF_EMPTY);
/// A file that may have been replaced under its name.
const FILE: Flags = Flags::VOLATILE.union(Flags::UNSET_IF_EMPTY);
const CREDENTIAL: Flags = Flags::SENSITIVE.union(Flags::UNSET_IF_EMPTY);

macro_rules! table {
    ($($id:ident $name:literal $(/ $alias:literal)? : $kind:expr => $default:literal, $flags:expr, $summary:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u16)]
        enum Index { $($id,)* }

        $(
            #[doc = concat!("`", $name, "`: ", $summary)]
            pub const $id: Id = Id(Index::$id as u16);
        )*

        /// Every parameter, related ones together.
        pub static TABLE: &[Param] = &[$(
            Param {
                name: $name,
                alias: table!(@alias $($alias)?),
                kind: $kind,
                default: $default,
                flags: $flags,
                summary: $summary,
            },
        )*];
    };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
}

table! {
    // Network.
    BIND "bind": Kind::Bind => "* -::*", MULTI, "Addresses to listen on; one behind a minus sign may be missing.";
    BIND_SOURCE_ADDR "bind-source-addr": STRING => "", UNSET, "Local address of outgoing connections.";
    PORT "port": upto(65535) => "6379", ANY, "TCP port of the Redis protocol; 0 means none.";
    TCP_BACKLOG "tcp-backlog": upto(I32_MAX) => "511", FIXED, "Connections the kernel may hold that are not yet accepted.";
    TCP_KEEPALIVE "tcp-keepalive": upto(I32_MAX) => "300", ANY, "Seconds of silence before TCP probes an idle client; 0 means never.";
    TIMEOUT "timeout": upto(I32_MAX) => "0", ANY, "Seconds after which an idle client is disconnected; 0 means never.";
    UNIXSOCKET "unixsocket": STRING => "", FIXED_UNSET, "Path of a Unix socket to listen on.";
    UNIXSOCKETPERM "unixsocketperm": Kind::Octal { max: 0o777 } => "0", FIXED, "Mode of the Unix socket's file, octal.";
    SOCKET_MARK_ID "socket-mark-id": upto(u32::MAX as i64) => "0", FIXED, "Mark put on the sockets for the packet filter; 0 means none.";
    PROTECTED_MODE "protected-mode": YES_NO => "yes", ANY, "Refuses clients of other hosts while no password is set.";
    MAXCLIENTS "maxclients": int(1, u32::MAX as i64) => "10000", ANY, "Clients connected at once.";

    // TLS.
    TLS_PORT "tls-port": upto(65535) => "0", ANY, "TCP port for TLS connections; 0 means none.";
    TLS_CERT_FILE "tls-cert-file": STRING => "", FILE, "The node's certificate, PEM.";
    TLS_KEY_FILE "tls-key-file": STRING => "", FILE, "The private key to the node's certificate, PEM.";
    TLS_KEY_FILE_PASS "tls-key-file-pass": STRING => "", UNSET, "Passphrase of the private key.";
    TLS_CLIENT_CERT_FILE "tls-client-cert-file": STRING => "", FILE, "Certificate for outgoing connections, if it is another one.";
    TLS_CLIENT_KEY_FILE "tls-client-key-file": STRING => "", FILE, "Private key for outgoing connections, if it is another one.";
    TLS_CLIENT_KEY_FILE_PASS "tls-client-key-file-pass": STRING => "", UNSET, "Passphrase of the private key for outgoing connections.";
    TLS_DH_PARAMS_FILE "tls-dh-params-file": STRING => "", FILE, "Diffie-Hellman parameters for old clients.";
    TLS_CA_CERT_FILE "tls-ca-cert-file": STRING => "", FILE, "Certificates of the authorities that are trusted, one file.";
    TLS_CA_CERT_DIR "tls-ca-cert-dir": STRING => "", FILE, "Certificates of the authorities that are trusted, a directory.";
    TLS_AUTH_CLIENTS "tls-auth-clients": word::<choices::TlsAuthClients>() => "yes", ANY, "Whether clients must show a certificate.";
    TLS_REPLICATION "tls-replication": YES_NO => "no", ANY, "Uses TLS towards the primary.";
    TLS_CLUSTER "tls-cluster": YES_NO => "no", ANY, "Uses TLS between the nodes of a cluster.";
    TLS_PROTOCOLS "tls-protocols": STRING => "", UNSET, "TLS versions that are spoken, separated by spaces.";
    TLS_CIPHERS "tls-ciphers": STRING => "", UNSET, "Ciphers for TLS 1.2 and older.";
    TLS_CIPHERSUITES "tls-ciphersuites": STRING => "", UNSET, "Cipher suites for TLS 1.3.";
    TLS_PREFER_SERVER_CIPHERS "tls-prefer-server-ciphers": YES_NO => "no", ANY, "Lets the node's order of ciphers decide.";
    TLS_SESSION_CACHING "tls-session-caching": YES_NO => "yes", ANY, "Lets clients resume TLS sessions.";
    TLS_SESSION_CACHE_SIZE "tls-session-cache-size": upto(I32_MAX) => "20480", ANY, "TLS sessions kept for resumption.";
    TLS_SESSION_CACHE_TIMEOUT "tls-session-cache-timeout": upto(I32_MAX) => "300", ANY, "Seconds a TLS session may be resumed.";

    // The process.
    DAEMONIZE "daemonize": YES_NO => "no", FIXED, "Runs in the background.";
    SUPERVISED "supervised": word::<choices::Supervised>() => "no", FIXED, "Which service manager is told when the node is ready.";
    PIDFILE "pidfile": STRING => "", FIXED_UNSET, "File the process id is written to.";
    LOGLEVEL "loglevel": word::<choices::LogLevel>() => "notice", ANY, "How much is logged.";
    LOGFILE "logfile": STRING => "", FIXED, "Log file; empty means standard output.";
    SYSLOG_ENABLED "syslog-enabled": YES_NO => "no", FIXED, "Logs to syslog.";
    SYSLOG_IDENT "syslog-ident": STRING => "redis", FIXED, "Name in the syslog.";
    SYSLOG_FACILITY "syslog-facility": word::<choices::SyslogFacility>() => "local0", FIXED, "Facility in the syslog.";
    CRASH_LOG_ENABLED "crash-log-enabled": YES_NO => "yes", ANY, "Logs registers and stacks when the process crashes.";
    CRASH_MEMCHECK_ENABLED "crash-memcheck-enabled": YES_NO => "yes", ANY, "Tests the memory when the process crashes.";
    USE_EXIT_ON_PANIC "use-exit-on-panic": YES_NO => "no", HIDDEN, "Exits instead of aborting on an internal error.";
    WATCHDOG_PERIOD "watchdog-period": upto(I32_MAX) => "0", HIDDEN, "Milliseconds after which a stuck loop is logged; 0 means never.";
    DATABASES "databases": int(1, I32_MAX) => "16", FIXED, "Number of databases.";
    ALWAYS_SHOW_LOGO "always-show-logo": YES_NO => "no", FIXED, "Shows the logo at start even when logging to a file.";
    SET_PROC_TITLE "set-proc-title": YES_NO => "yes", FIXED, "Changes the title of the process.";
    PROC_TITLE_TEMPLATE "proc-title-template": text(checks::title_template) => "{title} {listen-addr} {server-mode}", ANY, "The title of the process.";
    LOCALE_COLLATE "locale-collate": text(checks::locale) => "", ANY, "Locale strings are ordered by.";
    DISABLE_THP "disable-thp": YES_NO => "yes", FIXED, "Turns transparent huge pages off for the process.";
    OOM_SCORE_ADJ "oom-score-adj": word::<choices::OomScoreAdj>() => "no", ANY, "Whether the kernel's out-of-memory score is set.";
    OOM_SCORE_ADJ_VALUES "oom-score-adj-values": Kind::OomScoreAdjValues => "0 200 800", MULTI, "Out-of-memory scores of a primary, a replica and a background child.";
    IGNORE_WARNINGS "ignore-warnings": STRING => "", ANY, "Warnings about the host that are not to stop the start.";
    SERVER_CPULIST "server_cpulist" / "server-cpulist": STRING => "", FIXED_UNSET, "Processors of the I/O threads.";
    BIO_CPULIST "bio_cpulist" / "bio-cpulist": STRING => "", FIXED_UNSET, "Processors of the background threads.";
    AOF_REWRITE_CPULIST "aof_rewrite_cpulist" / "aof-rewrite-cpulist": STRING => "", FIXED_UNSET, "Processors of the append-only file's rewrite.";
    BGSAVE_CPULIST "bgsave_cpulist" / "bgsave-cpulist": STRING => "", FIXED_UNSET, "Processors of background saving.";
    SHUTDOWN_TIMEOUT "shutdown-timeout": upto(I32_MAX) => "10", ANY, "Seconds a shutdown waits for replicas that lag.";
    SHUTDOWN_ON_SIGINT "shutdown-on-sigint": Kind::Options(OPTIONS_OF_SHUTDOWN) => "default", MULTI, "How SIGINT shuts the node down.";
    SHUTDOWN_ON_SIGTERM "shutdown-on-sigterm": Kind::Options(OPTIONS_OF_SHUTDOWN) => "default", MULTI, "How SIGTERM shuts the node down.";
    IO_THREADS "io-threads": int(1, 128) => "1", FIXED, "I/O threads, each running an event loop and its sessions' commands.";
    IO_THREADS_DO_READS "io-threads-do-reads": YES_NO => "no", FIXED, "Without effect: I/O threads always read.";
    HZ "hz": Kind::Hz => "10", ANY, "Rounds of background work a second.";
    DYNAMIC_HZ "dynamic-hz": YES_NO => "yes", ANY, "Raises hz with the number of clients.";

    // Snapshots.
    SAVE "save": Kind::Save => "3600 1 300 100 60 10000", MULTI, "When to save: pairs of seconds and changes.";
    STOP_WRITES_ON_BGSAVE_ERROR "stop-writes-on-bgsave-error": YES_NO => "yes", ANY, "Refuses writes while saving fails.";
    RDBCOMPRESSION "rdbcompression": YES_NO => "yes", ANY, "Compresses strings in RDB files.";
    RDBCHECKSUM "rdbchecksum": YES_NO => "yes", FIXED, "Ends RDB files with a checksum.";
    SANITIZE_DUMP_PAYLOAD "sanitize-dump-payload": word::<choices::SanitizeDumpPayload>() => "no", ANY, "Whose serialised values are checked in depth.";
    DBFILENAME "dbfilename": text(checks::db_filename) => "dump.rdb", Flags::PROTECTED, "Name of the RDB file.";
    DIR "dir": STRING => "", Flags::PROTECTED.union(Flags::DENY_LOADING), "The working directory, where files are kept.";
    RDB_DEL_SYNC_FILES "rdb-del-sync-files": YES_NO => "no", ANY, "Deletes RDB files that were made for replication alone.";
    RDB_SAVE_INCREMENTAL_FSYNC "rdb-save-incremental-fsync": YES_NO => "yes", ANY, "Syncs RDB files while they are written.";
    RDB_KEY_SAVE_DELAY "rdb-key-save-delay": int(i32::MIN as i64, I32_MAX) => "0", HIDDEN, "Microseconds of pause after each saved key, for tests.";
    KEY_LOAD_DELAY "key-load-delay": int(i32::MIN as i64, I32_MAX) => "0", HIDDEN, "Microseconds of pause after each loaded key, for tests.";
    LOADING_PROCESS_EVENTS_INTERVAL_BYTES "loading-process-events-interval-bytes": int(1024, I32_MAX) => "2097152", HIDDEN, "Bytes loaded between two rounds of serving clients.";

    // Append-only file.
    APPENDONLY "appendonly": YES_NO => "no", Flags::DENY_LOADING, "Keeps an append-only file.";
    APPENDFILENAME "appendfilename": text(checks::append_filename) => "appendonly.aof", FIXED, "First part of the append-only files' names.";
    APPENDDIRNAME "appenddirname": text(checks::append_dirname) => "appendonlydir", FIXED, "Directory of the append-only files.";
    APPENDFSYNC "appendfsync": word::<choices::AppendFsync>() => "everysec", ANY, "When the append-only file is synced to disk.";
    NO_APPENDFSYNC_ON_REWRITE "no-appendfsync-on-rewrite": YES_NO => "no", ANY, "Does not sync the append-only file while another file is written.";
    AUTO_AOF_REWRITE_PERCENTAGE "auto-aof-rewrite-percentage": upto(I32_MAX) => "100", ANY, "Growth in percent after which the append-only file is rewritten; 0 means never.";
    AUTO_AOF_REWRITE_MIN_SIZE "auto-aof-rewrite-min-size": memory(0, I64_MAX) => "64mb", ANY, "Size below which the append-only file is not rewritten.";
    AOF_LOAD_TRUNCATED "aof-load-truncated": YES_NO => "yes", ANY, "Loads an append-only file whose end is missing.";
    AOF_USE_RDB_PREAMBLE "aof-use-rdb-preamble": YES_NO => "yes", ANY, "Writes the base of the append-only file as RDB.";
    AOF_TIMESTAMP_ENABLED "aof-timestamp-enabled": YES_NO => "no", ANY, "Notes the time in the append-only file.";
    AOF_REWRITE_INCREMENTAL_FSYNC "aof-rewrite-incremental-fsync": YES_NO => "yes", ANY, "Syncs the new base while it is written.";
    AOF_DISABLE_AUTO_GC "aof-disable-auto-gc": YES_NO => "no", HIDDEN, "Keeps append-only files that are no longer needed.";

    // Replication.
    REPLICAOF "replicaof" / "slaveof": Kind::ReplicaOf => "no one", Flags::IMMUTABLE.union(MULTI), "Host and port of the primary.";
    MASTERUSER "masteruser" / "primaryuser": STRING => "", CREDENTIAL, "User the node logs in as at its primary.";
    MASTERAUTH "masterauth" / "primaryauth": STRING => "", CREDENTIAL, "Password the node logs in with at its primary.";
    REPLICA_SERVE_STALE_DATA "replica-serve-stale-data" / "slave-serve-stale-data": YES_NO => "yes", ANY, "Answers reads while the link to the primary is down.";
    REPLICA_READ_ONLY "replica-read-only" / "slave-read-only": YES_NO => "yes", ANY, "Refuses writes on a replica.";
    REPLICA_PRIORITY "replica-priority" / "slave-priority": upto(I32_MAX) => "100", ANY, "The lower, the sooner it is promoted; 0 means never.";
    REPLICA_ANNOUNCED "replica-announced": YES_NO => "yes", ANY, "Shows the replica to Sentinel.";
    REPLICA_ANNOUNCE_IP "replica-announce-ip" / "slave-announce-ip": STRING => "", UNSET, "Address the replica gives of itself.";
    REPLICA_ANNOUNCE_PORT "replica-announce-port" / "slave-announce-port": upto(65535) => "0", ANY, "Port the replica gives of itself; 0 means its own.";
    REPLICA_IGNORE_MAXMEMORY "replica-ignore-maxmemory" / "slave-ignore-maxmemory": YES_NO => "yes", ANY, "Leaves eviction to the primary.";
    REPLICA_LAZY_FLUSH "replica-lazy-flush" / "slave-lazy-flush": YES_NO => "no", ANY, "Frees the old data of a full synchronisation in the background.";
    REPLICA_IGNORE_DISK_WRITE_ERRORS "replica-ignore-disk-write-errors": YES_NO => "no", ANY, "Goes on when a replica cannot write its files.";
    REPL_DISKLESS_SYNC "repl-diskless-sync": YES_NO => "yes", ANY, "Sends a full synchronisation straight to the socket.";
    REPL_DISKLESS_SYNC_DELAY "repl-diskless-sync-delay": upto(I32_MAX) => "5", ANY, "Seconds to wait for more replicas before a full synchronisation.";
    REPL_DISKLESS_SYNC_MAX_REPLICAS "repl-diskless-sync-max-replicas": upto(I32_MAX) => "0", ANY, "Replicas waiting that end the delay; 0 means it is waited out.";
    REPL_DISKLESS_LOAD "repl-diskless-load": word::<choices::ReplDisklessLoad>() => "disabled", Flags::DENY_LOADING, "Whether a full synchronisation is loaded straight from the socket.";
    REPL_PING_REPLICA_PERIOD "repl-ping-replica-period" / "repl-ping-slave-period": int(1, I32_MAX) => "10", ANY, "Seconds between the primary's pings.";
    REPL_TIMEOUT "repl-timeout": int(1, I32_MAX) => "60", ANY, "Seconds of silence after which a replication link is dropped.";
    REPL_DISABLE_TCP_NODELAY "repl-disable-tcp-nodelay": YES_NO => "no", ANY, "Sends fewer, larger packets to replicas.";
    REPL_BACKLOG_SIZE "repl-backlog-size": memory(1, I64_MAX) => "1mb", ANY, "Write stream kept for replicas that come back.";
    REPL_BACKLOG_TTL "repl-backlog-ttl": upto(i64::MAX) => "3600", ANY, "Seconds the write stream is kept without a replica; 0 means for good.";
    MIN_REPLICAS_TO_WRITE "min-replicas-to-write" / "min-slaves-to-write": upto(I32_MAX) => "0", ANY, "Good replicas without which writes are refused.";
    MIN_REPLICAS_MAX_LAG "min-replicas-max-lag" / "min-slaves-max-lag": upto(I32_MAX) => "10", ANY, "Seconds of lag up to which a replica is good.";
    PROPAGATION_ERROR_BEHAVIOR "propagation-error-behavior": word::<choices::PropagationErrorBehavior>() => "ignore", ANY, "What happens when a replicated command fails.";

    // Security.
    REQUIREPASS "requirepass": STRING => "", CREDENTIAL, "Password of the default user.";
    ACLFILE "aclfile": STRING => "", FIXED, "File with the ACL users.";
    ACLLOG_MAX_LEN "acllog-max-len": upto(i64::MAX) => "128", ANY, "Entries of ACL LOG.";
    ACL_PUBSUB_DEFAULT "acl-pubsub-default": word::<choices::AclPubsubDefault>() => "resetchannels", ANY, "Channels a new user may use.";
    ENABLE_PROTECTED_CONFIGS "enable-protected-configs": word::<choices::ProtectedAction>() => "no", FIXED, "From where protected parameters may be set.";
    ENABLE_DEBUG_COMMAND "enable-debug-command": word::<choices::ProtectedAction>() => "no", FIXED, "From where DEBUG may be used.";
    ENABLE_MODULE_COMMAND "enable-module-command": word::<choices::ProtectedAction>() => "no", FIXED, "From where MODULE may be used.";

    // Memory.
    MAXMEMORY "maxmemory": memory(0, u64::MAX) => "0", ANY, "Memory above which keys are evicted or writes refused; 0 means no limit.";
    MAXMEMORY_POLICY "maxmemory-policy": word::<choices::MaxmemoryPolicy>() => "noeviction", ANY, "Which keys are evicted.";
    MAXMEMORY_SAMPLES "maxmemory-samples": int(1, I32_MAX) => "5", ANY, "Keys looked at for one eviction.";
    MAXMEMORY_EVICTION_TENACITY "maxmemory-eviction-tenacity": upto(100) => "10", ANY, "Effort of eviction, from 0 (little latency) to 100 (no limit).";
    MAXMEMORY_CLIENTS "maxmemory-clients": Kind::MemoryOrPercent => "0", ANY, "Memory of all clients above which the largest are disconnected; 0 means no limit.";
    LFU_LOG_FACTOR "lfu-log-factor": upto(I32_MAX) => "10", ANY, "How slowly the access counter saturates.";
    LFU_DECAY_TIME "lfu-decay-time": upto(I32_MAX) => "1", ANY, "Minutes after which the access counter is lowered by one.";
    ACTIVE_EXPIRE_EFFORT "active-expire-effort": int(1, 10) => "1", ANY, "Effort of removing expired keys that nobody asks for.";
    ACTIVEREHASHING "activerehashing": YES_NO => "yes", ANY, "Without effect: tables are small and grow at once.";
    LAZYFREE_LAZY_EVICTION "lazyfree-lazy-eviction": YES_NO => "no", ANY, "Frees evicted values in the background.";
    LAZYFREE_LAZY_EXPIRE "lazyfree-lazy-expire": YES_NO => "no", ANY, "Frees expired values in the background.";
    LAZYFREE_LAZY_SERVER_DEL "lazyfree-lazy-server-del": YES_NO => "no", ANY, "Frees overwritten values in the background.";
    LAZYFREE_LAZY_USER_DEL "lazyfree-lazy-user-del": YES_NO => "no", ANY, "Lets DEL free values in the background, as UNLINK does.";
    LAZYFREE_LAZY_USER_FLUSH "lazyfree-lazy-user-flush": YES_NO => "no", ANY, "Lets FLUSHALL and FLUSHDB free values in the background.";
    JEMALLOC_BG_THREAD "jemalloc-bg-thread": YES_NO => "yes", ANY, "Lets the allocator return memory from a thread of its own.";
    ACTIVEDEFRAG "activedefrag": NO_DEFRAG => "no", ANY, "Active defragmentation, which this engine does not have.";
    ACTIVE_DEFRAG_IGNORE_BYTES "active-defrag-ignore-bytes": memory(1, I64_MAX) => "100mb", ANY, "Without effect, as activedefrag.";
    ACTIVE_DEFRAG_THRESHOLD_LOWER "active-defrag-threshold-lower": upto(1000) => "10", ANY, "Without effect, as activedefrag.";
    ACTIVE_DEFRAG_THRESHOLD_UPPER "active-defrag-threshold-upper": upto(1000) => "100", ANY, "Without effect, as activedefrag.";
    ACTIVE_DEFRAG_CYCLE_MIN "active-defrag-cycle-min": int(1, 99) => "1", ANY, "Without effect, as activedefrag.";
    ACTIVE_DEFRAG_CYCLE_MAX "active-defrag-cycle-max": int(1, 99) => "25", ANY, "Without effect, as activedefrag.";
    ACTIVE_DEFRAG_MAX_SCAN_FIELDS "active-defrag-max-scan-fields": int(1, i64::MAX) => "1000", ANY, "Without effect, as activedefrag.";

    // Encodings of values.
    HASH_MAX_LISTPACK_ENTRIES "hash-max-listpack-entries" / "hash-max-ziplist-entries": upto(i64::MAX) => "512", ANY, "Fields up to which a hash is packed.";
    HASH_MAX_LISTPACK_VALUE "hash-max-listpack-value" / "hash-max-ziplist-value": memory(0, I64_MAX) => "64", ANY, "Bytes of a field or value up to which a hash is packed.";
    LIST_MAX_LISTPACK_SIZE "list-max-listpack-size" / "list-max-ziplist-size": int(i32::MIN as i64, I32_MAX) => "-2", ANY, "Elements a node of a list, or as a negative number its size class.";
    LIST_COMPRESS_DEPTH "list-compress-depth": upto(I32_MAX) => "0", ANY, "Nodes at each end of a list that are not compressed; 0 means no compression.";
    SET_MAX_INTSET_ENTRIES "set-max-intset-entries": upto(i64::MAX) => "512", ANY, "Members up to which a set of integers is packed.";
    SET_MAX_LISTPACK_ENTRIES "set-max-listpack-entries": upto(i64::MAX) => "128", ANY, "Members up to which a set is packed.";
    SET_MAX_LISTPACK_VALUE "set-max-listpack-value": upto(i64::MAX) => "64", ANY, "Bytes of a member up to which a set is packed.";
    ZSET_MAX_LISTPACK_ENTRIES "zset-max-listpack-entries" / "zset-max-ziplist-entries": upto(i64::MAX) => "128", ANY, "Members up to which a sorted set is packed.";
    ZSET_MAX_LISTPACK_VALUE "zset-max-listpack-value" / "zset-max-ziplist-value": memory(0, I64_MAX) => "64", ANY, "Bytes of a member up to which a sorted set is packed.";
    HLL_SPARSE_MAX_BYTES "hll-sparse-max-bytes": memory(0, I64_MAX) => "3000", ANY, "Size up to which a HyperLogLog is sparse.";
    STREAM_NODE_MAX_BYTES "stream-node-max-bytes": memory(0, I64_MAX) => "4096", ANY, "Bytes a node of a stream; 0 means no limit.";
    STREAM_NODE_MAX_ENTRIES "stream-node-max-entries": upto(i64::MAX) => "100", ANY, "Entries a node of a stream; 0 means no limit.";

    // Clients, scripts, observation.
    CLIENT_OUTPUT_BUFFER_LIMIT "client-output-buffer-limit": Kind::OutputBufferLimits => "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", MULTI, "When clients that do not read are disconnected.";
    CLIENT_QUERY_BUFFER_LIMIT "client-query-buffer-limit": memory(MB, I64_MAX) => "1gb", ANY, "Bytes of unread commands above which a client is disconnected.";
    PROTO_MAX_BULK_LEN "proto-max-bulk-len": memory(MB, I64_MAX) => "512mb", ANY, "Greatest length of one string of a command.";
    TRACKING_TABLE_MAX_KEYS "tracking-table-max-keys": upto(i64::MAX) => "1000000", ANY, "Keys tracked for client-side caches; 0 means no limit.";
    BUSY_REPLY_THRESHOLD "busy-reply-threshold" / "lua-time-limit": upto(i64::MAX) => "5000", ANY, "Milliseconds after which a script makes the node answer BUSY; 0 means never.";
    NOTIFY_KEYSPACE_EVENTS "notify-keyspace-events": Kind::Events => "", ANY, "Which keyspace events are published.";
    SLOWLOG_LOG_SLOWER_THAN "slowlog-log-slower-than" / "commandlog-execution-slower-than": int(-1, i64::MAX) => "10000", ANY, "Microseconds from which a command is slow; -1 means none is.";
    SLOWLOG_MAX_LEN "slowlog-max-len" / "commandlog-slow-execution-max-len": upto(i64::MAX) => "128", ANY, "Entries of the slow log.";
    LATENCY_MONITOR_THRESHOLD "latency-monitor-threshold": upto(i64::MAX) => "0", ANY, "Milliseconds from which an event is recorded by LATENCY; 0 means none is.";
    LATENCY_TRACKING "latency-tracking": YES_NO => "yes", ANY, "Keeps a latency histogram of every command.";
    LATENCY_TRACKING_INFO_PERCENTILES "latency-tracking-info-percentiles": Kind::Percentiles => "50 99 99.9", MULTI, "Percentiles INFO latencystats prints.";

    // Cluster.
    CLUSTER_ENABLED "cluster-enabled": YES_NO => "no", FIXED, "Runs as a node of a cluster.";
    CLUSTER_CONFIG_FILE "cluster-config-file": STRING => "nodes.conf", FIXED, "File of the cluster's state.";
    CLUSTER_NODE_TIMEOUT "cluster-node-timeout": upto(i64::MAX) => "15000", ANY, "Milliseconds after which a silent node counts as failed.";
    CLUSTER_PING_INTERVAL "cluster-ping-interval": upto(i64::MAX) => "0", HIDDEN, "Milliseconds between pings on the cluster bus.";
    CLUSTER_PORT "cluster-port": upto(65535) => "0", FIXED, "Port of the cluster bus; 0 means port + 10000.";
    CLUSTER_ANNOUNCE_IP "cluster-announce-ip": STRING => "", UNSET, "Address the node gives of itself in a cluster.";
    CLUSTER_ANNOUNCE_HOSTNAME "cluster-announce-hostname": text(checks::host_name) => "", UNSET, "Host name the node gives of itself in a cluster.";
    CLUSTER_ANNOUNCE_HUMAN_NODENAME "cluster-announce-human-nodename": text(checks::node_name) => "", UNSET, "Name of the node for people's eyes.";
    CLUSTER_ANNOUNCE_PORT "cluster-announce-port": upto(65535) => "0", ANY, "Port the node gives of itself in a cluster; 0 means its own.";
    CLUSTER_ANNOUNCE_TLS_PORT "cluster-announce-tls-port": upto(65535) => "0", ANY, "TLS port the node gives of itself in a cluster; 0 means its own.";
    CLUSTER_ANNOUNCE_BUS_PORT "cluster-announce-bus-port": upto(65535) => "0", ANY, "Bus port the node gives of itself; 0 means port + 10000.";
    CLUSTER_PREFERRED_ENDPOINT_TYPE "cluster-preferred-endpoint-type": word::<choices::ClusterPreferredEndpointType>() => "ip", ANY, "What cluster redirections name.";
    CLUSTER_REPLICA_VALIDITY_FACTOR "cluster-replica-validity-factor" / "cluster-slave-validity-factor": upto(I32_MAX) => "10", ANY, "How old a replica's data may be for a failover, in node timeouts.";
    CLUSTER_REPLICA_NO_FAILOVER "cluster-replica-no-failover" / "cluster-slave-no-failover": YES_NO => "no", ANY, "Keeps this replica from taking over by itself.";
    CLUSTER_MIGRATION_BARRIER "cluster-migration-barrier": upto(I32_MAX) => "1", ANY, "Replicas a primary keeps when one moves to an orphan.";
    CLUSTER_ALLOW_REPLICA_MIGRATION "cluster-allow-replica-migration": YES_NO => "yes", ANY, "Lets replicas move to primaries that have none.";
    CLUSTER_REQUIRE_FULL_COVERAGE "cluster-require-full-coverage": YES_NO => "yes", ANY, "Refuses commands while any slot has no node.";
    CLUSTER_ALLOW_READS_WHEN_DOWN "cluster-allow-reads-when-down": YES_NO => "no", ANY, "Answers reads while the cluster is down.";
    CLUSTER_ALLOW_PUBSUBSHARD_WHEN_DOWN "cluster-allow-pubsubshard-when-down": YES_NO => "yes", ANY, "Serves sharded channels while the cluster is down.";
    CLUSTER_LINK_SENDBUF_LIMIT "cluster-link-sendbuf-limit": memory(0, u64::MAX) => "0", ANY, "Bytes queued on a bus link above which it is dropped; 0 means no limit.";

    // What Redis 8.0 and Valkey 9.1 added; where the summary says "Without effect", only the value is kept.
    COMMANDLOG_REQUEST_LARGER_THAN "commandlog-request-larger-than": int(-1, i64::MAX) => "1048576", ANY, "Without effect: there is no COMMANDLOG yet.";
    COMMANDLOG_REPLY_LARGER_THAN "commandlog-reply-larger-than": int(-1, i64::MAX) => "1048576", ANY, "Without effect: there is no COMMANDLOG yet.";
    COMMANDLOG_LARGE_REQUEST_MAX_LEN "commandlog-large-request-max-len": upto(i64::MAX) => "128", ANY, "Without effect: there is no COMMANDLOG yet.";
    COMMANDLOG_LARGE_REPLY_MAX_LEN "commandlog-large-reply-max-len": upto(i64::MAX) => "128", ANY, "Without effect: there is no COMMANDLOG yet.";
    AVAILABILITY_ZONE "availability-zone": STRING => "", ANY, "The zone the node says it is in.";
    HIDE_USER_DATA_FROM_LOG "hide-user-data-from-log": YES_NO => "no", ANY, "Without effect: the node's log never holds users' data.";
    MAX_NEW_CONNECTIONS_PER_CYCLE "max-new-connections-per-cycle": int(1, 1000) => "10", ANY, "Without effect: each listener accepts what is there.";
    MAX_NEW_TLS_CONNECTIONS_PER_CYCLE "max-new-tls-connections-per-cycle": int(1, 1000) => "1", ANY, "Without effect: each listener accepts what is there.";
    REPLICA_FULL_SYNC_BUFFER_LIMIT "replica-full-sync-buffer-limit": memory(0, I64_MAX) => "0", ANY, "Without effect: a replica reads the stream from the primary's journal once it has loaded.";
    DUAL_CHANNEL_REPLICATION_ENABLED "dual-channel-replication-enabled": YES_NO => "no", ANY, "Without effect: the stream waits in the journal, not in a buffer a replica.";
    CLUSTER_COMPATIBILITY_SAMPLE_RATIO "cluster-compatibility-sample-ratio": upto(100) => "0", ANY, "Without effect: commands are not sampled for use with a cluster.";
    PREFETCH_BATCH_MAX_SIZE "prefetch-batch-max-size": upto(128) => "16", ANY, "Without effect: every batch is prefetched.";
    ACTIVE_DEFRAG_CYCLE_US "active-defrag-cycle-us": upto(100_000) => "500", ANY, "Without effect: memory is not defragmented.";
    EXTENDED_REDIS_COMPATIBILITY "extended-redis-compatibility": YES_NO => "no", ANY, "Without effect: `engine` decides whose dialect is spoken.";
    HASH_SEED "hash-seed": STRING => "", FIXED_UNSET, "Without effect: hash seeds are random.";
    IMPORT_MODE "import-mode": YES_NO => "no", ANY, "Without effect: keys expire whoever brings them.";
    LOG_FORMAT "log-format": word::<choices::LogFormat>() => "legacy", ANY, "Without effect: the log has one format.";
    LOG_TIMESTAMP_FORMAT "log-timestamp-format": word::<choices::LogTimestampFormat>() => "legacy", ANY, "Without effect: the log's times are RFC 3339.";
    RDB_VERSION_CHECK "rdb-version-check": word::<choices::RdbVersionCheck>() => "strict", ANY, "Without effect: what a file holds decides whether it is loaded.";
    MPTCP "mptcp": YES_NO => "no", FIXED, "Without effect: connections are plain TCP.";
    REPL_MPTCP "repl-mptcp": YES_NO => "no", FIXED, "Without effect: connections are plain TCP.";
    RDMA_BIND "rdma-bind": STRING => "", ANY, "Without effect: there is no RDMA.";
    RDMA_PORT "rdma-port": upto(65535) => "0", ANY, "Without effect: there is no RDMA.";
    RDMA_RX_SIZE "rdma-rx-size": int(65536, 16 << 20) => "1048576", FIXED, "Without effect: there is no RDMA.";
    RDMA_COMPLETION_VECTOR "rdma-completion-vector": int(-1, 1024) => "-1", FIXED, "Without effect: there is no RDMA.";
    UNIXSOCKETGROUP "unixsocketgroup": STRING => "", FIXED_UNSET, "Without effect: a Unix socket's file belongs to the process's group.";
    TLS_AUTH_CLIENTS_USER "tls-auth-clients-user": word::<choices::TlsAuthClientsUser>() => "off", ANY, "Without effect: certificates name no users.";
    TLS_AUTO_RELOAD_INTERVAL "tls-auto-reload-interval": upto(I32_MAX) => "0", ANY, "Without effect: CONFIG SET of a certificate's file reads it again.";
    CLUSTER_ANNOUNCE_CLIENT_IPV4 "cluster-announce-client-ipv4": text(checks::ipv4) => "", UNSET, "IPv4 address the node gives its clients in a cluster.";
    CLUSTER_ANNOUNCE_CLIENT_IPV6 "cluster-announce-client-ipv6": text(checks::ipv6) => "", UNSET, "IPv6 address the node gives its clients in a cluster.";
    CLUSTER_ANNOUNCE_CLIENT_PORT "cluster-announce-client-port": upto(65535) => "0", ANY, "Port the node gives its clients in a cluster; 0 means its own.";
    CLUSTER_ANNOUNCE_CLIENT_TLS_PORT "cluster-announce-client-tls-port": upto(65535) => "0", ANY, "TLS port the node gives its clients in a cluster; 0 means its own.";
    CLUSTER_BLACKLIST_TTL "cluster-blacklist-ttl": upto(i64::MAX) => "60", ANY, "Seconds a forgotten node is kept out of a cluster.";
    CLUSTER_CONFIG_SAVE_BEHAVIOR "cluster-config-save-behavior": word::<choices::ClusterConfigSaveBehavior>() => "sync", ANY, "Whether a cluster's state must be on disk before the node goes on.";
    CLUSTER_DATABASES "cluster-databases": int(1, I32_MAX) => "1", FIXED, "Number of databases in a cluster.";
    CLUSTER_MANUAL_FAILOVER_TIMEOUT "cluster-manual-failover-timeout": int(1, I32_MAX) => "5000", ANY, "Milliseconds a manual failover in a cluster may take.";
    CLUSTER_SLOT_MIGRATION_LOG_MAX_LEN "cluster-slot-migration-log-max-len": upto(i64::MAX) => "1000", ANY, "Ended migrations of slots that are remembered.";
    CLUSTER_SLOT_STATS_ENABLED "cluster-slot-stats-enabled": YES_NO => "no", ANY, "Counts traffic by slot.";
    SLOT_MIGRATION_MAX_FAILOVER_REPL_BYTES "slot-migration-max-failover-repl-bytes": memory(0, I64_MAX) => "0", ANY, "Bytes that may be outstanding when a slot changes its node.";

    // Ours.
    ENGINE "engine": word::<choices::Engine>() => "redis", FIXED, "Whose dialect the node speaks.";
    ENGINE_VERSION "engine-version": STRING => "7.2.4", FIXED, "Version the node gives of itself in INFO and HELLO.";
    SNAPSHOT_QUEUE_MAX "snapshot-queue-max": memory(0, I64_MAX) => "64mb", ANY, "Bytes that writers may hand over to a running save before they wait for it; 0 means any.";
    ADMIN_SOCKET "admin-socket": STRING => "", FIXED_UNSET, "Path of the Unix socket the control plane's agent connects to.";
    ELASTANE_NODE_ID "elastane-node-id": STRING => "", FIXED_UNSET, "Id of the node in the control plane.";
    ELASTANE_LINK_USER "elastane-link-user": STRING => "", UNSET, "Hidden user that links between managed nodes log in as.";
    ELASTANE_LINK_SECRET "elastane-link-secret": STRING => "", CREDENTIAL.union(Flags::SECRET), "Secret that links between managed nodes log in with.";
}
