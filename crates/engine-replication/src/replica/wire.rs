//! The connection to the primary as the link's thread reads it: lines, the snapshot, the stream.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// A connected stream to a primary. Reads return `WouldBlock` or `TimedOut` after about 100 ms
/// without bytes, so that the thread can look around; writes block for at most some seconds.
pub trait Transport: Read + Write {}

impl<T: Read + Write> Transport for T {}

/// How often a replica that loads tells its primary that it is alive.
const NEWLINE_EVERY: Duration = Duration::from_secs(1);
/// Longest line of a handshake.
const LINE_MAX: usize = 64 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;

/// A buffered [`Transport`] that gives up when the link is no longer wanted or the primary silent.
pub(super) struct Wire<'a, T> {
    transport: T,
    buffer: Vec<u8>,
    at: usize,
    wanted: &'a dyn Fn() -> bool,
    silence_max: Duration,
    heard: Instant,
    spoke: Instant,
}

/// Nothing more will come because the link is not wanted any more.
pub(super) fn cancelled() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the link is no longer wanted",
    )
}

impl<'a, T: Transport> Wire<'a, T> {
    pub(super) fn new(transport: T, silence_max: Duration, wanted: &'a dyn Fn() -> bool) -> Self {
        let now = Instant::now();
        Self {
            transport,
            buffer: Vec::new(),
            at: 0,
            wanted,
            silence_max,
            heard: now,
            spoke: now,
        }
    }

    /// What was received and not consumed.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.at..]
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.at += n;
    }

    /// Puts bytes that were read ahead in front of what comes.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.buffer.splice(..self.at, bytes.iter().copied());
        self.at = 0;
    }

    /// Waits once for bytes; false if none came within the transport's time-out.
    pub(super) fn wait(&mut self) -> io::Result<bool> {
        if !(self.wanted)() {
            return Err(cancelled());
        }
        if self.at < self.buffer.len() {
            return Ok(true);
        }
        self.buffer.resize(BUFFER_BYTES, 0);
        self.at = 0;
        let read = read_pausing(&mut self.transport, &mut self.buffer);
        self.buffer
            .truncate(read.as_ref().ok().copied().flatten().unwrap_or(0));
        if read?.is_some() {
            self.heard = Instant::now();
            return Ok(true);
        }
        if self.heard.elapsed() > self.silence_max {
            Err(silent())
        } else {
            Ok(false)
        }
    }

    /// The transport, and what was received and not consumed.
    pub(super) fn into_parts(self) -> (T, Vec<u8>) {
        let rest = self.buffered().to_vec();
        (self.transport, rest)
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            if !self.wait()? {
                continue;
            }
            let bytes = self.buffered();
            let end = bytes.iter().position(|&b| b == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            line.extend_from_slice(&bytes[..taken]);
            self.consume(taken);
            if end.is_some() {
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if line.len() > LINE_MAX {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a line without end",
                ));
            }
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.spoke = Instant::now();
        self.transport.write_all(bytes)?;
        self.transport.flush()
    }

    pub(super) fn spoke_ago(&self) -> Duration {
        self.spoke.elapsed()
    }
}

/// Reads as the loader does: waiting, and telling the primary meanwhile that we are alive.
impl<T: Transport> Read for Wire<'_, T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.spoke_ago() >= NEWLINE_EVERY {
                self.send(b"\n")?;
            }
            if self.wait()? {
                let n = self.buffered().len().min(into.len());
                into[..n].copy_from_slice(&self.buffered()[..n]);
                self.consume(n);
                return Ok(n);
            }
        }
    }
}

/// Reads once; `None` if nothing came within the transport's time-out. The end is an error.
pub(super) fn read_pausing<T: Transport>(
    transport: &mut T,
    into: &mut [u8],
) -> io::Result<Option<usize>> {
    use io::ErrorKind::{Interrupted, TimedOut, UnexpectedEof, WouldBlock};
    match transport.read(into) {
        Ok(0) => Err(UnexpectedEof.into()),
        Ok(n) => Ok(Some(n)),
        Err(e) if matches!(e.kind(), WouldBlock | TimedOut | Interrupted) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The primary says nothing any more.
pub(super) fn silent() -> io::Error {
    let text = "the primary has been silent for repl-timeout";
    io::Error::new(io::ErrorKind::TimedOut, text)
}
