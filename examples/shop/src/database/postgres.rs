//! PostgreSQL: some connections used in turn, each with its prepared statements.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio_postgres::{Client, NoTls, Statement};

use super::schema::{ORDER, PRODUCT, SESSION, SOLD, TAKE, seeding};
use super::{Product, Session, Sold};

const CONNECTIONS: usize = 16;

pub(super) struct Pool {
    url: String,
    connections: tokio::sync::RwLock<Vec<Connection>>,
    next: AtomicUsize,
}

/// Statements are prepared after seeding, when their tables exist.
struct Connection {
    client: Client,
    product: Statement,
    session: Statement,
    sold: Statement,
    order: Statement,
    take: Statement,
}

impl Pool {
    pub(super) async fn connect(url: &str) -> Result<Pool> {
        client(url).await?;
        Ok(Pool {
            url: url.to_owned(),
            connections: tokio::sync::RwLock::default(),
            next: AtomicUsize::new(0),
        })
    }

    pub(super) async fn seed(&self) -> Result<()> {
        let client = client(&self.url).await?;
        for statement in seeding(|count| format!("generate_series(CAST(1 AS BIGINT), {count})"))
            .into_iter()
            .map(name_column)
        {
            client.batch_execute(&statement).await?;
        }
        client.batch_execute("ANALYZE").await?;
        let mut connections = self.connections.write().await;
        connections.clear();
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(&self.url).await?);
        }
        Ok(())
    }

    fn pick(&self, connections: &[Connection]) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % connections.len()
    }

    pub(super) async fn product(&self, id: i64) -> Result<Option<Product>> {
        let all = self.connections.read().await;
        let connection = &all[self.pick(&all)];
        let row = connection
            .client
            .query_opt(&connection.product, &[&id])
            .await?;
        Ok(row.map(|row| Product {
            id: row.get(0),
            name: row.get(1),
            price_cents: row.get(2),
            stock: row.get(3),
            rating: row.get(4),
            reviews: row.get(5),
        }))
    }

    pub(super) async fn session(&self, token: i64) -> Result<Option<Session>> {
        let all = self.connections.read().await;
        let connection = &all[self.pick(&all)];
        let row = connection
            .client
            .query_opt(&connection.session, &[&token])
            .await?;
        Ok(row.map(|row| Session {
            customer: row.get(0),
            items_in_cart: row.get(1),
        }))
    }

    pub(super) async fn sold(&self, limit: i64) -> Result<Vec<Sold>> {
        let all = self.connections.read().await;
        let connection = &all[self.pick(&all)];
        let rows = connection.client.query(&connection.sold, &[&limit]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    pub(super) async fn order(&self, product: i64) -> Result<()> {
        let all = self.connections.read().await;
        let connection = &all[self.pick(&all)];
        connection
            .client
            .execute(&connection.order, &[&product])
            .await?;
        connection
            .client
            .execute(&connection.take, &[&product])
            .await?;
        Ok(())
    }
}

impl Connection {
    async fn open(url: &str) -> Result<Connection> {
        let client = client(url).await?;
        Ok(Connection {
            product: client.prepare(PRODUCT).await?,
            session: client.prepare(SESSION).await?,
            sold: client.prepare(SOLD).await?,
            order: client.prepare(ORDER).await?,
            take: client.prepare(TAKE).await?,
            client,
        })
    }
}

async fn client(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A set-returning function names its column after its alias.
fn name_column(statement: String) -> String {
    statement.replace(" AS s", " AS s(n)")
}
