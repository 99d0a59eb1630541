//! The link to a primary, from the first PING to its end; runs on a thread of its own.

use super::handshake::{Handshake, HandshakeConfig, HandshakeError, HandshakeStep, SyncStart};
use super::transfer::Framing;
use super::wire::{Transport, Wire, cancelled};
use engine_persist::journal::{ReplId, encode_command};
use engine_persist::journal::{StreamDecoder, StreamError, StreamUnit};
use engine_persist::rdb::RdbReader;
use engine_storage::{LoadError, Staged};
use std::io::{self, Read};
use std::time::Duration;

/// How often a replica says how far it is.
const ACK_EVERY: Duration = Duration::from_secs(1);

/// What the link does at the moment; INFO and ROLE tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkPhase {
    /// Not connected.
    #[default]
    Connect,
    /// Connected, in the handshake.
    Handshake,
    /// Receives a snapshot.
    Sync,
    /// Follows the stream.
    Connected,
}

impl LinkPhase {
    /// ROLE's word for it.
    pub fn name(self) -> &'static str {
        match self {
            LinkPhase::Connect => "connect",
            LinkPhase::Handshake => "handshake",
            LinkPhase::Sync => "sync",
            LinkPhase::Connected => "connected",
        }
    }
}

/// What the link tells of itself as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It has come to this phase.
    Phase(LinkPhase),
    /// So many bytes of the stream came.
    Heard(u64),
}

