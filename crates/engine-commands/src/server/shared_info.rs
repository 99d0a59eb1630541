//! The sections of INFO.

use super::shared_memory::{human, write_memory};
use engine_dispatch::dialect::is_valkey;
use engine_dispatch::pubsub::Scope;
use engine_dispatch::totals::CommandTotals;
use engine_dispatch::{Cx, Registered};
use engine_persist::snapshot::Taker;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One section.
pub(super) struct Section {
    /// As clients ask for it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Shown where no section is asked for.
    pub(super) default: bool,
    pub(super) write: fn(&mut Cx<'_>, &mut String),
}

const fn section(
    name: &'static str,
    title: &'static str,
    default: bool,
    write: fn(&mut Cx<'_>, &mut String),
) -> Section {
    Section {
        name,
        title,
        default,
        write,
    }
}

/// All sections in the order they are shown.
pub(super) const ALL: &[Section] = &[
    section("server", "Server", true, server),
    section("clients", "Clients", true, clients),
    section("memory", "Memory", true, write_memory),
    section("persistence", "Persistence", true, persistence),
    section("stats", "Stats", true, stats),
    section("replication", "Replication", true, replication),
    section("cpu", "CPU", true, cpu),
    section("modules", "Modules", true, |_, _| {}),
    section("commandstats", "Commandstats", false, command_stats),
    section("errorstats", "Errorstats", true, error_stats),
    section("latencystats", "Latencystats", false, latency_stats),
    section("cluster", "Cluster", true, cluster),
    section("keyspace", "Keyspace", true, keyspace),
];

/// Writes fields, one a line.
macro_rules! fields {
    ($out:expr, $($name:literal: $value:expr),* $(,)?) => {
        $(let _ = write!($out, concat!($name, ":{}\r\n"), $value);)*
    };
}
pub(super) use fields;

/// The version that Valkey gives of the Redis it is compatible with.
const COMPATIBLE_VERSION: &str = "7.2.4";

fn server(cx: &mut Cx<'_>, out: &mut String) {
    let server = cx.server;
    let process = server.process();
    let version = server.config.text(params::ENGINE_VERSION);
    if is_valkey(server) {
        fields!(out, "redis_version": COMPATIBLE_VERSION, "valkey_version": version);
    } else {
        fields!(out, "redis_version": version);
    }
    let mode = if server.config.flag(params::CLUSTER_ENABLED) {
        "cluster"
    } else {
        "standalone"
    };
    let seconds = ((cx.now_ms() - server.started_ms) / 1000).max(0);
    let micros = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |d| d.as_micros());
    fields!(out,
        "server_name": "elastane",
        "elastane_version": env!("CARGO_PKG_VERSION"),
        "redis_git_sha1": "00000000",
        "redis_git_dirty": 0,
        "redis_build_id": "0",
        "redis_mode": mode,
        "os": process.map_or_else(String::new, |p| p.os()),
        "arch_bits": usize::BITS,
        "monotonic_clock": "POSIX clock_gettime",
        "multiplexing_api": "epoll",
        "atomicvar_api": "rust",
        "gcc_version": "0.0.0",
        "process_id": std::process::id(),
        "process_supervised": "no",
        "run_id": server.run_id,
        "tcp_port": process.map_or(0, |p| p.port()),
        "server_time_usec": micros,
        "uptime_in_seconds": seconds,
        "uptime_in_days": seconds / 86400,
        "hz": server.config.int(params::HZ),
        "configured_hz": server.config.int(params::HZ),
        "lru_clock": (cx.now_ms() / 1000) & 0xff_ffff,
        "executable": process.map_or_else(String::new, |p| p.executable()),
        "config_file": process.and_then(|p| p.config_file()).unwrap_or_default(),
        "io_threads_active": u8::from(server.inboxes.len() > 1),
    );
}

fn clients(cx: &mut Cx<'_>, out: &mut String) {
    let all = cx.server.clients.all();
    let replicas = all.iter().filter(|i| i.replica.load(Relaxed)).count();
    let blocked = all
        .iter()
        .filter(|i| i.blocked.load(Relaxed) || i.suspended.load(Relaxed))
        .count();
    let watching = all.iter().filter(|i| i.watching.load(Relaxed) > 0);
    let output = all.iter().map(|i| i.output.load(Relaxed)).max();
    fields!(out,
        "connected_clients": all.len() - replicas,
        "cluster_connections": 0,
        "maxclients": cx.server.config.int(params::MAXCLIENTS),
        "client_recent_max_input_buffer": 0,
        "client_recent_max_output_buffer": output.unwrap_or(0),
        "blocked_clients": blocked,
        "tracking_clients": all.iter().filter(|i| i.tracking.load(Relaxed) != 0).count(),
        "pubsub_clients": all.iter().filter(|i| i.listens()).count(),
        "watching_clients": watching.count(),
        "clients_in_timeout_table": blocked,
    );
}

fn persistence(cx: &mut Cx<'_>, out: &mut String) {
    let server = cx.server;
    let saving = &server.saving;
    let now_s = cx.now_ms() / 1000;
    let started_s = saving.started_s.load(Relaxed);
    let rewrite_s = saving.rewrite_started_s.load(Relaxed);
    let running = matches!(
        server.snapshot_turn.taker(),
        Some(Taker::BackgroundSave | Taker::FullSync)
    );
    let (done, total) = (
        saving.keys_done.load(Relaxed),
        saving.keys_total.load(Relaxed),
    );
    let loading = server.loading.load(Relaxed);
    fields!(out,
        "loading": u8::from(loading),
        "async_loading": 0,
        "current_cow_peak": saving.copied_now.load(Relaxed),
        "current_cow_size": saving.copied_now.load(Relaxed),
        "current_cow_size_age": 0,
        "current_fork_perc": percent(done, total),
        "current_save_keys_processed": done,
        "current_save_keys_total": total,
        "rdb_changes_since_last_save": server.dirty.load(Relaxed),
        "rdb_bgsave_in_progress": u8::from(running),
        "rdb_last_save_time": server.last_save_s.load(Relaxed),
        "rdb_last_bgsave_status": if saving.last_ok.load(Relaxed) { "ok" } else { "err" },
        "rdb_last_bgsave_time_sec": saving.last_seconds.load(Relaxed),
        "rdb_current_bgsave_time_sec": if started_s == 0 { -1 } else { (now_s - started_s).max(0) },
        "rdb_saves": saving.saves.load(Relaxed),
        "rdb_last_cow_size": saving.copied_last.load(Relaxed),
        "rdb_last_load_keys_expired": saving.load_expired.load(Relaxed),
        "rdb_last_load_keys_loaded": saving.loaded.load(Relaxed),
        "aof_enabled": u8::from(server.config.flag(params::APPENDONLY)),
        "aof_rewrite_in_progress": u8::from(rewrite_s != 0),
        "aof_rewrite_scheduled": u8::from(saving.rewrite_scheduled.load(Relaxed)),
        "aof_last_rewrite_time_sec": saving.rewrite_seconds.load(Relaxed),
        "aof_current_rewrite_time_sec": if rewrite_s == 0 { -1 } else { (now_s - rewrite_s).max(0) },
        "aof_last_bgrewrite_status": if saving.rewrite_ok.load(Relaxed) { "ok" } else { "err" },
        "aof_rewrites": saving.rewrites.load(Relaxed),
        "aof_rewrites_consecutive_failures": saving.rewrite_failures.load(Relaxed),
        "aof_last_write_status": if server.aof.writes() { "ok" } else { "err" },
        "aof_last_cow_size": saving.rewrite_copied.load(Relaxed),
        "module_fork_in_progress": 0,
        "module_fork_last_cow_size": 0,
    );
    if server.aof.is_on() {
        fields!(out,
            "aof_current_size": server.aof.bytes(),
            "aof_base_size": server.aof.bytes_at_rewrite(),
            "aof_pending_rewrite": 0,
            "aof_buffer_length": 0,
            "aof_pending_bio_fsync": u8::from(server.aof.synced() < server.aof.written()),
            "aof_delayed_fsync": 0,
        );
    }
    if loading {
        loading_fields(cx, out);
    }
}

/// How much of a whole is done, as INFO prints it.
fn percent(done: u64, total: u64) -> String {
    let percent = if total == 0 {
        0.0
    } else {
        done as f64 * 100.0 / total as f64
    };
    format!("{percent:.2}")
}

/// What INFO adds while a file is being loaded.
fn loading_fields(cx: &Cx<'_>, out: &mut String) {
    let saving = &cx.server.saving;
    let start_s = saving.load_started_s.load(Relaxed);
    let (total, done) = (
        saving.load_total.load(Relaxed),
        saving.load_done.load(Relaxed),
    );
    let elapsed_s = (cx.now_ms() / 1000 - start_s).max(0) as u64;
    let eta_s = if done == 0 || elapsed_s == 0 {
        1
    } else {
        elapsed_s.saturating_mul(total.saturating_sub(done)) / done
    };
    fields!(out,
        "loading_start_time": start_s,
        "loading_total_bytes": total,
        "loading_rdb_used_mem": 0,
        "loading_loaded_bytes": done,
        "loading_loaded_perc": percent(done, total),
        "loading_eta_seconds": eta_s,
    );
}

fn stats(cx: &mut Cx<'_>, out: &mut String) {
    let server = cx.server;
    let totals = server.totals();
    let [commands, input, output] = server.rates.per_second();
    let kb = |bytes: u64| format!("{:.2}", bytes as f64 / 1024.0);
    let links = server.replication().map(|r| r.counts()).unwrap_or_default();
    let refusals = &server.acl.refusals;
    let refused = |count: &AtomicU64| count.load(Relaxed);
    let (exceeded, exceeded_now) = server.eviction.exceeded_micros(server);
    let errors: u64 = server.error_counts.lock().values().sum();
    fields!(out,
        "total_connections_received": totals.connections,
        "total_commands_processed": totals.calls(),
        "instantaneous_ops_per_sec": commands,
        "total_net_input_bytes": totals.input_bytes,
        "total_net_output_bytes": totals.output_bytes,
        "total_net_repl_input_bytes": links.input_bytes,
        "total_net_repl_output_bytes": links.output_bytes,
        "instantaneous_input_kbps": kb(input),
        "instantaneous_output_kbps": kb(output),
        "instantaneous_input_repl_kbps": "0.00",
        "instantaneous_output_repl_kbps": "0.00",
        "rejected_connections": totals.refused,
        "sync_full": links.full,
        "sync_partial_ok": links.partial_ok,
        "sync_partial_err": links.partial_err,
        "expired_keys": totals.expired,
        "expired_subkeys": totals.expired_fields,
        "expired_stale_perc": format!("{:.2}", server.expiry.stale_percent()),
        "expired_time_cap_reached_count": totals.expire_capped,
        "expire_cycle_cpu_milliseconds": totals.expire_micros / 1000,
        "evicted_keys": totals.evicted,
        "evicted_clients": totals.evicted_clients,
        "total_eviction_exceeded_time": exceeded / 1000,
        "current_eviction_exceeded_time": exceeded_now / 1000,
        "keyspace_hits": totals.hits,
        "keyspace_misses": totals.misses,
        "pubsub_channels": server.pubsub.channel_count(Scope::Global),
        "pubsub_patterns": server.pubsub.pattern_count(),
        "pubsubshard_channels": server.pubsub.channel_count(Scope::Shard),
        "latest_fork_usec": 0,
        "total_forks": 0,
        "migrate_cached_sockets": 0,
        "slave_expires_tracked_keys": 0,
        "active_defrag_hits": 0,
        "active_defrag_misses": 0,
        "active_defrag_key_hits": 0,
        "active_defrag_key_misses": 0,
        "total_active_defrag_time": 0,
        "current_active_defrag_time": 0,
        "tracking_total_keys": server.tracking.keys(),
        "tracking_total_items": server.tracking.items(),
        "tracking_total_prefixes": server.tracking.prefixes(),
        "unexpected_error_replies": 0,
        "total_error_replies": errors,
        "dump_payload_sanitizations": 0,
        "total_reads_processed": totals.reads,
        "total_writes_processed": totals.writes,
        "io_threaded_reads_processed": 0,
        "io_threaded_writes_processed": 0,
        "client_query_buffer_limit_disconnections": totals.query_limit,
        "client_output_buffer_limit_disconnections": totals.output_limit,
        "reply_buffer_shrinks": 0,
        "reply_buffer_expands": 0,
        "acl_access_denied_auth": refused(&refusals.auth),
        "acl_access_denied_cmd": refused(&refusals.command),
        "acl_access_denied_key": refused(&refusals.key),
        "acl_access_denied_channel": refused(&refusals.channel),
    );
}

fn replication(cx: &mut Cx<'_>, out: &mut String) {
    if let Some(replication) = cx.server.replication() {
        out.push_str(&replication.info());
        return;
    }
    let journal = &cx.server.journal;
    let ids = journal.ids();
    let (second, second_offset) = ids.second();
    fields!(out,
        "role": "master",
        "connected_slaves": 0,
        "master_failover_state": "no-failover",
        "master_replid": ids.current,
        "master_replid2": second,
        "master_repl_offset": journal.offset(),
        "second_repl_offset": second_offset,
        "repl_backlog_active": u8::from(journal.is_on()),
        "repl_backlog_size": journal.backlog_bytes(),
        "repl_backlog_first_byte_offset": journal.first_offset().map_or(0, |first| first + 1),
        "repl_backlog_histlen": journal.first_offset().map_or(0, |first| journal.offset() - first),
    );
}

fn cpu(cx: &mut Cx<'_>, out: &mut String) {
    let usage = cx.server.process().map(|p| p.usage()).unwrap_or_default();
    let seconds = |micros: u64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let (system, user) = (usage.cpu_sys_micros, usage.cpu_user_micros);
    fields!(out,
        "used_cpu_sys": seconds(system),
        "used_cpu_user": seconds(user),
        "used_cpu_sys_children": seconds(0),
        "used_cpu_user_children": seconds(0),
        "used_cpu_sys_main_thread": seconds(system),
        "used_cpu_user_main_thread": seconds(user),
    );
}

/// Commands and subcommands that have been called or refused, in order of name.
fn called(cx: &Cx<'_>) -> Vec<(&'static Registered, CommandTotals)> {
    let totals = cx.server.totals().commands;
    let mut called: Vec<_> = cx
        .server
        .table
        .all()
        .zip(totals)
        .filter(|(_, t)| t.calls + t.failed + t.rejected > 0)
        .collect();
    called.sort_by(|a, b| a.0.full_name.cmp(&b.0.full_name));
    called
}

fn command_stats(cx: &mut Cx<'_>, out: &mut String) {
    for (command, totals) in called(cx) {
        let per_call = totals.nanos as f64 / 1000.0 / totals.calls.max(1) as f64;
        let _ = write!(
            out,
            "cmdstat_{}:calls={},usec={},usec_per_call={per_call:.2},rejected_calls={},failed_calls={}\r\n",
            command.full_name,
            totals.calls,
            totals.nanos / 1000,
            totals.rejected,
            totals.failed
        );
    }
}

fn error_stats(cx: &mut Cx<'_>, out: &mut String) {
    for (code, count) in cx.server.error_counts.lock().iter() {
        let _ = write!(out, "errorstat_{code}:count={count}\r\n");
    }
}

fn latency_stats(cx: &mut Cx<'_>, out: &mut String) {
    let percentiles = cx.server.config.percentiles();
    for (command, totals) in called(cx).iter().filter(|(_, t)| t.times.total() > 0) {
        let _ = write!(out, "latency_percentiles_usec_{}:", command.full_name);
        for (n, percent) in percentiles.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            let micros = totals.times.percentile(*percent) as f64 / 1000.0;
            let _ = write!(out, "{comma}p{percent}={micros:.3}");
        }
        out.push_str("\r\n");
    }
}

fn cluster(cx: &mut Cx<'_>, out: &mut String) {
    let enabled = cx.server.config.flag(params::CLUSTER_ENABLED);
    fields!(out, "cluster_enabled": u8::from(enabled));
}

fn keyspace(cx: &mut Cx<'_>, out: &mut String) {
    let keyspace = &cx.server.keyspace;
    for n in 0..keyspace.databases() {
        let db = keyspace.db(n);
        let (keys, expires) = (db.keys.get().max(0), db.expires.get().max(0));
        if keys > 0 || expires > 0 {
            let _ = write!(out, "db{n}:keys={keys},expires={expires},avg_ttl=0\r\n");
        }
    }
}

/// A field of bytes, and the same for people.
pub(super) fn field_with_human(out: &mut String, name: &str, bytes: u64) {
    let _ = write!(out, "{name}:{bytes}\r\n{name}_human:{}\r\n", human(bytes));
}
