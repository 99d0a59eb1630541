//! Where the memory is: what INFO memory and MEMORY STATS tell.

use super::shared_info::{field_with_human, fields};
use engine_dispatch::server::Usage;
use engine_dispatch::{Client, Cx};
use std::fmt::Write as _;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of a slot's table a key takes, on average: an 8-byte word in a table that is about two thirds full.
const TABLE_BYTES_PER_KEY: u64 = 12;

/// The figures, bytes.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Figures {
    pub(super) used: u64,
    pub(super) peak: u64,
    /// What is no keys or values: the node itself, clients, tables, the journal. Tables are estimated.
    pub(super) overhead: u64,
    pub(super) dataset: u64,
    pub(super) clients: u64,
    pub(super) backlog: u64,
    pub(super) keys: u64,
    pub(super) usage: Usage,
}

impl Figures {
    pub(super) fn take(cx: &Cx<'_>) -> Self {
        let server = cx.server;
        let used = server.memory_used();
        server.memory_peak.fetch_max(used, Relaxed);
        let all = server.clients.all();
        let output: u64 = all.iter().map(|info| info.output.load(Relaxed)).sum();
        let clients = output + (all.len() * size_of::<Client>()) as u64;
        let journal = &server.journal;
        let backlog = journal
            .first_offset()
            .map_or(0, |first| journal.offset().saturating_sub(first));
        let keyspace = &server.keyspace;
        let keys: u64 = (0..keyspace.databases())
            .map(|db| keyspace.db(db).keys.get().max(0) as u64)
            .sum();
        let usage = server.process().map(|p| p.usage()).unwrap_or_default();
        let overhead = usage.at_start + clients + backlog + keys * TABLE_BYTES_PER_KEY;
        let overhead = overhead.min(used);
        Self {
            used,
            peak: server.memory_peak.load(Relaxed),
            overhead,
            dataset: used - overhead,
            clients,
            backlog,
            keys,
            usage,
        }
    }

    /// Share of the memory beyond the start's that is keys and values, percent.
    pub(super) fn dataset_percent(&self) -> f64 {
        let net = self.used.saturating_sub(self.usage.at_start);
        100.0 * ratio(self.dataset.min(net), net)
    }
}

/// `a / b`, 0 where there is nothing to divide by.
pub(super) fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// Bytes for people: `1.50K`.
pub(super) fn human(bytes: u64) -> String {
    const K: f64 = 1024.0;
    let n = bytes as f64;
    match n {
        n if n < K => format!("{bytes}B"),
        n if n < K * K => format!("{:.2}K", n / K),
        n if n < K * K * K => format!("{:.2}M", n / K / K),
        n if n < K * K * K * K => format!("{:.2}G", n / K / K / K),
        n => format!("{:.2}T", n / K / K / K / K),
    }
}

/// INFO memory.
pub(super) fn write_memory(cx: &mut Cx<'_>, out: &mut String) {
    let f = Figures::take(cx);
    let config = &cx.server.config;
    field_with_human(out, "used_memory", f.used);
    field_with_human(out, "used_memory_rss", f.usage.resident);
    field_with_human(out, "used_memory_peak", f.peak);
    fields!(out,
        "used_memory_peak_perc": percent(100.0 * ratio(f.used, f.peak)),
        "used_memory_overhead": f.overhead,
        "used_memory_startup": f.usage.at_start,
        "used_memory_dataset": f.dataset,
        "used_memory_dataset_perc": percent(f.dataset_percent()),
        "allocator_allocated": f.usage.allocator_allocated,
        "allocator_active": f.usage.allocator_active,
        "allocator_resident": f.usage.allocator_resident,
    );
    field_with_human(out, "total_system_memory", f.usage.machine);
    field_with_human(out, "used_memory_lua", 0);
    fields!(out,
        "used_memory_vm_eval": 0,
        "used_memory_scripts_eval": 0,
        "number_of_cached_scripts": 0,
        "number_of_functions": 0,
        "number_of_libraries": 0,
        "used_memory_vm_functions": 0,
    );
    field_with_human(out, "used_memory_vm_total", 0);
    fields!(out, "used_memory_functions": 0);
    field_with_human(out, "used_memory_scripts", 0);
    field_with_human(out, "maxmemory", config.memory(params::MAXMEMORY));
    fields!(out, "maxmemory_policy": config.choice(params::MAXMEMORY_POLICY));
    write_fragmentation(&f, out);
    fields!(out,
        "mem_not_counted_for_evict": cx.server.memory_not_counted(),
        "mem_replication_backlog": f.backlog,
        "mem_total_replication_buffers": f.backlog,
        "mem_clients_slaves": 0,
        "mem_clients_normal": f.clients,
        "mem_cluster_links": 0,
        "mem_aof_buffer": 0,
        "mem_allocator": "jemalloc",
        "active_defrag_running": 0,
        "lazyfree_pending_objects": cx.server.reaper.pending_objects(),
        "lazyfreed_objects": cx.server.reaper.freed_objects(),
    );
}

fn write_fragmentation(f: &Figures, out: &mut String) {
    let Usage {
        resident,
        allocator_allocated: allocated,
        allocator_active: active,
        allocator_resident: held,
        ..
    } = f.usage;
    let two = |n: f64| format!("{n:.2}");
    let difference = |a: u64, b: u64| a as i64 - b as i64;
    fields!(out,
        "allocator_frag_ratio": two(ratio(active, allocated)),
        "allocator_frag_bytes": difference(active, allocated),
        "allocator_rss_ratio": two(ratio(held, active)),
        "allocator_rss_bytes": difference(held, active),
        "rss_overhead_ratio": two(ratio(resident, held)),
        "rss_overhead_bytes": difference(resident, held),
        "mem_fragmentation_ratio": two(ratio(resident, f.used)),
        "mem_fragmentation_bytes": difference(resident, f.used),
    );
}

fn percent(n: f64) -> String {
    format!("{n:.2}%")
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn bytes_for_people() {
        assert_eq!(human(1023), "1023B");
        assert_eq!(human(1536), "1.50K");
        assert_eq!(human(25_276_063_744), "23.54G");
    }
}
