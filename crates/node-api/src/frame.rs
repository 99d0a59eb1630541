//! Messages to bytes and back.
//!
//! ```text
//! byte  0   4      5        6     8
//!       ┌───┬──────┬────────┬─────┬──────────────┐
//!       │len│ kind │ fds    │ 0 0 │ JSON, len B  │
//!       └───┴──────┴────────┴─────┴──────────────┘
//! ```
//!
//! `len`: u32 little endian. `kind`: 0 request, 1 reply. `fds`: how many file
//! descriptors belong to the message; they ride (SCM_RIGHTS) with its first byte.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bound of a message's JSON; a longer one is an error, not an allocation.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Bound of descriptors with one message.
pub const FDS_MAX: usize = 8;

const HEADER: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    Request,
    Reply,
}

/// One received message, its JSON not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: FrameKind,
    /// Descriptors that belong to it: the oldest not yet taken on this connection.
    pub fds: usize,
    pub json: Vec<u8>,
}

impl Frame {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, FrameError> {
        serde_json::from_slice(&self.json).map_err(|e| FrameError::Json(e.to_string()))
    }
}

/// The peer does not speak this protocol; the connection is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the peer sent a message of {0} bytes, more than {MESSAGE_BYTES_MAX}")]
    TooLong(usize),
    #[error("the peer sent {0} descriptors, more than {FDS_MAX}")]
    TooManyFds(usize),
    #[error("the peer sent a message of unknown kind {0}")]
    Kind(u8),
    #[error("the peer sent a message that cannot be read: {0}")]
    Json(String),
}

/// The bytes of a message that `fds` descriptors go with.
pub fn encode<T: Serialize>(kind: FrameKind, message: &T, fds: usize) -> Vec<u8> {
    assert!(fds <= FDS_MAX, "at most {FDS_MAX} descriptors a message");
    let mut bytes = vec![0; HEADER];
    // Messages are plain enums and structs: encoding them cannot fail.
    serde_json::to_writer(&mut bytes, message).expect("messages encode as JSON");
    let len = bytes.len() - HEADER;
    assert!(len <= MESSAGE_BYTES_MAX, "a message of {len} bytes");
    bytes[..4].copy_from_slice(&(len as u32).to_le_bytes());
    bytes[4] = u8::from(kind == FrameKind::Reply);
    bytes[5] = fds as u8;
    bytes
}

/// Cuts a stream of bytes into messages.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes of an unfinished message are waiting.
    pub fn is_mid_message(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole message; `None` until more bytes are pushed.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(header) = self.buffer.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [a, b, c, d, kind, fds, _, _] = *header;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        let kind = match kind {
            0 => FrameKind::Request,
            1 => FrameKind::Reply,
            other => return Err(FrameError::Kind(other)),
        };
        let fds = usize::from(fds);
        if len > MESSAGE_BYTES_MAX {
            return Err(FrameError::TooLong(len));
        }
        if fds > FDS_MAX {
            return Err(FrameError::TooManyFds(fds));
        }
        if self.buffer.len() < HEADER + len {
            return Ok(None);
        }
        let json = self.buffer[HEADER..HEADER + len].to_vec();
        self.buffer.drain(..HEADER + len);
        Ok(Some(Frame { kind, fds, json }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EndpointKind, Request};

    #[test]
    fn messages_survive_any_cut() {
        let messages = [
            Request::Serve {
                endpoint: EndpointKind::Reader,
                member: Some(3),
            },
            Request::Promote {
                epoch: u64::MAX,
                replid: "é".repeat(20),
            },
        ];
        let bytes: Vec<u8> = messages
            .iter()
            .flat_map(|m| encode(FrameKind::Request, m, 2))
            .collect();
        for step in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let mut got = Vec::new();
            for piece in bytes.chunks(step) {
                decoder.push(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    assert_eq!((frame.kind, frame.fds), (FrameKind::Request, 2));
                    got.push(frame.read::<Request>().unwrap());
                }
            }
            assert_eq!(got, messages);
            assert!(!decoder.is_mid_message());
        }
    }

    #[test]
    fn nonsense_is_refused_before_it_is_stored() {
        let refuse = |header: [u8; 8]| {
            let mut decoder = Decoder::default();
            decoder.push(&header);
            decoder.next_frame().unwrap_err()
        };
        assert!(matches!(refuse([0xff; 8]), FrameError::Kind(0xff)));
        assert!(matches!(
            refuse([0, 0, 0, 1, 0, 0, 0, 0]),
            FrameError::TooLong(_)
        ));
        assert!(matches!(
            refuse([1, 0, 0, 0, 1, 9, 0, 0]),
            FrameError::TooManyFds(9)
        ));
    }

    #[test]
    fn the_wire_form_is_as_documented() {
        let bytes = encode(FrameKind::Reply, &crate::Reply::Done, 1);
        assert_eq!(bytes, b"\x06\0\0\0\x01\x01\0\0\"done\"");
    }
}
