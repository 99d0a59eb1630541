//! Customers: connections that click as fast as the shop answers, in the mix of a shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use rand::RngExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::database::{PRODUCTS, SESSIONS};

const CUSTOMERS: usize = 32;

pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    pub(crate) seconds: f64,
    pub(crate) latency_us: Histogram<u64>,
}

/// Loads the shop at `address` until `stop` is set.
pub(crate) async fn until(address: &str, stop: Arc<AtomicBool>) -> Result<Outcome> {
    let start = Instant::now();
    let mut customers = Vec::new();
    for _ in 0..CUSTOMERS {
        customers.push(tokio::spawn(customer(address.to_owned(), stop.clone())));
    }
    let mut total = Outcome {
        requests: 0,
        failed: 0,
        seconds: 0.0,
        latency_us: Histogram::new(3)?,
    };
    for customer in customers {
        let (latency_us, failed) = customer.await??;
        total.requests += latency_us.len();
        total.failed += failed;
        total.latency_us.add(&latency_us)?;
    }
    total.seconds = start.elapsed().as_secs_f64();
    Ok(total)
}

/// Loads the shop for some time.
pub(crate) async fn during(address: &str, length: Duration) -> Result<Outcome> {
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (address, stop) = (address.to_owned(), stop.clone());
        async move { until(&address, stop).await }
    });
    tokio::time::sleep(length).await;
    stop.store(true, Ordering::Relaxed);
    load.await?
}

async fn customer(address: String, stop: Arc<AtomicBool>) -> Result<(Histogram<u64>, u64)> {
    let mut latency_us = Histogram::new(3)?;
    let mut failed = 0;
    let mut connection = BufReader::new(TcpStream::connect(&address).await?);
    connection.get_ref().set_nodelay(true)?;
    while !stop.load(Ordering::Relaxed) {
        let request = click();
        let start = Instant::now();
        let status = ask(&mut connection, &request).await?;
        latency_us.record(start.elapsed().as_micros() as u64)?;
        failed += u64::from(status != 200);
    }
    Ok((latency_us, failed))
}

/// 70 product pages, 20 sessions, 8 leaderboards and 2 orders of a hundred clicks; some products draw more than others.
fn click() -> String {
    let mut random = rand::rng();
    let popular = random.random_range(0.0..1.0f64).powi(3);
    let product = 1 + (popular * PRODUCTS as f64) as i64;
    let (method, path) = match random.random_range(0..100) {
        0..70 => ("GET", format!("/products/{product}")),
        70..90 => (
            "GET",
            format!("/sessions/{}", random.random_range(1..=SESSIONS)),
        ),
        90..98 => ("GET", "/leaderboard".to_owned()),
        _ => ("POST", format!("/orders/{product}")),
    };
    format!("{method} {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n")
}

/// Sends a request over a kept connection and reads its answer; gives the status.
async fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> Result<u16> {
    connection.get_mut().write_all(request.as_bytes()).await?;
    let mut line = String::new();
    let (mut status, mut length) = (0, 0);
    loop {
        line.clear();
        if connection.read_line(&mut line).await? == 0 {
            bail!("the shop closed a connection");
        }
        if status == 0 {
            status = line
                .split(' ')
                .nth(1)
                .and_then(|code| code.parse().ok())
                .context("no HTTP status")?;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok(status)
}
