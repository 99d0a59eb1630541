//! The closed loop over epoll.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use serde::Serialize;

use crate::cpu::process_ns;
use crate::requests::{Batch, Protocol, Shape};

#[derive(clap::Args)]
pub(crate) struct Load {
    /// Address of the server, as 127.0.0.1:6379.
    #[arg(long)]
    address: String,
    #[arg(long, default_value_t = 1_000_000)]
    keys: usize,
    #[arg(long, default_value_t = 64)]
    value_bytes: usize,
}

#[derive(clap::Args)]
pub(crate) struct Run {
    #[command(flatten)]
    load: Load,
    #[arg(long, value_enum, default_value_t = Protocol::Resp)]
    protocol: Protocol,
    #[arg(long, default_value_t = 50)]
    connections: usize,
    #[arg(long, default_value_t = 1)]
    pipeline: usize,
    /// GETs for each SET.
    #[arg(long, default_value_t = 10)]
    gets_per_set: u64,
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The server's process: its CPU time is read at both ends of the run.
    #[arg(long)]
    pid: Option<u32>,
}

/// What `run` prints, as one line of JSON.
#[derive(Serialize)]
struct Report {
    requests: u64,
    seconds: f64,
    requests_per_second: f64,
    server_ns_per_request: Option<f64>,
    /// Share of one core.
    server_busy: Option<f64>,
    generator_busy: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

pub(crate) fn load(args: &Load) -> Result<()> {
    let shape = shape(args, Protocol::Resp, 50, 0, 1);
    let batches = shape.loading();
    let mut driver = Driver::connect(&args.address, 20, &batches)?;
    let done = driver.drive(Stop::AfterAll)?;
    println!("{{\"loaded\":{}}}", done.requests);
    Ok(())
}

pub(crate) fn run(args: &Run) -> Result<()> {
    let shape = shape(
        &args.load,
        args.protocol,
        args.pipeline,
        args.gets_per_set,
        args.seed,
    );
    let batches = shape.mixed();
    let mut driver = Driver::connect(&args.load.address, args.connections, &batches)?;
    let server = |pid: Option<u32>| pid.map(process_ns).transpose();
    let (server_before, own_before) = (server(args.pid)?, process_ns(std::process::id())?);
    let done = driver.drive(Stop::After(Duration::from_secs_f64(args.seconds)))?;
    let own_ns = process_ns(std::process::id())? - own_before;
    let server_ns = server(args.pid)?
        .zip(server_before)
        .map(|(after, before)| (after - before) as f64);
    let seconds = done.elapsed.as_secs_f64();
    let ms = |quantile: f64| done.latency_ns.value_at_quantile(quantile) as f64 / 1e6;
    let report = Report {
        requests: done.requests,
        seconds,
        requests_per_second: done.requests as f64 / seconds,
        server_ns_per_request: server_ns.map(|ns| ns / done.requests as f64),
        server_busy: server_ns.map(|ns| ns / 1e9 / seconds),
        generator_busy: own_ns as f64 / 1e9 / seconds,
        p50_ms: ms(0.5),
        p99_ms: ms(0.99),
        p999_ms: ms(0.999),
        max_ms: done.latency_ns.max() as f64 / 1e6,
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

fn shape(load: &Load, protocol: Protocol, pipeline: usize, gets_per_set: u64, seed: u64) -> Shape {
    Shape {
        protocol,
        keys: load.keys,
        value_len: load.value_bytes,
        pipeline,
        gets_per_set,
        seed,
    }
}

/// When no further batch is sent; what is under way is waited for and counted.
enum Stop {
    AfterAll,
    After(Duration),
}

struct Connection {
    stream: TcpStream,
    batch: usize,
    sent: usize,
    received: usize,
    started: Instant,
}

struct Driver<'a> {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    batches: &'a [Batch],
    next: usize,
}

struct Done {
    requests: u64,
    elapsed: Duration,
    latency_ns: Histogram<u64>,
}

impl<'a> Driver<'a> {
    fn connect(address: &str, count: usize, batches: &'a [Batch]) -> Result<Driver<'a>> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let stream =
                TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll::add(
                &epoll,
                &stream,
                epoll::EventData::new_u64(index as u64),
                epoll::EventFlags::IN,
            )?;
            connections.push(Connection {
                stream,
                batch: 0,
                sent: 0,
                received: 0,
                started: Instant::now(),
            });
        }
        Ok(Driver {
            epoll,
            connections,
            batches,
            next: 0,
        })
    }

    fn drive(&mut self, stop: Stop) -> Result<Done> {
        let mut done = Done {
            requests: 0,
            elapsed: Duration::ZERO,
            latency_ns: Histogram::new_with_max(60_000_000_000, 3)?,
        };
        let start = Instant::now();
        let mut active = 0;
        for index in 0..self.connections.len() {
            active += usize::from(self.start_batch(index, start, &stop, start)?);
        }
        let mut events = Vec::with_capacity(512);
        let mut buffer = vec![0u8; 256 << 10];
        let patience = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        while active > 0 {
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&patience))?;
            if events.is_empty() {
                bail!(
                    "no reply for 5 s with {active} batches under way: is every key loaded, with this value size?"
                );
            }
            let now = Instant::now();
            for event in events.drain(..) {
                let index = event.data.u64() as usize;
                if !self.receive(index, &mut buffer)? {
                    continue;
                }
                let connection = &self.connections[index];
                done.requests += self.batches[connection.batch].requests as u64;
                done.latency_ns.record_n(
                    (now - connection.started).as_nanos() as u64,
                    self.batches[connection.batch].requests as u64,
                )?;
                active -= usize::from(!self.start_batch(index, now, &stop, start)?);
            }
        }
        done.elapsed = start.elapsed();
        Ok(done)
    }

    /// Sends the next batch on this connection, unless the run is over.
    fn start_batch(
        &mut self,
        index: usize,
        now: Instant,
        stop: &Stop,
        start: Instant,
    ) -> Result<bool> {
        let over = match stop {
            Stop::AfterAll => self.next >= self.batches.len(),
            Stop::After(length) => now - start >= *length,
        };
        if over {
            return Ok(false);
        }
        let connection = &mut self.connections[index];
        connection.batch = self.next % self.batches.len();
        self.next += 1;
        (connection.sent, connection.received, connection.started) = (0, 0, now);
        send(connection, self.batches)?;
        Ok(true)
    }

    /// Reads once. Whether the batch's replies are complete.
    fn receive(&mut self, index: usize, buffer: &mut [u8]) -> Result<bool> {
        let connection = &mut self.connections[index];
        let read = match connection.stream.read(buffer) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        ensure!(
            buffer[0] != b'-' || connection.received > 0,
            "the server answered {}",
            String::from_utf8_lossy(&buffer[..read.min(200)])
        );
        connection.received += read;
        if connection.sent < self.batches[connection.batch].bytes.len() {
            send(connection, self.batches)?;
        }
        let expected = self.batches[connection.batch].reply_len;
        ensure!(
            connection.received <= expected,
            "{} bytes came where {expected} were due",
            connection.received
        );
        Ok(connection.received == expected)
    }
}

/// Writes what the socket takes. The rest follows when replies come: a batch is small against the socket's buffer.
fn send(connection: &mut Connection, batches: &[Batch]) -> Result<()> {
    match connection
        .stream
        .write(&batches[connection.batch].bytes[connection.sent..])
    {
        Ok(sent) => connection.sent += sent,
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
