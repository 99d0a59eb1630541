//! What clients cost, and which must go: output limits (`client-output-buffer-limit`) and the bound on all clients
//! together (`maxmemory-clients`).

use crate::client::{Client, ClientInfo};
use crate::client_line;
use crate::inbox::Message;
use crate::server::Server;
use crate::worker::{WorkerStats, count};
use params::ClientClass;
use std::sync::atomic::Ordering::Relaxed;

/// Output up to here would stand in the fixed buffer of a Redis client, which its limits do not count; bytes.
pub const FIXED_BUFFER: u64 = 16 * 1024;

/// Bytes that a client's state, its input, its output, its queued commands and its subscriptions take.
#[must_use]
pub fn memory(info: &ClientInfo) -> u64 {
    let parts = [
        &info.output,
        &info.input,
        &info.queued_bytes,
        &info.subscription_bytes,
    ];
    let parts: u64 = parts.iter().map(|bytes| bytes.load(Relaxed)).sum();
    size_of::<Client>() as u64 + parts
}

/// Whether a client has more output than its class may have, at once or for longer than it may. `over_since_ms` is
/// the caller's, one for each client.
pub fn is_over_limit(
    server: &Server,
    info: &ClientInfo,
    unsent: u64,
    now_ms: i64,
    over_since_ms: &mut Option<i64>,
) -> bool {
    let used = unsent.saturating_sub(FIXED_BUFFER);
    if used == 0 {
        *over_since_ms = None;
        return false;
    }
    let class = if info.listens() {
        ClientClass::Pubsub
    } else {
        ClientClass::Normal
    };
    let limit = server.config.buffer_limit(class);
    if limit.hard_bytes > 0 && used >= limit.hard_bytes {
        return true;
    }
    if limit.soft_bytes == 0 || used < limit.soft_bytes {
        *over_since_ms = None;
        return false;
    }
    let since = *over_since_ms.get_or_insert(now_ms);
    (now_ms - since) / 1000 > limit.soft_seconds
}

/// The log's line of a client that is closed for its output.
#[must_use]
pub fn over_limit_text(server: &Server, info: &ClientInfo, now_ms: i64) -> String {
    format!(
        "Client {} scheduled to be closed ASAP for overcoming of output buffer limits.",
        describe(server, info, now_ms)
    )
}

fn describe(server: &Server, info: &ClientInfo, now_ms: i64) -> String {
    let mut line = Vec::new();
    client_line::write(server, info, None, now_ms, &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

/// `maxmemory-clients` in bytes; 0 for no bound.
fn bound(server: &Server) -> u64 {
    match server.config.int(params::MAXMEMORY_CLIENTS) {
        // So many hundredths of `maxmemory`.
        percent @ ..0 => {
            let memory = u128::from(server.config.memory(params::MAXMEMORY));
            (memory * u128::from(percent.unsigned_abs()) / 100) as u64
        }
        bytes => bytes as u64,
    }
}

/// Closes the largest clients until all together are within their bound; those that asked not to be (CLIENT NO-EVICT)
/// and links are spared. For one thread's tick.
pub fn evict(server: &Server, stats: &WorkerStats, now_ms: i64) {
    let bound = bound(server);
    if bound == 0 {
        return;
    }
    let mut clients: Vec<_> = server
        .clients
        .all()
        .into_iter()
        .filter(|info| !info.replica.load(Relaxed) && !info.primary.load(Relaxed))
        .map(|info| (memory(&info), info))
        .collect();
    let mut total: u64 = clients.iter().map(|(bytes, _)| bytes).sum();
    if total <= bound {
        return;
    }
    clients.sort_unstable_by_key(|(bytes, info)| (std::cmp::Reverse(*bytes), info.id));
    for (bytes, info) in clients {
        if total <= bound {
            return;
        }
        if info.no_evict.load(Relaxed) {
            continue;
        }
        total -= bytes;
        count(&stats.evicted_clients, 1);
        if let Some(process) = server.process() {
            process.log(&format!(
                "Evicting client: {}",
                describe(server, &info, now_ms)
            ));
        }
        server.tell(
            info.thread,
            Message::Close {
                session: info.id,
                flush: false,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::CommandTable;

    #[test]
    fn hard_and_soft_limits() {
        let config = params::Config::new();
        let limits = b"normal 0 0 0 pubsub 200000 100000 2";
        config
            .set(&[(b"client-output-buffer-limit", limits)], true)
            .expect("limits");
        let server = Server::new(CommandTable::new(&[]), config, 1, [1; 28]);
        let info = ClientInfo::default();
        let over = |unsent, now, since: &mut _| is_over_limit(server, &info, unsent, now, since);
        let mut since = None;
        assert!(!over(1 << 40, 0, &mut since));
        info.channels.store(1, Relaxed);
        assert!(over(FIXED_BUFFER + 200_000, 0, &mut since));
        // Above the soft limit, not long enough, and then once more from the start.
        assert!(!over(FIXED_BUFFER + 100_000, 1000, &mut since));
        assert!(!over(FIXED_BUFFER + 100_000, 3999, &mut since));
        assert!(!over(FIXED_BUFFER + 99_999, 4000, &mut since));
        assert!(!over(FIXED_BUFFER + 100_000, 5000, &mut since));
        assert!(over(FIXED_BUFFER + 150_000, 8000, &mut since));
    }
}
