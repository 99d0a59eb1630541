//! The demonstration: the same load without and with the cache, side by side, then the loss of the primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::load::{self, Outcome};
use crate::shop::Shop;
use crate::{Parts, outage, web};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    parts: Parts,
    /// Seconds of load in each phase.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Fail when a read fails or an acknowledged write is missing.
    #[arg(long)]
    strict: bool,
}

/// What one phase showed.
struct Phase {
    outcome: Outcome,
    database_queries: u64,
    hit_ratio: Option<f64>,
}

pub(crate) async fn run(args: &Args) -> Result<()> {
    let primary = args
        .parts
        .primary
        .as_deref()
        .context("the demo needs --primary")?;
    let reader = args.parts.reader.as_deref().unwrap_or(primary);
    let length = Duration::from_secs(args.seconds);

    let database = args.parts.database().await?;
    println!("Database: {}. Seeding…", database.name());
    database.seed().await?;
    let bare = Arc::new(Shop {
        database,
        cache: None,
    });
    println!("Load without the cache, {} s…", args.seconds);
    let without = phase(&bare, length).await?;

    let shop = Arc::new(Shop {
        database: args.parts.database().await?,
        cache: args.parts.cache().await?,
    });
    shop.database.seed().await?;
    if let Some(cache) = &shop.cache {
        cache.clear().await;
    }
    println!(
        "Load with the cache, {} s (from an empty cache)…",
        args.seconds
    );
    let with = phase(&shop, length).await?;
    print_table(&without, &with);

    println!("\nKilling the primary under load…");
    let (address, server) = serve(shop.clone()).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let customers = tokio::spawn({
        let stop = stop.clone();
        async move { load::until(&address, stop).await }
    });
    let report = outage::run(primary, reader).await;
    stop.store(true, Ordering::Relaxed);
    let customers = customers.await??;
    server.abort();
    let report = report?;
    print_outage(&report, &customers);
    if args.strict {
        ensure!(
            report.reads_failed == 0,
            "reads failed on the reader endpoint"
        );
        ensure!(report.missing == 0, "acknowledged writes are missing");
        ensure!(customers.failed == 0, "requests to the shop failed");
    }
    Ok(())
}

async fn phase(shop: &Arc<Shop>, length: Duration) -> Result<Phase> {
    let (address, server) = serve(shop.clone()).await?;
    let queries = shop.database.queries();
    let outcome = load::during(&address, length).await?;
    server.abort();
    let hit_ratio = shop.cache.as_ref().map(|cache| {
        let (hits, misses) = (
            cache.hits.load(Ordering::Relaxed) as f64,
            cache.misses.load(Ordering::Relaxed) as f64,
        );
        hits / (hits + misses).max(1.0)
    });
    Ok(Phase {
        outcome,
        database_queries: shop.database.queries() - queries,
        hit_ratio,
    })
}

async fn serve(shop: Arc<Shop>) -> Result<(String, tokio::task::JoinHandle<()>)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let server = tokio::spawn(async move {
        axum::serve(listener, web::routes(shop)).await.ok();
    });
    Ok((address, server))
}

fn print_table(without: &Phase, with: &Phase) {
    let line = |name: &str, a: String, b: String, change: String| {
        println!("{name:24}{a:>14}  ->{b:>14}   {change}")
    };
    let rate = |phase: &Phase| phase.outcome.requests as f64 / phase.outcome.seconds;
    let queries = |phase: &Phase| phase.database_queries as f64 / phase.outcome.seconds;
    let ms = |phase: &Phase, quantile: f64| {
        phase.outcome.latency_us.value_at_quantile(quantile) as f64 / 1e3
    };
    let times = |after: f64, before: f64| format!("x{:.1}", after / before.max(f64::MIN_POSITIVE));
    let ratio = |phase: &Phase| {
        phase
            .hit_ratio
            .map_or("-".to_owned(), |ratio| format!("{:.1} %", ratio * 100.0))
    };
    println!("\n{:24}{:>14}    {:>14}", "", "without cache", "with cache");
    line(
        "requests/s",
        format!("{:.0}", rate(without)),
        format!("{:.0}", rate(with)),
        times(rate(with), rate(without)),
    );
    for (name, quantile) in [("p50 response, ms", 0.5), ("p99 response, ms", 0.99)] {
        let (a, b) = (ms(without, quantile), ms(with, quantile));
        line(name, format!("{a:.2}"), format!("{b:.2}"), times(b, a));
    }
    line(
        "database queries/s",
        format!("{:.0}", queries(without)),
        format!("{:.0}", queries(with)),
        String::new(),
    );
    let each = |phase: &Phase| phase.database_queries as f64 / phase.outcome.requests.max(1) as f64;
    line(
        "database queries/request",
        format!("{:.3}", each(without)),
        format!("{:.3}", each(with)),
        String::new(),
    );
    line(
        "cache hit ratio",
        ratio(without),
        ratio(with),
        String::new(),
    );
    line(
        "failed requests",
        without.outcome.failed.to_string(),
        with.outcome.failed.to_string(),
        String::new(),
    );
}

fn print_outage(report: &outage::Report, customers: &Outcome) {
    println!(
        "primary killed (kill -9)          process {}",
        report.killed_pid
    );
    println!(
        "new primary                       process {}",
        report.new_pid
    );
    println!(
        "writes refused for                {:.2} s",
        report.writes_refused.as_secs_f64()
    );
    println!(
        "writes acknowledged               {} ({} tries failed meanwhile)",
        report.writes_acknowledged, report.writes_failed
    );
    println!("acknowledged writes missing       {}", report.missing);
    println!(
        "reads on the reader endpoint      {} ({} failed)",
        report.reads, report.reads_failed
    );
    println!(
        "requests to the shop meanwhile    {} ({} failed)",
        customers.requests, customers.failed
    );
}
