//! What the process takes of the machine, for INFO and MEMORY STATS. Where the system does not tell, zero.

use engine_dispatch::server::Usage;
use std::fs::read_to_string;

/// Microseconds of a tick of `/proc/self/stat` (`USER_HZ` is 100 wherever Linux runs).
const TICK_MICROS: u64 = 10_000;

/// The figures of this moment; `at_start` is left to the caller.
pub(crate) fn now() -> Usage {
    let (cpu_user_micros, cpu_sys_micros) = cpu_micros();
    let jemalloc = tikv_jemalloc_ctl::epoch::advance().is_ok();
    let read = |figure: tikv_jemalloc_ctl::Result<usize>| {
        figure.ok().filter(|_| jemalloc).unwrap_or(0) as u64
    };
    Usage {
        cpu_sys_micros,
        cpu_user_micros,
        resident: kilobytes("/proc/self/status", "VmRSS:") * 1024,
        machine: kilobytes("/proc/meminfo", "MemTotal:") * 1024,
        allocator_allocated: read(tikv_jemalloc_ctl::stats::allocated::read()),
        allocator_active: read(tikv_jemalloc_ctl::stats::active::read()),
        allocator_resident: read(tikv_jemalloc_ctl::stats::resident::read()),
        at_start: 0,
    }
}

/// The number after a word in a file of lines `Word:   123 kB`.
fn kilobytes(file: &str, word: &str) -> u64 {
    let text = read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(word));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Processor time of all threads: the process's own, the system's.
fn cpu_micros() -> (u64, u64) {
    let text = read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets, which may hold anything, comes before; `utime` and `stime` are fields 14 and 15.
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_whitespace().skip(11);
    let mut next = || {
        let ticks = fields.next().and_then(|field| field.parse::<u64>().ok());
        ticks.unwrap_or(0) * TICK_MICROS
    };
    (next(), next())
}

/// `Linux 6.1.0 x86_64`
pub(crate) fn os() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()]
        .map(|part| part.to_string_lossy().into_owned())
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_tells() {
        let start = std::time::Instant::now();
        let mut spun = 0u64;
        while start.elapsed() < std::time::Duration::from_millis(50) {
            spun = std::hint::black_box(spun + 1);
        }
        let usage = now();
        assert!(usage.cpu_user_micros + usage.cpu_sys_micros >= 20_000);
        assert!(usage.resident > 1 << 20 && usage.machine > usage.resident);
        assert!(usage.allocator_resident >= usage.allocator_active);
        assert!(os().split(' ').count() >= 3);
    }
}
