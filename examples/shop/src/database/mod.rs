//! The shop's truth. Two databases with one schema; every query is counted.

mod postgres;
mod schema;
mod sqlite;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use serde::{Deserialize, Serialize};

pub(crate) use schema::{PRODUCTS, SESSIONS};

/// What a product page shows; rating and number of reviews are computed from all its reviews.
#[derive(Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) price_cents: i64,
    pub(crate) stock: i64,
    pub(crate) rating: f64,
    pub(crate) reviews: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) customer: String,
    pub(crate) items_in_cart: i64,
}

/// A product and how often it was sold.
pub(crate) type Sold = (i64, i64);

pub(crate) struct Database {
    engine: Engine,
    queries: AtomicU64,
}

enum Engine {
    Postgres(postgres::Pool),
    Sqlite(sqlite::Pool),
}

impl Database {
    pub(crate) async fn postgres(url: &str) -> Result<Database> {
        Ok(Database {
            engine: Engine::Postgres(postgres::Pool::connect(url).await?),
            queries: AtomicU64::new(0),
        })
    }

    pub(crate) fn sqlite(file: Option<PathBuf>) -> Result<Database> {
        Ok(Database {
            engine: Engine::Sqlite(sqlite::Pool::open(file)?),
            queries: AtomicU64::new(0),
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.engine {
            Engine::Postgres(_) => "PostgreSQL",
            Engine::Sqlite(_) => "SQLite",
        }
    }

    /// Queries since the start.
    pub(crate) fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Lays out the tables and fills them, dropping what was there.
    pub(crate) async fn seed(&self) -> Result<()> {
        match &self.engine {
            Engine::Postgres(pool) => pool.seed().await,
            Engine::Sqlite(pool) => pool.seed().await,
        }
    }

    pub(crate) async fn product(&self, id: i64) -> Result<Option<Product>> {
        self.count();
        match &self.engine {
            Engine::Postgres(pool) => pool.product(id).await,
            Engine::Sqlite(pool) => pool.product(id).await,
        }
    }

    pub(crate) async fn session(&self, token: i64) -> Result<Option<Session>> {
        self.count();
        match &self.engine {
            Engine::Postgres(pool) => pool.session(token).await,
            Engine::Sqlite(pool) => pool.session(token).await,
        }
    }

    /// The best-selling products, best first.
    pub(crate) async fn sold(&self, limit: i64) -> Result<Vec<Sold>> {
        self.count();
        match &self.engine {
            Engine::Postgres(pool) => pool.sold(limit).await,
            Engine::Sqlite(pool) => pool.sold(limit).await,
        }
    }

    pub(crate) async fn order(&self, product: i64) -> Result<()> {
        self.count();
        match &self.engine {
            Engine::Postgres(pool) => pool.order(product).await,
            Engine::Sqlite(pool) => pool.order(product).await,
        }
    }

    fn count(&self) {
        self.queries.fetch_add(1, Ordering::Relaxed);
    }
}
