//! Messages and file descriptors over a unix stream socket (SCM_RIGHTS).

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use node_api::{Decoder, FDS_MAX, Frame};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// Sends all bytes; the descriptors ride with the first of them.
pub fn send(stream: &UnixStream, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    let mut sent = 0;
    while sent < bytes.len() {
        let part = [IoSlice::new(&bytes[sent..])];
        match sendmsg(stream.as_fd(), &part, &mut control, SendFlags::NOSIGNAL) {
            Ok(n) => {
                sent += n;
                control = SendAncillaryBuffer::default();
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

/// The receiving side of one connection.
#[derive(Debug, Default)]
pub struct Receiver {
    decoder: Decoder,
    fds: VecDeque<OwnedFd>,
}

impl Receiver {
    /// The next message with its descriptors; `None` when the peer has closed.
    pub fn receive(&mut self, stream: &UnixStream) -> io::Result<Option<(Frame, Vec<OwnedFd>)>> {
        loop {
            let frame = self
                .decoder
                .next_frame()
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
            if let Some(frame) = frame {
                if self.fds.len() < frame.fds {
                    let text = "a message came without the descriptors it announced";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
                let fds = self.fds.drain(..frame.fds).collect();
                return Ok(Some((frame, fds)));
            }
            if !self.fill(stream)? {
                return match self.decoder.is_mid_message() {
                    true => Err(io::ErrorKind::UnexpectedEof.into()),
                    false => Ok(None),
                };
            }
        }
    }

    /// False: the peer has closed.
    fn fill(&mut self, stream: &UnixStream) -> io::Result<bool> {
        let mut bytes = [0; 16 * 1024];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut part = [IoSliceMut::new(&mut bytes)];
            match recvmsg(
                stream.as_fd(),
                &mut part,
                &mut control,
                RecvFlags::CMSG_CLOEXEC,
            ) {
                Ok(received) => break received,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.fds.extend(fds);
            }
        }
        self.decoder.push(&bytes[..received.bytes]);
        Ok(received.bytes > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node_api::{FrameKind, Reply, Request, encode};
    use std::io::{Read, Write};

    #[test]
    fn descriptors_arrive_with_their_own_message() {
        let (a, b) = UnixStream::pair().unwrap();
        let (mut kept, given) = UnixStream::pair().unwrap();
        let plain = encode(FrameKind::Request, &Request::Status, 0);
        send(&a, &plain, &[]).unwrap();
        let with_fd = encode(FrameKind::Reply, &Reply::Done, 1);
        send(&a, &with_fd, &[given.as_fd()]).unwrap();
        drop((a, given));
        let mut receiver = Receiver::default();
        let (frame, fds) = receiver.receive(&b).unwrap().unwrap();
        assert_eq!(frame.read::<Request>().unwrap(), Request::Status);
        assert!(fds.is_empty());
        let (frame, fds) = receiver.receive(&b).unwrap().unwrap();
        assert_eq!(frame.read::<Reply>().unwrap(), Reply::Done);
        let mut got = UnixStream::from(fds.into_iter().next().unwrap());
        kept.write_all(b"through").unwrap();
        let mut text = [0; 7];
        got.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"through");
        assert!(receiver.receive(&b).unwrap().is_none());
    }

    #[test]
    fn a_message_without_its_descriptors_is_refused() {
        let (a, b) = UnixStream::pair().unwrap();
        send(&a, &encode(FrameKind::Reply, &Reply::Done, 1), &[]).unwrap();
        assert!(Receiver::default().receive(&b).is_err());
    }
}
