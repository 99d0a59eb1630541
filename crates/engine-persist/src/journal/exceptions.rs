//! Where the append-only file differs from the stream that replicas read.
//!
//! PING, REPLCONF GETACK, PUBLISH and `redis.set_repl(REPL_REPLICA)` stand in the stream and not in the file;
//! `redis.set_repl(REPL_AOF)` stands in the file and has no place in the stream's offsets.

use std::collections::VecDeque;
use std::ops::Range;

/// What the file leaves out of the stream and puts in, in the order of the stream.
#[derive(Debug, Default)]
pub struct Exceptions {
    skipped: VecDeque<Range<u64>>,
    added: VecDeque<(u64, Vec<u8>)>,
}

impl Exceptions {
    /// These bytes of the stream do not stand in the file.
    pub(super) fn skip(&mut self, range: Range<u64>) {
        match self.skipped.back_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.skipped.push_back(range),
        }
    }

    /// These bytes stand in the file before the stream's byte at `position`.
    pub(super) fn add(&mut self, position: u64, bytes: &[u8]) {
        match self.added.back_mut() {
            Some((last, already)) if *last == position => already.extend_from_slice(bytes),
            _ => self.added.push_back((position, bytes.to_vec())),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.skipped.is_empty() && self.added.is_empty()
    }

    pub(super) fn take_from(&mut self, other: &mut Self) {
        self.skipped.append(&mut other.skipped);
        self.added.append(&mut other.added);
    }

    /// Copies the stream's bytes from `from` on, `chunk`, into `out` as the file has them.
    pub fn copy(&mut self, from: u64, chunk: &[u8], out: &mut Vec<u8>) {
        let end = from + chunk.len() as u64;
        let mut at = from;
        while at < end {
            self.copy_added(at, out);
            let next_added = self
                .added
                .front()
                .map_or(end, |(place, _)| (*place).min(end));
            let skip = self.skipped.front().map_or(end..end, Clone::clone);
            if skip.contains(&at) {
                at = skip.end.min(next_added);
                if at == skip.end {
                    self.skipped.pop_front();
                }
            } else {
                let stop = skip.start.min(next_added);
                out.extend_from_slice(&chunk[(at - from) as usize..(stop - from) as usize]);
                at = stop;
            }
        }
    }

    /// Whether something stands in the file only, up to the stream's byte at `position`.
    pub fn adds_at(&self, position: u64) -> bool {
        self.added.front().is_some_and(|(at, _)| *at <= position)
    }

    /// Copies what stands in the file only, up to the stream's byte at `position`.
    pub fn copy_added(&mut self, position: u64, out: &mut Vec<u8>) {
        while let Some((at, bytes)) = self.added.front()
            && *at <= position
        {
            out.extend_from_slice(bytes);
            self.added.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(exceptions: &mut Exceptions, stream: &[u8], piece: usize) -> String {
        let (mut out, mut at) = (Vec::new(), 0);
        for chunk in stream.chunks(piece) {
            exceptions.copy(at, chunk, &mut out);
            at += chunk.len() as u64;
        }
        exceptions.copy_added(at, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn what_is_skipped_and_added_whatever_the_pieces() {
        for piece in 1..12 {
            let mut exceptions = Exceptions::default();
            exceptions.add(0, b"<");
            exceptions.skip(1..3);
            exceptions.add(3, b"+");
            exceptions.skip(5..6);
            exceptions.skip(6..8);
            exceptions.add(10, b">");
            assert_eq!(
                read(&mut exceptions, b"0123456789", piece),
                "<0+3489>",
                "{piece}"
            );
            assert!(exceptions.is_empty());
            assert_eq!(read(&mut exceptions, b"", 1), "");
        }
    }
}
