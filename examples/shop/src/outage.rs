//! The loss of the primary: numbered writes and reads go on while its process is killed, and are compared afterwards.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig};

pub(crate) struct Report {
    pub(crate) killed_pid: u32,
    pub(crate) new_pid: u32,
    /// From the last write acknowledged by the old primary to the first by the new one.
    pub(crate) writes_refused: Duration,
    pub(crate) writes_acknowledged: u64,
    pub(crate) writes_failed: u64,
    pub(crate) reads: u64,
    pub(crate) reads_failed: u64,
    /// Acknowledged writes that the new primary does not have.
    pub(crate) missing: u64,
}

#[derive(Default)]
struct Counters {
    stop: AtomicBool,
    /// Highest number written and acknowledged.
    acknowledged: AtomicU64,
    reads: AtomicU64,
    reads_failed: AtomicU64,
}

struct Written {
    acknowledged: Vec<(u64, Instant)>,
    failed: u64,
}

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn run(primary: &str, reader: &str) -> Result<Report> {
    let counters = Arc::new(Counters::default());
    let writer = tokio::spawn(write(primary.to_owned(), counters.clone()));
    let reading = tokio::spawn(read(reader.to_owned(), counters.clone()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let pid = process_id(primary).await?;
    ensure!(
        Command::new("sh")
            .arg("-c")
            .arg(format!("kill -9 {pid}"))
            .status()?
            .success(),
        "could not kill the primary {pid}"
    );
    let killed_at = Instant::now();
    let before = counters.acknowledged.load(Ordering::Relaxed);
    let new_pid = loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let resumed = counters.acknowledged.load(Ordering::Relaxed) > before + 100;
        if resumed && let Ok(new_pid) = process_id(primary).await {
            break new_pid;
        }
        if killed_at.elapsed() > PATIENCE {
            bail!(
                "no writes for {} s after the primary was killed",
                PATIENCE.as_secs()
            );
        }
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    counters.stop.store(true, Ordering::Relaxed);
    let written = writer.await?;
    reading.await?;
    Ok(Report {
        killed_pid: pid,
        new_pid,
        writes_refused: longest_gap(&written.acknowledged, killed_at),
        writes_acknowledged: written.acknowledged.len() as u64,
        writes_failed: written.failed,
        reads: counters.reads.load(Ordering::Relaxed),
        reads_failed: counters.reads_failed.load(Ordering::Relaxed),
        missing: missing(primary, &written.acknowledged).await?,
    })
}

/// Writes `record:N` one after the other, on a new connection after each failure.
async fn write(address: String, counters: Arc<Counters>) -> Written {
    let mut written = Written {
        acknowledged: Vec::new(),
        failed: 0,
    };
    let mut number = 0u64;
    while !counters.stop.load(Ordering::Relaxed) {
        let Ok(mut connection) = connect(&address).await else {
            written.failed += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while !counters.stop.load(Ordering::Relaxed) {
            number += 1;
            let result: redis::RedisResult<()> = connection.set(record(number), number).await;
            if result.is_err() {
                written.failed += 1;
                break;
            }
            written.acknowledged.push((number, Instant::now()));
            counters.acknowledged.store(number, Ordering::Relaxed);
        }
    }
    written
}

/// Reads through the reader endpoint without a pause; a replica that lags may not have a record yet, which is no failure.
async fn read(address: String, counters: Arc<Counters>) {
    while !counters.stop.load(Ordering::Relaxed) {
        let Ok(mut connection) = connect(&address).await else {
            counters.reads_failed.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        while !counters.stop.load(Ordering::Relaxed) {
            let number = counters.acknowledged.load(Ordering::Relaxed);
            let result: redis::RedisResult<Option<u64>> = connection.get(record(number)).await;
            counters.reads.fetch_add(1, Ordering::Relaxed);
            if result.is_err() {
                counters.reads_failed.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    }
}

/// The longest time without an acknowledgement that ended after the kill.
fn longest_gap(acknowledged: &[(u64, Instant)], killed_at: Instant) -> Duration {
    let gaps = acknowledged
        .windows(2)
        .filter(|pair| pair[1].1 >= killed_at)
        .map(|pair| pair[1].1 - pair[0].1);
    gaps.max().unwrap_or_default()
}

async fn missing(primary: &str, acknowledged: &[(u64, Instant)]) -> Result<u64> {
    let mut connection = connect(primary).await?;
    let mut missing = 0;
    for chunk in acknowledged.chunks(500) {
        let keys: Vec<String> = chunk.iter().map(|(number, _)| record(*number)).collect();
        let values: Vec<Option<u64>> = connection.mget(keys).await?;
        missing += values
            .iter()
            .zip(chunk)
            .filter(|(value, (number, _))| **value != Some(*number))
            .count() as u64;
    }
    Ok(missing)
}

async fn process_id(address: &str) -> Result<u32> {
    let mut connection = connect(address).await?;
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut connection)
        .await?;
    info.lines()
        .find_map(|line| line.strip_prefix("process_id:")?.trim().parse().ok())
        .context("INFO names no process_id")
}

async fn connect(address: &str) -> redis::RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(5)))
        .set_response_timeout(Some(Duration::from_secs(5)));
    redis::Client::open(format!("redis://{address}/"))?
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

fn record(number: u64) -> String {
    format!("record:{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_the_one_around_the_kill() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let acknowledged = [
            (1, at(0)),
            (2, at(900)),
            (3, at(1000)),
            (4, at(1400)),
            (5, at(1401)),
        ];
        assert_eq!(
            longest_gap(&acknowledged, at(1100)),
            Duration::from_millis(400)
        );
    }
}
