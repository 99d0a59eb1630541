//! Requests as bytes, with the length of their replies.

use std::io::Write;

/// A batch of pipelined requests.
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    /// Bytes of all its replies.
    pub(crate) reply_len: usize,
    pub(crate) requests: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    Resp,
    /// Fixed messages of 48 bytes to `loadgen echo`.
    Echo,
}

pub(crate) struct Shape {
    pub(crate) protocol: Protocol,
    pub(crate) keys: usize,
    pub(crate) value_len: usize,
    pub(crate) pipeline: usize,
    /// GETs for each SET.
    pub(crate) gets_per_set: u64,
    pub(crate) seed: u64,
}

/// Requests prepared for a run; they are sent round and round. More than a server's caches hold, less than ours suffer from.
const PREPARED: usize = 200_000;

impl Shape {
    /// One SET for each key, in order.
    pub(crate) fn loading(&self) -> Vec<Batch> {
        let keys: Vec<usize> = (0..self.keys).collect();
        keys.chunks(self.pipeline)
            .map(|chunk| self.batch(chunk.iter().map(|key| (*key, true))))
            .collect()
    }

    /// GETs and SETs of uniformly chosen keys.
    pub(crate) fn mixed(&self) -> Vec<Batch> {
        let mut random = Random::new(self.seed);
        let set_below = u64::MAX / (self.gets_per_set + 1);
        let batches = PREPARED.div_ceil(self.pipeline);
        (0..batches)
            .map(|_| {
                let picks: Vec<(usize, bool)> = (0..self.pipeline)
                    .map(|_| (random.below(self.keys), random.next() < set_below))
                    .collect();
                self.batch(picks.into_iter())
            })
            .collect()
    }

    fn batch(&self, picks: impl Iterator<Item = (usize, bool)>) -> Batch {
        let mut batch = Batch {
            bytes: Vec::new(),
            reply_len: 0,
            requests: 0,
        };
        for (key, set) in picks {
            batch.reply_len += self.request(&mut batch.bytes, key, set);
            batch.requests += 1;
        }
        batch
    }

    /// Appends one request and gives the length of its reply.
    fn request(&self, out: &mut Vec<u8>, key: usize, set: bool) -> usize {
        const ECHO_LEN: usize = 48;
        const OK_LEN: usize = "+OK\r\n".len();
        let len = self.value_len;
        match (self.protocol, set) {
            (Protocol::Echo, _) => {
                out.extend_from_slice(&[b'e'; ECHO_LEN]);
                ECHO_LEN
            }
            (Protocol::Resp, true) => {
                write!(out, "*3\r\n$3\r\nSET\r\n$16\r\nkey:{key:012}\r\n${len}\r\n")
                    .expect("a Vec takes all");
                out.resize(out.len() + len, b'v');
                out.extend_from_slice(b"\r\n");
                OK_LEN
            }
            (Protocol::Resp, false) => {
                write!(out, "*2\r\n$3\r\nGET\r\n$16\r\nkey:{key:012}\r\n")
                    .expect("a Vec takes all");
                format!("${len}\r\n").len() + len + 2
            }
        }
    }
}

/// xorshift64: enough for choosing keys, and the same for every server from the same seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(0x9E37_79B9_7F4A_7C15 ^ seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            protocol: Protocol::Resp,
            keys: 100,
            value_len: 64,
            pipeline: 10,
            gets_per_set: 10,
            seed: 1,
        }
    }

    #[test]
    fn replies_are_as_long_as_counted() {
        let mut out = Vec::new();
        assert_eq!(shape().request(&mut out, 7, true), "+OK\r\n".len());
        assert!(
            out.starts_with(b"*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000007\r\n$64\r\nvv")
                && out.ends_with(b"v\r\n")
        );
        assert_eq!(
            shape().request(&mut out, 7, false),
            "$64\r\n".len() + 64 + 2
        );
    }

    #[test]
    fn loading_sets_each_key_once() {
        let batches = shape().loading();
        assert_eq!(batches.iter().map(|b| b.requests).sum::<usize>(), 100);
    }

    #[test]
    fn one_in_eleven_is_a_set() {
        let batches = shape().mixed();
        let bytes: Vec<u8> = batches.into_iter().flat_map(|b| b.bytes).collect();
        let sets = bytes.windows(7).filter(|w| w == b"\r\nSET\r\n").count() as f64;
        let share = sets / PREPARED as f64;
        assert!((share - 1.0 / 11.0).abs() < 0.005, "{share}");
    }
}
