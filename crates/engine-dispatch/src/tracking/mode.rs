//! Turning tracking on and off.

use super::Mode;
use crate::client::Client;
use crate::server::Server;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What CLIENT TRACKING ON asks for.
#[derive(Debug, Default)]
pub struct Options {
    pub mode: Mode,
    /// The client that is told instead; 0 for none.
    pub redirect: u64,
    /// Of broadcast mode; none for all keys.
    pub prefixes: Vec<Box<[u8]>>,
}

fn overlap(a: &[u8], b: &[u8]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// A pair of prefixes that would tell the client of one key twice: (asked for, the other, whether that one is the
/// client's already).
#[must_use]
pub fn prefix_collision<'p>(
    client: &'p Client,
    asked: &'p [Box<[u8]>],
) -> Option<(&'p [u8], &'p [u8], bool)> {
    for (n, prefix) in asked.iter().enumerate() {
        let own = client.prefixes.iter().find(|own| overlap(own, prefix));
        if let Some(own) = own {
            return Some((prefix, own, true));
        }
        let other = asked[n + 1..].iter().find(|other| overlap(other, prefix));
        if let Some(other) = other {
            return Some((prefix, other, false));
        }
    }
    None
}

/// Tracks the client from now on, as `options` say.
pub fn enable(server: &Server, client: &mut Client, options: Options) {
    let mut mode = options.mode;
    mode.set(Mode::ON, true);
    set_mode(client, mode);
    client
        .info
        .redirect
        .store(options.redirect, Ordering::Relaxed);
    if !mode.contains(Mode::BCAST) {
        return;
    }
    let prefixes = if options.prefixes.is_empty() {
        vec![Box::default()]
    } else {
        options.prefixes
    };
    let tracking = &server.tracking;
    let mut all = tracking.prefixes.lock();
    for prefix in prefixes {
        if client.prefixes.insert(prefix.clone()) {
            all.entry(prefix).or_default().push(client.info.clone());
        }
    }
    tracking.prefix_count.store(all.len(), Ordering::Release);
}

/// Tracks the client no more (CLIENT TRACKING OFF, RESET, end of the connection). Notes in the slots stay until
/// their keys change.
pub fn disable(server: &Server, client: &mut Client) {
    if !client.tracking.contains(Mode::ON) {
        return;
    }
    if !client.prefixes.is_empty() {
        let tracking = &server.tracking;
        let mut all = tracking.prefixes.lock();
        for prefix in std::mem::take(&mut client.prefixes) {
            if let Some(clients) = all.get_mut(&prefix) {
                clients.retain(|info| !Arc::ptr_eq(info, &client.info));
                if clients.is_empty() {
                    all.remove(&prefix);
                }
            }
        }
        tracking.prefix_count.store(all.len(), Ordering::Release);
    }
    set_mode(client, Mode::empty());
    client.info.redirect.store(0, Ordering::Relaxed);
    client.caching = false;
}

fn set_mode(client: &mut Client, mode: Mode) {
    client.tracking = mode;
    client.info.tracking.store(mode.bits(), Ordering::Relaxed);
}
