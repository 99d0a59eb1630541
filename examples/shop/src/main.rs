//! A small web shop: the picture that a cache exists for. Application, cache, database.
//!
//! `shop serve` runs it; `shop demo` also loads it, with and without the cache, and then kills the cache's primary
//! under load. `cargo xtask demo` starts everything it needs.

mod cache;
mod database;
mod demo;
mod load;
mod outage;
mod shop;
mod web;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use cache::Cache;
use database::Database;
use shop::Shop;

#[derive(Parser)]
#[command(about = "A web shop in front of a database, with a cache")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve the shop until Ctrl-C.
    Serve(Serve),
    /// Load the shop without and with the cache, then through the loss of the cache's primary.
    Demo(demo::Args),
}

#[derive(clap::Args)]
struct Serve {
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    #[command(flatten)]
    parts: Parts,
}

/// The shop's surroundings.
#[derive(clap::Args, Clone)]
struct Parts {
    /// PostgreSQL, as `host=127.0.0.1 port=5432 user=shop dbname=postgres`; SQLite when left out.
    #[arg(long)]
    postgres: Option<String>,
    /// The file of the SQLite database; a temporary one when left out.
    #[arg(long)]
    sqlite: Option<PathBuf>,
    /// The cache's primary endpoint, as 127.0.0.1:6379; no cache when left out.
    #[arg(long)]
    primary: Option<String>,
    /// The cache's reader endpoint; the primary's when left out.
    #[arg(long)]
    reader: Option<String>,
}

impl Parts {
    async fn database(&self) -> Result<Database> {
        match &self.postgres {
            Some(url) => Database::postgres(url)
                .await
                .context("connect to PostgreSQL"),
            None => Database::sqlite(self.sqlite.clone()),
        }
    }

    async fn cache(&self) -> Result<Option<Cache>> {
        let Some(primary) = &self.primary else {
            return Ok(None);
        };
        let reader = self.reader.as_ref().unwrap_or(primary);
        Ok(Some(
            Cache::connect(primary, reader)
                .await
                .context("connect to the cache")?,
        ))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().verb {
        Verb::Serve(args) => serve(&args).await,
        Verb::Demo(args) => demo::run(&args).await,
    }
}

async fn serve(args: &Serve) -> Result<()> {
    let database = args.parts.database().await?;
    database.seed().await?;
    let shop = Shop {
        database,
        cache: args.parts.cache().await?,
    };
    let listener = tokio::net::TcpListener::bind(&args.listen).await?;
    println!(
        "http://{}/products/1 on {}",
        listener.local_addr()?,
        shop.database.name()
    );
    axum::serve(listener, web::routes(Arc::new(shop))).await?;
    Ok(())
}
