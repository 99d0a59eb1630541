//! A node without an engine, for the agent's tests: it speaks `node-api` on its
//! admin socket and, on its data ports, lines:
//!
//! ```text
//! PING   +PONG
//! WHO    +<node id> <role> <endpoint the connection came through>
//! WRITE  +<offset>, or -READONLY
//! STATE  +<replid> <offset>           (what replicas poll)
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use agent::passing::{Receiver, send};
use node_api::{
    Connections, EndpointKind, FrameKind, Hello, LinkState, NodeRole, PROTOCOL, Refusal,
    RefusalCode, Reply, Request, Status, encode,
};

const POLL: Duration = Duration::from_millis(5);

struct Node {
    id: String,
    started: Instant,
    state: Mutex<State>,
    served: Mutex<BTreeMap<EndpointKind, Served>>,
}

struct State {
    role: NodeRole,
    epoch: u64,
    replid: String,
    offset: u64,
    link: LinkState,
}

struct Served {
    listener: Arc<TcpListener>,
    stop: Arc<AtomicBool>,
}

fn main() {
    let file = std::env::args().nth(1).expect("a configuration file");
    let text = std::fs::read_to_string(file).expect("a readable file");
    let get = |name: &str| {
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
        line.map(|v| v.trim_matches('"').to_owned())
            .unwrap_or_default()
    };
    let node = Arc::new(Node {
        id: get("elastane-node-id"),
        started: Instant::now(),
        state: Mutex::new(State {
            role: NodeRole::Primary,
            epoch: 0,
            replid: format!("{:040x}", std::process::id()),
            offset: 0,
            link: LinkState::None,
        }),
        served: Mutex::default(),
    });
    let own = TcpListener::bind(format!("{}:{}", get("bind"), get("port"))).expect("my address");
    node.serve(EndpointKind::Node, own);
    let admin = UnixListener::bind(get("admin-socket")).expect("my admin socket");
    for stream in admin.incoming().flatten() {
        let node = Arc::clone(&node);
        thread::spawn(move || node.administer(&stream));
    }
}

impl Node {
    fn administer(self: &Arc<Self>, stream: &UnixStream) {
        let mut receiver = Receiver::default();
        while let Ok(Some((frame, fds))) = receiver.receive(stream) {
            let request = frame.read::<Request>().expect("a request");
            let (reply, fds) = self.answer(request, fds);
            let bytes = encode(FrameKind::Reply, &reply, fds.len());
            let borrowed: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
            send(stream, &bytes, &borrowed).expect("a reply is taken");
        }
    }

    fn answer(self: &Arc<Self>, request: Request, mut fds: Vec<OwnedFd>) -> (Reply, Vec<OwnedFd>) {
        match request {
            Request::Hello { .. } => {
                let hello = Hello {
                    protocol: PROTOCOL,
                    node_id: self.id.clone(),
                    pid: std::process::id(),
                    version: "fake".to_owned(),
                };
                return (Reply::Hello(hello), Vec::new());
            }
            Request::Status => return (Reply::Status(self.status()), Vec::new()),
            Request::Serve { endpoint, .. } => {
                self.serve(endpoint, TcpListener::from(fds.remove(0)));
            }
            Request::StopServing { endpoint } => self.stop_serving(endpoint),
            Request::ReturnListeners => return self.listeners(),
            Request::Follow {
                host, port, epoch, ..
            } => {
                if let Err(refusal) = self.raise(epoch) {
                    return (refusal, Vec::new());
                }
                self.follow(format!("{host}:{port}"), epoch);
            }
            Request::Promote { epoch, replid } => {
                if let Err(refusal) = self.raise(epoch) {
                    return (refusal, Vec::new());
                }
                let mut state = self.state.lock().unwrap();
                state.role = NodeRole::Primary;
                state.replid = replid;
                state.link = LinkState::None;
            }
            Request::Configure { .. } => {}
            Request::Shutdown { .. } => std::process::exit(0),
        }
        (Reply::Done, Vec::new())
    }

    fn raise(&self, epoch: u64) -> Result<(), Reply> {
        let mut state = self.state.lock().unwrap();
        if epoch < state.epoch {
            return Err(Reply::Refused(Refusal {
                code: RefusalCode::StaleEpoch,
                message: format!("my epoch is {}", state.epoch),
            }));
        }
        state.epoch = epoch;
        Ok(())
    }

