//! SQLite, for a machine without PostgreSQL: some connections to one file, used on threads that may block.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension};

use super::schema::{ORDER, PRODUCT, SESSION, SOLD, TAKE, seeding};
use super::{Product, Session, Sold};

const CONNECTIONS: usize = 4;

pub(super) struct Pool {
    connections: Vec<Arc<Mutex<Connection>>>,
    next: AtomicUsize,
    /// Removed at the end when it is ours.
    temporary: Option<PathBuf>,
}

impl Pool {
    pub(super) fn open(file: Option<PathBuf>) -> Result<Pool> {
        let temporary = file
            .is_none()
            .then(|| std::env::temp_dir().join(format!("shop-{}.sqlite", std::process::id())));
        let file = file.or_else(|| temporary.clone()).unwrap_or_default();
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = Connection::open(&file)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")?;
            connections.push(Arc::new(Mutex::new(connection)));
        }
        Ok(Pool {
            connections,
            next: AtomicUsize::new(0),
            temporary,
        })
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection =
            self.connections[self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS].clone();
        let done = tokio::task::spawn_blocking(move || {
            work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(done.await??)
    }

    pub(super) async fn seed(&self) -> Result<()> {
        let series = |count| {
            format!(
                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) SELECT n FROM c)"
            )
        };
        let statements = seeding(series);
        self.with(move |connection| {
            statements
                .iter()
                .try_for_each(|statement| connection.execute_batch(statement))
        })
        .await
    }

    pub(super) async fn product(&self, id: i64) -> Result<Option<Product>> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(PRODUCT)?;
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Product {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    price_cents: row.get(2)?,
                    stock: row.get(3)?,
                    rating: row.get(4)?,
                    reviews: row.get(5)?,
                })
            };
            statement.query_row([id], read).optional()
        })
        .await
    }

    pub(super) async fn session(&self, token: i64) -> Result<Option<Session>> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(SESSION)?;
            statement
                .query_row([token], |row| {
                    Ok(Session {
                        customer: row.get(0)?,
                        items_in_cart: row.get(1)?,
                    })
                })
                .optional()
        })
        .await
    }

    pub(super) async fn sold(&self, limit: i64) -> Result<Vec<Sold>> {
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(SOLD)?;
            let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .await
    }

    pub(super) async fn order(&self, product: i64) -> Result<()> {
        self.with(move |connection| {
            connection.prepare_cached(ORDER)?.execute([product])?;
            connection.prepare_cached(TAKE)?.execute([product])?;
            Ok(())
        })
        .await
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let Some(file) = &self.temporary else { return };
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{suffix}", file.display())).ok();
        }
    }
}
