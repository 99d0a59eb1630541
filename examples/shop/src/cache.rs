//! The cache as an application sees it: two addresses that never change. Writes go to the primary, reads to the reader.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use crate::database::Sold;

const LEADERS: &str = "leaderboard";
const PAGE_TTL_S: u64 = 60;

pub(crate) struct Cache {
    primary: ConnectionManager,
    reader: ConnectionManager,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) errors: AtomicU64,
}

impl Cache {
    pub(crate) async fn connect(primary: &str, reader: &str) -> Result<Cache> {
        Ok(Cache {
            primary: manager(primary).await?,
            reader: manager(reader).await?,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        })
    }

    pub(crate) async fn page(&self, key: &str) -> Option<String> {
        let found: Option<Option<String>> = self.note(self.reader.clone().get(key).await);
        self.count(found.flatten())
    }

    pub(crate) async fn keep_page(&self, key: &str, page: &str) {
        self.note::<()>(self.primary.clone().set_ex(key, page, PAGE_TTL_S).await);
    }

    pub(crate) async fn drop_page(&self, key: &str) {
        self.note::<()>(self.primary.clone().del(key).await);
    }

    /// The ten best-selling products from a sorted set, best first.
    pub(crate) async fn leaders(&self) -> Option<Vec<Sold>> {
        let found: Option<Vec<Sold>> = self.note(
            self.reader
                .clone()
                .zrevrange_withscores(LEADERS, 0, 9)
                .await,
        );
        self.count(found.filter(|leaders| !leaders.is_empty()))
    }

    pub(crate) async fn keep_leaders(&self, sold: &[Sold]) {
        let members: Vec<(i64, i64)> = sold
            .iter()
            .map(|(product, count)| (*count, *product))
            .collect();
        self.note::<()>(self.primary.clone().zadd_multiple(LEADERS, &members).await);
    }

    /// One more sold. A leaderboard that nobody has filled yet stays empty, so that it is never half right.
    pub(crate) async fn sold(&self, product: i64) {
        let mut add = redis::cmd("ZADD");
        add.arg(LEADERS).arg("XX").arg("INCR").arg(1).arg(product);
        self.note::<Option<f64>>(add.query_async(&mut self.primary.clone()).await);
    }

    pub(crate) async fn clear(&self) {
        self.note::<()>(
            redis::cmd("FLUSHALL")
                .query_async(&mut self.primary.clone())
                .await,
        );
    }

    /// A cache that fails costs time, not correctness: the shop asks the database instead.
    fn note<T>(&self, result: redis::RedisResult<T>) -> Option<T> {
        if result.is_err() {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
        result.ok()
    }

    fn count<T>(&self, found: Option<T>) -> Option<T> {
        let counter = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }
}

async fn manager(address: &str) -> Result<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(1)))
        .set_response_timeout(Some(Duration::from_millis(500)))
        .set_max_delay(Duration::from_millis(100));
    Ok(redis::Client::open(format!("redis://{address}/"))?
        .get_connection_manager_with_config(config)
        .await?)
}
