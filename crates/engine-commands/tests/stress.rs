//! Several threads over overlapping keys: sums stay, every element is handed over exactly once, nobody sees half of a
//! command, nobody deadlocks. Lock-order assertions are on in debug builds. The seed is printed; set
//! `ELASTANE_STRESS_SEED` to repeat a run and `ELASTANE_STRESS_ROUNDS` to make it longer.

use engine_dispatch::client::{ClientInfo, Endpoint};
use engine_dispatch::inbox::Message;
use engine_dispatch::{Client, Server, Worker};
use engine_session::{Session, Status};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const THREADS: usize = 4;
const ACCOUNTS: u64 = 12;
const QUEUES: u64 = 3;

/// One I/O thread without sockets.
struct Loop {
    server: &'static Server,
    worker: Worker,
    sessions: BTreeMap<u64, Session>,
    random: u64,
}

impl Loop {
    fn new(server: &'static Server, index: usize, seed: u64) -> Self {
        let random = seed
            .wrapping_add(index as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            | 1;
        Self {
            server,
            worker: Worker::new(server, index),
            sessions: BTreeMap::new(),
            random,
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    fn open(&mut self) -> u64 {
        let id = self.server.clients.next_id();
        let info = ClientInfo {
            id,
            thread: self.worker.index,
            ..ClientInfo::default()
        };
        self.sessions.insert(
            id,
            Session::new(Client::new(Arc::new(info), Endpoint::Node, true)),
        );
        id
    }

    fn receive(&mut self, id: u64, line: &str) {
        self.worker.tick();
        let session = self.sessions.get_mut(&id).expect("an open session");
        session.receive(
            self.server,
            &mut self.worker,
            format!("{line}\r\n").as_bytes(),
        );
        self.turn();
    }

    /// Messages, then suspended sessions: what the driver does each turn.
    fn turn(&mut self) {
        while let Some(message) = self.server.inboxes[self.worker.index].next() {
            if let Message::Reply {
                session,
                bytes,
                offset,
            } = message
                && let Some(session) = self.sessions.get_mut(&session)
            {
                session.deliver(self.server, &mut self.worker, &bytes, offset);
            }
        }
        for session in self.sessions.values_mut() {
            if matches!(session.status(), Status::Suspended(_)) {
                session.resume(self.server, &mut self.worker);
            }
        }
    }

    fn output(&mut self, id: u64) -> Vec<u8> {
        std::mem::take(&mut self.sessions.get_mut(&id).expect("an open session").out)
    }

    /// Sends a command that does not block and waits for its whole reply.
    fn ask(&mut self, id: u64, line: &str) -> String {
        self.receive(id, line);
        let mut out = self.output(id);
        while out.is_empty() {
            std::thread::yield_now();
            self.turn();
            out = self.output(id);
        }
        String::from_utf8(out).expect("text")
    }
}

/// Fails the process if the threads stop moving: a deadlock must not hang the run.
fn watch(progress: &Arc<AtomicU64>, done: &Arc<AtomicBool>) {
    let (progress, done) = (progress.clone(), done.clone());
    std::thread::spawn(move || {
        let mut last = (0, Instant::now());
        while !done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(200));
            let now = progress.load(Ordering::Relaxed);
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() > Duration::from_secs(120) {
                eprintln!("no progress for two minutes: deadlock");
                std::process::exit(101);
            }
        }
    });
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

/// Runs `body` on every thread; its argument is the loop and the progress counter.
fn run(server: &'static Server, seed: u64, body: impl Fn(&mut Loop, &AtomicU64) + Sync) {
    let (progress, done) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    watch(&progress, &done);
    std::thread::scope(|scope| {
        for index in 0..THREADS {
            let (body, progress) = (&body, &progress);
            scope.spawn(move || body(&mut Loop::new(server, index, seed), progress));
        }
    });
    done.store(true, Ordering::Relaxed);
}

fn start() -> (&'static Server, u64, u64) {
    let seed = setting("ELASTANE_STRESS_SEED", 20_261_125);
    let rounds = setting("ELASTANE_STRESS_ROUNDS", 4000);
    println!("ELASTANE_STRESS_SEED={seed} ELASTANE_STRESS_ROUNDS={rounds}");
    let server = Server::new(
        engine_commands::table(),
        params::Config::new(),
        THREADS,
        [3; 28],
    );
    (server, seed, rounds)
}

#[test]
fn transfers_by_watch_and_exec_keep_the_sum() {
    let (server, seed, rounds) = start();
    let all: Vec<String> = (0..ACCOUNTS).map(|n| format!("account:{n}")).collect();
    let setup: String = all.iter().map(|a| format!(" {a} 1000")).collect();
    Loop::new(server, 0, seed).one(&format!("MSET{setup}"));
    let aborted = AtomicU64::new(0);
    run(server, seed, |this, progress| {
        let client = this.open();
        for round in 0..rounds {
            let (a, b) = (this.random(ACCOUNTS), this.random(ACCOUNTS));
            if a == b {
                continue;
            }
            progress.fetch_add(1, Ordering::Relaxed);
            if round % 37 == 0 {
                let sum: i64 = balances(&this.ask(client, &format!("MGET {}", all.join(" "))))
                    .iter()
                    .sum();
                assert_eq!(sum, 1000 * ACCOUNTS as i64, "MGET saw half of a transfer");
                continue;
            }
            this.ask(client, &format!("WATCH account:{a} account:{b}"));
            let have = balances(&this.ask(client, &format!("MGET account:{a} account:{b}")));
            this.ask(client, "MULTI");
            this.ask(client, &format!("SET account:{a} {}", have[0] - 1));
            this.ask(client, &format!("SET account:{b} {}", have[1] + 1));
            if this.ask(client, "EXEC") == "*-1\r\n" {
                aborted.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let sum: i64 = balances(&Loop::new(server, 0, seed).one(&format!("MGET {}", all.join(" "))))
        .iter()
        .sum();
    assert_eq!(sum, 1000 * ACCOUNTS as i64);
    println!("{} transactions aborted", aborted.load(Ordering::Relaxed));
    assert!(
        aborted.load(Ordering::Relaxed) > 0,
        "nobody met anybody: the test shows nothing"
    );
}

impl Loop {
    fn one(&mut self, line: &str) -> String {
        let client = self.open();
        self.ask(client, line)
    }
}

/// The numbers of an array of bulk strings.
fn balances(reply: &str) -> Vec<i64> {
    let lines: Vec<&str> = reply.split("\r\n").collect();
    lines
        .windows(2)
        .filter(|w| w[0].starts_with('$'))
        .filter_map(|w| w[1].parse().ok())
        .collect()
}

#[test]
fn every_element_is_handed_over_once() {
    let (server, seed, rounds) = start();
    let pushed = AtomicU64::new(0);
    let took: parking_lot::Mutex<Vec<u64>> = parking_lot::Mutex::default();
    let producers = AtomicU64::new(THREADS as u64);
    run(server, seed, |this, progress| {
        let producer = this.open();
        let waiters: Vec<u64> = (0..4).map(|_| this.open()).collect();
        let mut mine = Vec::new();
        let mut next = this.worker.index as u64;
        for _ in 0..rounds / 2 {
            for waiter in &waiters {
                wait_again(this, *waiter, &mut mine);
            }
            let queue = this.random(QUEUES);
            match this.random(3) {
                0 => drop(this.ask(producer, &format!("RPUSH queue:{queue} {next}"))),
                1 => {
                    this.ask(producer, "MULTI");
                    this.ask(producer, &format!("LPUSH queue:{queue} {next}"));
                    this.ask(producer, "PING");
                    this.ask(producer, "EXEC");
                }
                _ => drop(this.ask(producer, &format!("LPUSH queue:{queue} {next}"))),
            }
            pushed.fetch_add(1, Ordering::Relaxed);
            progress.fetch_add(1, Ordering::Relaxed);
            next += THREADS as u64;
        }
        producers.fetch_sub(1, Ordering::SeqCst);
        // Others may still push to those who wait here.
        while producers.load(Ordering::SeqCst) > 0 {
            this.turn();
            std::thread::yield_now();
        }
        for _ in 0..50 {
            this.turn();
            for waiter in &waiters {
                collect(&this.output(*waiter), &mut mine);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for waiter in waiters {
            if let Some(mut session) = this.sessions.remove(&waiter) {
                session.end(server);
                collect(&session.out, &mut mine);
            }
        }
        took.lock().extend(mine);
    });
    let mut rest = Loop::new(server, 0, seed);
    let mut all = took.into_inner();
    for key in (0..QUEUES)
        .map(|n| format!("queue:{n}"))
        .chain(["moved".to_string()])
    {
        let left = rest.one(&format!("LRANGE {key} 0 -1"));
        if key == "moved" {
            // BLMOVE answers with what it moved, and the element is here too: exactly one of each.
            let moved = balances(&left);
            let mut unique = moved.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), moved.len(), "an element was moved twice");
            assert!(
                moved.iter().all(|n| all.contains(&(*n as u64))),
                "moved, but nobody was told"
            );
        } else {
            all.extend(balances(&left).iter().map(|n| *n as u64));
        }
    }
    let count = all.len() as u64;
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len() as u64, count, "an element was handed over twice");
    assert_eq!(count, pushed.load(Ordering::Relaxed), "an element was lost");
}

fn wait_again(this: &mut Loop, waiter: u64, mine: &mut Vec<u64>) {
    let out = this.output(waiter);
    collect(&out, mine);
    let session = this.sessions.get_mut(&waiter).expect("an open session");
    if session.status() == Status::Idle {
        let (a, b) = (this.random(QUEUES), this.random(QUEUES));
        let line = match this.random(3) {
            0 => format!("BLMOVE queue:{a} moved LEFT RIGHT 0"),
            1 => format!("BLPOP queue:{a} queue:{b} 0"),
            _ => format!("BRPOP queue:{a} 0"),
        };
        this.receive(waiter, &line);
    }
}

/// The elements in replies of BLPOP (key and element) and BLMOVE (element).
fn collect(out: &[u8], mine: &mut Vec<u64>) {
    let text = String::from_utf8_lossy(out);
    mine.extend(balances(&text).iter().map(|n| *n as u64));
}

#[test]
fn nobody_sees_half_of_a_command_while_everything_is_flushed() {
    let (server, seed, rounds) = start();
    run(server, seed, |this, progress| {
        let client = this.open();
        for round in 0..rounds {
            progress.fetch_add(1, Ordering::Relaxed);
            let pair = this.random(4);
            match this.random(40) {
                0 => drop(this.ask(client, "FLUSHALL")),
                1 => drop(this.ask(client, "SWAPDB 0 1")),
                2 => drop(this.ask(client, "DBSIZE")),
                3..20 => drop(this.ask(
                    client,
                    &format!("MSET left:{pair} {round} right:{pair} {round}"),
                )),
                20..25 => {
                    this.ask(client, "MULTI");
                    this.ask(client, &format!("SET left:{pair} {round}"));
                    this.ask(client, &format!("SET right:{pair} {round}"));
                    this.ask(client, "EXEC");
                }
                25..28 => drop(this.ask(client, &format!("DEL left:{pair} right:{pair}"))),
                _ => {
                    let reply = this.ask(client, &format!("MGET left:{pair} right:{pair}"));
                    let both = balances(&reply);
                    let whole = both.is_empty() || (both.len() == 2 && both[0] == both[1]);
                    assert!(whole, "half of a command: {reply:?}");
                }
            }
        }
    });
}
