//! The thread that accepts connections and deals them out to the I/O threads, and the listeners it accepts from.

use crate::connection::{Accepted, EndpointCount};
use crate::io_thread::Port;
use crate::log;
use crate::poll::{Interest, Poll, Waker};
use crate::reader_page::ReaderPage;
use engine_dispatch::client::{ClientInfo, Endpoint};
use engine_dispatch::{Client, Server};
use engine_session::Session;
use parking_lot::Mutex;
use rustix::net::{SendFlags, SocketFlags, accept_with, send, sockopt};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const WAKER: u64 = u64::MAX;
/// Connections accepted from one listener before the others get their turn.
const ACCEPT_AT_ONCE: usize = 64;

/// A socket that clients connect to.
struct Listener {
    endpoint: Endpoint,
    fd: OwnedFd,
    page: Option<Arc<ReaderPage>>,
    /// Looked at again after a millisecond: another member was to take the next connection.
    put_off: bool,
    watched: bool,
}

/// The listeners of a node, shared by the acceptor and the admin socket.
pub(crate) struct Listeners {
    server: &'static Server,
    ports: Vec<Arc<Port>>,
    listeners: Mutex<Vec<Listener>>,
    waker: Waker,
    /// Open connections by endpoint: node, primary, reader.
    counts: [Arc<AtomicU32>; 3],
}

fn index(endpoint: Endpoint) -> usize {
    match endpoint {
        Endpoint::Node => 0,
        Endpoint::Primary => 1,
        Endpoint::Reader => 2,
    }
}

impl Listeners {
    pub(crate) fn new(server: &'static Server, ports: Vec<Arc<Port>>) -> io::Result<Arc<Self>> {
        let counts = std::array::from_fn(|_| Arc::default());
        Ok(Arc::new(Self {
            server,
            ports,
            listeners: Mutex::default(),
            waker: Waker::new()?,
            counts,
        }))
    }

