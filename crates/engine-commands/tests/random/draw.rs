//! Random commands from the command table, for tests: words that fit a command's syntax, and words that do not.

use engine_dispatch::{Group, Registered};

/// Numbers from a seed (xorshift).
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

/// Keys that [`PREPARE`] fills, and two that are empty at first.
const KEYS: &[&str] = &[
    "s", "n", "b", "l", "L", "h", "H", "t", "T", "i", "z", "Z", "p", "g", "x", "none", "new",
];

/// Words that mean something somewhere, and the edges of what numbers can be. No number between is large enough to
/// make a string of many megabytes.
const WORDS: &[&[u8]] = &[
    b"",
    b"0",
    b"1",
    b"2",
    b"3",
    b"10",
    b"100",
    b"-1",
    b"-2",
    b"7",
    b"64",
    b"0.5",
    b"-0.5",
    b"1e3",
    b"inf",
    b"-inf",
    b"nan",
    b"(1",
    b"[a",
    b"-",
    b"+",
    b"(a",
    b"$",
    b">",
    b"*",
    b"a",
    b"b",
    b"c",
    b"f1",
    b"m1",
    b"0-1",
    b"1-*",
    b"5-5",
    b"u8",
    b"i64",
    b"#1",
    b"km",
    b"left",
    b"right",
    b"before",
    b"min",
    b"max",
    b"nx",
    b"xx",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"9223372036854775808",
    b"99999999999999999999",
    b"1.0",
    b" 1",
    b"\x00\r\n\xff",
    b"return 1",
    b"*\xc3",
    b"[^a-",
    b"~*",
    b"+@all",
    b"x\r\n$1\r\n",
    b"string",
    b"@read",
    b"default",
];

/// Commands that fill [`KEYS`], small and large.
pub(crate) const PREPARE: &[&str] = &[
    "SET s value",
    "SET n 10",
    "SETBIT b 77 1",
    "RPUSH l a b c",
    "HSET h f1 1 f2 two",
    "SADD t a b m1",
    "SADD i 1 2 3",
    "ZADD z 1 a 2 b 3 m1",
    "PFADD p a b c",
    "GEOADD g 13.4 52.5 a 2.3 48.8 b",
    "XADD x 5-5 f1 v",
    "XGROUP CREATE x a 0",
    "XREADGROUP GROUP a b STREAMS x >",
];

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        let mut draw = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        draw.below(2);
        draw
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % count
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// A command with a likely number of arguments, each likely or not.
    pub(crate) fn command(&mut self, command: &Registered) -> Vec<Vec<u8>> {
        let full_name = &command.full_name;
        let mut words: Vec<Vec<u8>> = full_name
            .split('|')
            .map(|w| w.as_bytes().to_vec())
            .collect();
        let syntax: Vec<&str> = command
            .command
            .syntax
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .filter(|word| !word.is_empty())
            .collect();
        let least = command.command.arity.unsigned_abs() as usize;
        let exact = command.command.arity >= 0;
        let count = match self.below(20) {
            0 => self.below(8),
            _ if exact => least,
            _ => least + self.below(7),
        };
        while words.len() < count {
            words.push(self.word(&syntax));
        }
        words
    }

    fn word(&mut self, syntax: &[&str]) -> Vec<u8> {
        let options: Vec<&str> = syntax
            .iter()
            .copied()
            .filter(|word| word.chars().all(|c| !c.is_ascii_lowercase()))
            .collect();
        match self.below(10) {
            0..4 => self.of(KEYS).as_bytes().to_vec(),
            4..6 if !options.is_empty() => self.of(&options).as_bytes().to_vec(),
            _ => self.of(WORDS).to_vec(),
        }
    }

    /// More elements in the large collections than their packed encodings take.
    pub(crate) fn large(&mut self) -> Vec<Vec<u8>> {
        let name = self.of(&["RPUSH L", "SADD T", "HSET H", "ZADD Z"]);
        let mut words: Vec<Vec<u8>> = name.split(' ').map(|w| w.as_bytes().to_vec()).collect();
        for number in 0..200 {
            if name.starts_with('H') || name.starts_with('Z') {
                words.push(number.to_string().into_bytes());
            }
            words.push(format!("m{number}").into_bytes());
        }
        words
    }
}

/// A request as clients send it.
pub(crate) fn request(words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A command as it could be typed.
pub(crate) fn shown(words: &[Vec<u8>]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|w| format!("\"{}\"", w.escape_ascii()))
        .collect();
    words.join(" ")
}

/// Whether a command works on data.
pub(crate) fn is_data(group: Group) -> bool {
    !matches!(
        group,
        Group::Connection | Group::Server | Group::Cluster | Group::Scripting | Group::PubSub
    )
}

/// A whole number from the environment.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}
