//! Listening sockets and the addresses they get.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, accept_with, bind, getsockname, listen, socket_with,
    sockopt,
};

/// Clients that may wait while nobody serves.
const BACKLOG: i32 = 1024;
/// Loopback addresses of our own are taken from 127.64.0.0/10 upwards.
const OWN_BASE: u32 = u32::from_be_bytes([127, 64, 0, 0]);
const OWN_COUNT: u32 = 1 << 22;
/// Addresses tried before falling back.
const TRIES: u32 = 64;

/// Opens a listener, non-blocking. No SO_REUSEPORT: another process of the same
/// user could steal connections with it.
pub(crate) fn open(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// The address a listener has.
pub(crate) fn address_of(socket: &OwnedFd) -> Option<SocketAddr> {
    SocketAddr::try_from(getsockname(socket).ok()?).ok()
}

/// Finds an address for an endpoint and opens it: a loopback address of its own
/// with the wanted port, from a place in the range that `salt` gives, so that
/// two services on one machine rarely try the same; else 127.0.0.1 and any port.
pub(crate) fn find(
    port: u16,
    salt: u64,
    taken: impl Fn(SocketAddr) -> bool,
) -> io::Result<(SocketAddr, OwnedFd)> {
    if cfg!(target_os = "linux") && port != 0 {
        for n in 0..TRIES {
            let offset = (salt.wrapping_add(u64::from(n)) % u64::from(OWN_COUNT)) as u32;
            let ip = Ipv4Addr::from(OWN_BASE + offset);
            let address = SocketAddr::V4(SocketAddrV4::new(ip, port));
            if matches!(ip.octets()[3], 0 | 255) || taken(address) {
                continue;
            }
            match open(address) {
                Ok(socket) => return Ok((address, socket)),
                // The port is taken on all addresses, or needs privileges.
                Err(e) if e.kind() != io::ErrorKind::AddrInUse => break,
                Err(_) => {}
            }
        }
    }
    let socket = open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = address_of(&socket).ok_or(io::ErrorKind::AddrNotAvailable)?;
    Ok((address, socket))
}

/// Accepts and resets everyone who waits.
pub(crate) fn reset_waiting(listener: &OwnedFd) {
    while let Ok(client) = accept_with(listener, SocketFlags::CLOEXEC) {
        // Without lingering, closing sends a reset.
        let _ = sockopt::set_socket_linger(&client, Some(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpStream;

    #[test]
    fn endpoints_share_a_port_on_addresses_of_their_own() {
        let free = open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = address_of(&free).unwrap().port();
        drop(free);
        let (a, _a) = find(port, 77, |_| false).unwrap();
        let (b, _b) = find(port, 77, |_| false).unwrap();
        assert_eq!((a.port(), b.port()), (port, port));
        assert_ne!(a.ip(), b.ip());
    }

    #[test]
    fn a_port_taken_everywhere_gives_a_free_one() {
        let everywhere = open(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).unwrap();
        let port = address_of(&everywhere).unwrap().port();
        let (address, _socket) = find(port, 5, |_| false).unwrap();
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        assert_ne!(address.port(), port);
    }

    #[test]
    fn clients_that_wait_for_nobody_are_reset() {
        let listener = open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let mut client = TcpStream::connect(address_of(&listener).unwrap()).unwrap();
        reset_waiting(&listener);
        let error = client.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
