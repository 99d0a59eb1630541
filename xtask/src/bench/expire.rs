//! `cargo xtask bench expire`: a million keys whose time comes in the same moment. How long until they are gone, and how
//! long does a client wait meanwhile?

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};

use super::target::Target;
use crate::install;
use crate::workspace::{Profile, build, scratch};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(long, default_value_t = 1_000_000)]
    keys: usize,
    #[arg(long, default_value_t = 64)]
    value_bytes: usize,
    /// I/O threads of our node.
    #[arg(long, default_value_t = 1)]
    io_threads: usize,
    /// `active-expire-effort` of all servers.
    #[arg(long, default_value_t = 1)]
    effort: u8,
    /// Another server to measure: `redis-server` for Debian's.
    #[arg(long)]
    against: Option<String>,
    /// Measure a build without optimisation (to try the benchmark itself).
    #[arg(long)]
    dev: bool,
    #[arg(long, default_value_t = 0)]
    server_core: usize,
}

/// What is asked of the node: seconds until the keys are gone, and milliseconds a client may wait.
const GONE_S: f64 = 3.0;
const WAIT_MS: f64 = 10.0;
/// Keys in flight while loading.
const PIPELINE: usize = 1000;

struct Outcome {
    gone_s: f64,
    worst_ms: f64,
    p99_ms: f64,
    requests: usize,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let profile = Profile::dev_if(args.dev);
    let effort = args.effort.to_string();
    let plain = [
        "--port",
        "{port}",
        "--save",
        "",
        "--appendonly",
        "no",
        "--active-expire-effort",
        &effort,
    ];
    let mut report = format!(
        "{} keys of {} B values that expire in the same millisecond; server on core {}, effort {}\n",
        args.keys, args.value_bytes, args.server_core, args.effort
    );
    let mut servers = vec![("node", build("elastane", profile)?)];
    if let Some(other) = &args.against {
        if other == install::REDIS_SERVER.program {
            install::programs(&[install::REDIS_SERVER])?;
        }
        let program = install::find(other).with_context(|| format!("{other} is not found"))?;
        servers.push(("peer", program));
    }
    let mut met = true;
    for (name, program) in servers {
        let outcome = measure(args, name, &program, &plain)?;
        report += &format!(
            "{name:6} gone after {:.2} s; {} requests meanwhile, p99 {:.2} ms, longest {:.2} ms\n",
            outcome.gone_s, outcome.requests, outcome.p99_ms, outcome.worst_ms
        );
        met &= name != "node" || (outcome.gone_s <= GONE_S && outcome.worst_ms <= WAIT_MS);
    }
    report += &format!(
        "asked of the node: gone within {GONE_S} s, no client waits longer than {WAIT_MS} ms: "
    );
    report += if met { "met\n" } else { "NOT MET\n" };
    print!("{report}");
    fs::write(scratch("bench")?.join("expire.txt"), &report)?;
    ensure!(met || args.dev, "the figures asked for are not met");
    Ok(())
}

fn measure(args: &Args, name: &'static str, program: &Path, plain: &[&str]) -> Result<Outcome> {
    let threads = args.io_threads.to_string();
    let words: Vec<&str> = match name {
        "node" => ["node"]
            .into_iter()
            .chain(plain.iter().copied())
            .chain(["--io-threads", &threads])
            .collect(),
        _ => plain.to_vec(),
    };
    let target = Target::server(name, program, &words, args.server_core)?;
    let deadline = load(args, &target.address)?;
    let over = Arc::new(AtomicBool::new(false));
    let probe = {
        let (address, over) = (target.address.clone(), over.clone());
        std::thread::spawn(move || waits(&address, &over))
    };
    let gone = until_gone(&target.address, deadline);
    over.store(true, Ordering::Relaxed);
    let mut waits = probe.join().expect("the probing thread does not panic")?;
    waits.sort_unstable();
    let millis = |d: Option<&Duration>| d.map_or(0.0, |d| d.as_secs_f64() * 1e3);
    Ok(Outcome {
        gone_s: gone?.as_secs_f64(),
        worst_ms: millis(waits.last()),
        p99_ms: millis(waits.get(waits.len() * 99 / 100)),
        requests: waits.len(),
    })
}

struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Connection {
            reader: BufReader::new(stream),
        })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.reader.get_mut().write_all(bytes)?)
    }

    /// One reply: a line, and what a bulk string's line announces.
    fn reply(&mut self) -> Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        if let Some(len) = line
            .strip_prefix('$')
            .and_then(|n| n.trim().parse::<usize>().ok())
        {
            let mut text = vec![0; len + 2];
            self.reader.read_exact(&mut text)?;
            return Ok(String::from_utf8_lossy(&text[..len]).into_owned());
        }
        if line.is_empty() || line.starts_with('-') {
            bail!("the server answered {line:?}");
        }
        Ok(line.trim_end().to_owned())
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }
}

fn unix_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as i64)
}

/// Puts the keys; when they expire, milliseconds of Unix time.
fn load(args: &Args, address: &str) -> Result<i64> {
    // Time enough to load, even without optimisation.
    let deadline = unix_ms() + 5_000 + args.keys as i64 * if args.dev { 60 } else { 15 } / 1000;
    let mut connection = Connection::open(address)?;
    connection.ask("SET probe value")?;
    let (value, at) = ("v".repeat(args.value_bytes), deadline.to_string());
    let mut batch = Vec::new();
    for first in (0..args.keys).step_by(PIPELINE) {
        let keys = first..(first + PIPELINE).min(args.keys);
        batch.clear();
        for n in keys.clone() {
            let key = format!("key:{n:012}");
            write!(
                batch,
                "*5\r\n$3\r\nSET\r\n${}\r\n{key}\r\n${}\r\n{value}\r\n$4\r\nPXAT\r\n${}\r\n{at}\r\n",
                key.len(),
                value.len(),
                at.len()
            )?;
        }
        connection.send(&batch)?;
        for _ in keys {
            connection.reply()?;
        }
    }
    let keys = connection.ask("DBSIZE")?;
    ensure!(
        keys == format!(":{}", args.keys + 1),
        "after loading DBSIZE is {keys}"
    );
    let left = deadline - unix_ms();
    ensure!(left > 500, "loading took too long: {left} ms are left");
    std::thread::sleep(Duration::from_millis(left as u64 - 200));
    Ok(deadline)
}

/// Watches DBSIZE until only the probe's key is left; the time from the deadline on.
fn until_gone(address: &str, deadline: i64) -> Result<Duration> {
    let mut connection = Connection::open(address)?;
    loop {
        let keys = connection.ask("DBSIZE")?;
        let since = unix_ms() - deadline;
        if keys == ":1" {
            return Ok(Duration::from_millis(since.max(0) as u64));
        }
        if since > 120_000 {
            bail!("after {} s there are {keys} keys", since / 1000);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A client that asks for one key again and again: how long each answer took.
fn waits(address: &str, over: &AtomicBool) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(address)?;
    let mut waits = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let start = Instant::now();
        connection.ask("GET probe")?;
        waits.push(start.elapsed());
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(waits)
}