    /// Accepts from a socket from now on; for the primary and reader endpoints in the place of the one before.
    pub(crate) fn serve(
        &self,
        endpoint: Endpoint,
        fd: OwnedFd,
        page: Option<ReaderPage>,
    ) -> io::Result<()> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        let page = page.map(Arc::new);
        if let Some(page) = &page {
            page.set(self.connections(endpoint));
        }
        let mut listeners = self.listeners.lock();
        if endpoint != Endpoint::Node {
            listeners.retain(|l| l.endpoint != endpoint);
        }
        listeners.push(Listener {
            endpoint,
            fd,
            page,
            put_off: false,
            watched: false,
        });
        drop(listeners);
        self.waker.wake();
        Ok(())
    }

    /// Accepts no more from an endpoint; what waits in its queue stays for whoever serves it next.
    pub(crate) fn stop(&self, endpoint: Endpoint) {
        self.listeners.lock().retain(|l| l.endpoint != endpoint);
    }

    /// Copies of the shared endpoints' sockets.
    pub(crate) fn copies(&self) -> io::Result<Vec<(Endpoint, OwnedFd)>> {
        let listeners = self.listeners.lock();
        let shared = listeners.iter().filter(|l| l.endpoint != Endpoint::Node);
        shared
            .map(|l| Ok((l.endpoint, l.fd.try_clone()?)))
            .collect()
    }

    /// The endpoints that are served.
    pub(crate) fn serving(&self) -> Vec<Endpoint> {
        self.listeners.lock().iter().map(|l| l.endpoint).collect()
    }

    /// Open connections of an endpoint.
    pub(crate) fn connections(&self, endpoint: Endpoint) -> u32 {
        self.counts[index(endpoint)].load(Ordering::Relaxed)
    }

    /// Runs the acceptor for as long as the process does.
    pub(crate) fn run(self: Arc<Self>) -> io::Result<()> {
        let mut poll = Poll::new()?;
        poll.add(self.waker.fd(), WAKER, Interest::Read)?;
        let mut ready = Vec::new();
        loop {
            let put_off = self.watch(&poll);
            self.waker.going_to_sleep();
            // A listener added since `watch` has woken, or will wake, the descriptor.
            let unwatched = self.listeners.lock().iter().any(|l| !l.watched);
            let timeout = if unwatched {
                Some(0)
            } else {
                put_off.then_some(1)
            };
            poll.wait(timeout, &mut ready);
            self.waker.awake();
            if ready.iter().any(|r| r.token == WAKER) {
                self.waker.drain();
            }
            self.accept_all(&poll);
        }
    }

    /// Watches what is new; whether a listener waits for its second look.
    fn watch(&self, poll: &Poll) -> bool {
        let mut listeners = self.listeners.lock();
        for listener in listeners.iter_mut().filter(|l| !l.watched) {
            match poll.add(&listener.fd, 0, Interest::Read) {
                Ok(()) => listener.watched = true,
                Err(error) => {
                    log::warning(&format!("A listening socket cannot be watched: {error}"))
                }
            }
        }
        listeners.iter().any(|l| l.put_off)
    }

    fn accept_all(&self, poll: &Poll) {
        let mut listeners = self.listeners.lock();
        for listener in listeners.iter_mut().filter(|l| l.watched) {
            let own = self.connections(listener.endpoint);
            let insists = std::mem::take(&mut listener.put_off);
            if let Some(page) = &listener.page
                && !insists
                && !page.may_accept(own)
            {
                // Not watched for a millisecond, or the loop would spin on the waiting connection.
                listener.put_off = true;
                listener.watched = false;
                poll.remove(&listener.fd);
                continue;
            }
            let most = if listener.page.is_some() {
                1
            } else {
                ACCEPT_AT_ONCE
            };
            for _ in 0..most {
                match accept_with(&listener.fd, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                    Ok(fd) => self.welcome(listener.endpoint, fd, listener.page.clone()),
                    Err(rustix::io::Errno::AGAIN) => break,
                    Err(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => {
                        log::warning("Accepting client connection: out of file descriptors");
                        std::thread::sleep(std::time::Duration::from_millis(100));
                        break;
                    }
                    Err(_) => {}
                }
            }
        }
    }

    fn welcome(&self, endpoint: Endpoint, fd: OwnedFd, page: Option<Arc<ReaderPage>>) {
        let address = |found: rustix::io::Result<rustix::net::SocketAddrAny>| {
            found.ok().and_then(|a| SocketAddr::try_from(a).ok())
        };
        let peer = address(
            rustix::net::getpeername(&fd).and_then(|a| a.ok_or(rustix::io::Errno::NOTCONN)),
        );
        let local = address(rustix::net::getsockname(&fd));
        let limit = self.server.config.int(params::MAXCLIENTS) as usize;
        let refused = if self.server.clients.len() >= limit {
            Some("-ERR max number of clients reached\r\n")
        } else if self.server.config.flag(params::PROTECTED_MODE)
            && self.server.acl.default_has_no_password()
            && self.server.config.show(params::BIND) == b"* -::*"
            && peer.is_some_and(|p| !p.ip().is_loopback())
        {
            Some(PROTECTED)
        } else {
            None
        };
        if let Some(text) = refused {
            if let Some(stats) = self.server.stats().first() {
                stats.refused.fetch_add(1, Ordering::Relaxed);
            }
            let _ = send(&fd, text.as_bytes(), SendFlags::NOSIGNAL);
            return;
        }
        if peer.is_some() {
            // Small replies leave at once; a connection whose peer vanished ends (`tcp-keepalive`).
            let _ = sockopt::set_tcp_nodelay(&fd, true);
            let _ = sockopt::set_socket_keepalive(&fd, true);
        }
        let loads = self.ports.iter().enumerate();
        let Some((thread, port)) = loads.min_by_key(|(_, p)| p.sessions.load(Ordering::Relaxed))
        else {
            return;
        };
        let text =
            |a: Option<SocketAddr>| a.map_or_else(|| "/unix:0".to_string(), |a| a.to_string());
        let now = engine_dispatch::server::now_ms();
        let info = Arc::new(ClientInfo {
            id: self.server.clients.next_id(),
            thread,
            fd: fd.as_raw_fd(),
            peer: text(peer),
            local: text(local),
            created_ms: now,
            active_ms: now.into(),
            last_command: usize::MAX.into(),
            multi: (-1).into(),
            ..ClientInfo::default()
        });
        self.server.clients.add(info.clone());
        let session = Session::new(Client::new(
            info,
            endpoint,
            self.server.acl.default_is_open(),
        ));
        let count = EndpointCount::new(self.counts[index(endpoint)].clone(), page);
        port.give(Accepted { fd, session, count });
    }
}

/// What Redis tells a stranger in protected mode, in short.
const PROTECTED: &str = "-DENIED Elastane is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. Set a password, bind to an address, or set 'protected-mode no'.\r\n";