    fn status(&self) -> Status {
        let state = self.state.lock().unwrap();
        let served = self.served.lock().unwrap();
        let shared = served.keys().filter(|k| **k != EndpointKind::Node);
        Status {
            role: state.role,
            epoch: state.epoch,
            replid: state.replid.clone(),
            offset: state.offset,
            link: state.link,
            loading: false,
            replicas: Vec::new(),
            connections: Connections::default(),
            serving: shared.copied().collect(),
            pid: std::process::id(),
            uptime_ms: self.started.elapsed().as_millis() as u64,
        }
    }

    fn listeners(&self) -> (Reply, Vec<OwnedFd>) {
        let served = self.served.lock().unwrap();
        let (mut endpoints, mut fds) = (Vec::new(), Vec::new());
        for (kind, held) in served.iter().filter(|(k, _)| **k != EndpointKind::Node) {
            endpoints.push(*kind);
            fds.push(held.listener.as_fd().try_clone_to_owned().unwrap());
        }
        (Reply::Listeners { endpoints }, fds)
    }

    fn stop_serving(&self, kind: EndpointKind) {
        if let Some(held) = self.served.lock().unwrap().remove(&kind) {
            held.stop.store(true, Ordering::Release);
        }
    }

    fn serve(self: &Arc<Self>, kind: EndpointKind, listener: TcpListener) {
        self.stop_serving(kind);
        listener.set_nonblocking(true).unwrap();
        let (listener, stop) = (Arc::new(listener), Arc::new(AtomicBool::new(false)));
        let held = Served {
            listener: Arc::clone(&listener),
            stop: Arc::clone(&stop),
        };
        self.served.lock().unwrap().insert(kind, held);
        let node = Arc::clone(self);
        thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                match listener.accept() {
                    Ok((client, _)) => {
                        let node = Arc::clone(&node);
                        thread::spawn(move || node.talk(client, kind));
                    }
                    Err(_) => thread::sleep(POLL),
                }
            }
        });
    }

    fn talk(&self, client: TcpStream, kind: EndpointKind) {
        client.set_nonblocking(false).unwrap();
        let mut writer = client.try_clone().unwrap();
        for line in BufReader::new(client).lines() {
            let Ok(line) = line else { return };
            let mut state = self.state.lock().unwrap();
            let answer = match line.trim() {
                "PING" => "+PONG".to_owned(),
                "WHO" => format!("+{} {:?} {}", self.id, state.role, kind.as_str()),
                "STATE" => format!("+{} {}", state.replid, state.offset),
                "WRITE" if state.role == NodeRole::Primary && kind != EndpointKind::Reader => {
                    state.offset += 1;
                    format!("+{}", state.offset)
                }
                "WRITE" => "-READONLY".to_owned(),
                // The frame around a PING sent as an array.
                _ => continue,
            };
            drop(state);
            if writer
                .write_all(format!("{answer}\r\n").as_bytes())
                .is_err()
            {
                return;
            }
        }
    }

    /// Polls the primary's state while this is still what was asked for.
    fn follow(self: &Arc<Self>, address: String, epoch: u64) {
        {
            let mut state = self.state.lock().unwrap();
            state.role = NodeRole::Replica;
            state.link = LinkState::Connecting;
        }
        let node = Arc::clone(self);
        thread::spawn(move || {
            loop {
                let _ = node.follow_once(&address, epoch);
                let mut state = node.state.lock().unwrap();
                if state.epoch != epoch || state.role != NodeRole::Replica {
                    return;
                }
                state.link = LinkState::Connecting;
                drop(state);
                thread::sleep(POLL);
            }
        });
    }

    fn follow_once(&self, address: &str, epoch: u64) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            stream.write_all(b"STATE\r\n")?;
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let told = line.trim().trim_start_matches('+').to_owned();
            let (replid, offset) = told.split_once(' ').expect("a state");
            let mut state = self.state.lock().unwrap();
            if state.epoch != epoch {
                return Ok(());
            }
            state.replid = replid.to_owned();
            state.offset = offset.parse().expect("an offset");
            state.link = LinkState::Up;
            drop(state);
            thread::sleep(POLL);
        }
    }
}