/// The node as the link sees it. Methods that change something return false if the link is no
/// longer wanted; then nothing was changed.
pub trait Follower {
    /// What the handshake says.
    fn handshake(&self) -> HandshakeConfig;
    /// Silence after which the primary counts as gone.
    fn silence_max(&self) -> Duration;
    /// Whether this link still is what the node wants.
    fn wanted(&self) -> bool;
    /// Progress, for INFO.
    fn status(&self, status: LinkStatus);
    /// Limits of packed collections.
    fn limits(&self) -> engine_types::Limits;
    /// Loads a snapshot beside the live data.
    fn load(&self, reader: &mut RdbReader<&mut dyn Read>) -> Result<Staged, LoadError>;
    /// Makes a loaded snapshot the node's data.
    fn swap_in(&self, staged: Staged, id: ReplId, offset: u64) -> bool;
    /// The stream goes on where the node stopped, perhaps under another name; gives the database it
    /// is in.
    fn resume(&self, id: Option<ReplId>) -> Option<u32>;
    /// Carries out a unit, after which the stream is in database `stream_db`, and journals its
    /// bytes.
    fn apply(&mut self, unit: &StreamUnit<'_>, stream_db: u32) -> bool;
    /// Bytes of the history applied so far.
    fn offset(&self) -> u64;
}

/// Why a link ended. All are worth another try a second later; an operator has to act on those of
/// [`HandshakeError::Auth`] and [`LoadError`].
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection.
    #[error("link to the primary: {0}")]
    Io(#[from] io::Error),
    /// The handshake.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The snapshot's frame.
    #[error("the primary sent {0:?} where a snapshot should begin")]
    Framing(String),
    /// The snapshot.
    #[error("snapshot of the primary: {0}")]
    Load(#[from] LoadError),
    /// The snapshot's end.
    #[error("the snapshot does not end where its frame says")]
    SnapshotEnd,
    /// The stream.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// Follows the primary at the other end of `transport` until something fails or the link is no
/// longer wanted.
pub fn follow<T: Transport>(transport: T, node: &mut impl Follower) -> Result<(), LinkError> {
    // The borrow of `node` for asking must not last: applying needs it mutably.
    let start = {
        let node = &*node;
        let wanted = || node.wanted();
        let mut wire = Wire::new(transport, node.silence_max(), &wanted);
        node.status(LinkStatus::Phase(LinkPhase::Handshake));
        let start = shake_hands(&mut wire, node)?;
        let stream_db = match start {
            SyncStart::Full { id, offset } => {
                node.status(LinkStatus::Phase(LinkPhase::Sync));
                let staged = receive_snapshot(&mut wire, node)?;
                let stream_db = staged.stream_db();
                node.swap_in(staged, id, offset).then_some(stream_db)
            }
            SyncStart::Continue { id } => node.resume(id),
        };
        let stream_db = stream_db.ok_or_else(cancelled)?;
        (wire.into_parts(), stream_db)
    };
    let ((transport, rest), stream_db) = start;
    node.status(LinkStatus::Phase(LinkPhase::Connected));
    stream(transport, &rest, stream_db, node)
}

fn shake_hands<T: Transport>(
    wire: &mut Wire<'_, T>,
    node: &impl Follower,
) -> Result<SyncStart, LinkError> {
    let (mut handshake, first) = Handshake::start(node.handshake());
    wire.send(&first)?;
    loop {
        let line = wire.line()?;
        match handshake.line(&line)? {
            HandshakeStep::Send(bytes) if bytes.is_empty() => {}
            HandshakeStep::Send(bytes) => wire.send(&bytes)?,
            HandshakeStep::Sync(start) => return Ok(start),
        }
    }
}

fn receive_snapshot<T: Transport>(
    wire: &mut Wire<'_, T>,
    node: &impl Follower,
) -> Result<Staged, LinkError> {
    let mut line = wire.line()?;
    // A primary that is not ready yet sends newlines.
    while line.is_empty() {
        line = wire.line()?;
    }
    let wrong = || LinkError::Framing(String::from_utf8_lossy(&line).into_owned());
    match Framing::parse(&line).ok_or_else(wrong)? {
        Framing::Length(length) => {
            let mut body = wire.take(length);
            let (staged, rest) = read_rdb(&mut body, node)?;
            if body.limit() > 0 || !rest.is_empty() {
                return Err(LinkError::SnapshotEnd);
            }
            Ok(staged)
        }
        Framing::Mark(mark) => {
            let (staged, rest) = read_rdb(wire, node)?;
            wire.unread(&rest);
            let mut end = [0; 40];
            wire.read_exact(&mut end)?;
            if end != mark {
                return Err(LinkError::SnapshotEnd);
            }
            Ok(staged)
        }
    }
}

fn read_rdb(input: &mut dyn Read, node: &impl Follower) -> Result<(Staged, Vec<u8>), LinkError> {
    let mut reader = RdbReader::new(input, node.limits()).map_err(LoadError::from)?;
    let staged = node.load(&mut reader)?;
    Ok((staged, reader.into_rest().1))
}

fn stream<T: Transport>(
    mut transport: T,
    rest: &[u8],
    stream_db: u32,
    node: &mut impl Follower,
) -> Result<(), LinkError> {
    let mut decoder = StreamDecoder::new(stream_db);
    // The first acknowledgement also tells the primary that the snapshot is loaded.
    let mut acked = ack(&mut transport, node)?;
    let mut heard = std::time::Instant::now();
    let mut buffer = vec![0; 256 * 1024];
    let mut n = rest.len();
    decoder.feed(rest);
    loop {
        if n > 0 {
            heard = std::time::Instant::now();
            node.status(LinkStatus::Heard(n as u64));
        }
        let mut wants_ack = false;
        while let Some(db) = apply_next(&mut decoder, node, &mut wants_ack)? {
            if !db {
                return Err(cancelled().into());
            }
        }
        if wants_ack || acked.elapsed() >= ACK_EVERY {
            acked = ack(&mut transport, node)?;
        }
        if !node.wanted() {
            return Err(cancelled().into());
        }
        n = match super::wire::read_pausing(&mut transport, &mut buffer)? {
            Some(n) => n,
            None if heard.elapsed() > node.silence_max() => {
                return Err(super::wire::silent().into());
            }
            None => 0,
        };
        decoder.feed(&buffer[..n]);
    }
}

/// Applies one unit: `None` if none is complete, false if the link is no longer wanted.
fn apply_next(
    decoder: &mut StreamDecoder,
    node: &mut impl Follower,
    wants_ack: &mut bool,
) -> Result<Option<bool>, LinkError> {
    let Some(unit) = decoder.next_unit()? else {
        return Ok(None);
    };
    *wants_ack |= unit.wants_ack();
    Ok(Some(node.apply(&unit, unit.db_after())))
}

fn ack<T: Transport>(transport: &mut T, node: &impl Follower) -> io::Result<std::time::Instant> {
    let mut out = Vec::new();
    let offset = node.offset().to_string();
    encode_command(&mut out, &[b"REPLCONF", b"ACK", offset.as_bytes()]);
    transport.write_all(&out)?;
    transport.flush()?;
    Ok(std::time::Instant::now())
}

#[cfg(test)]
mod tests;
