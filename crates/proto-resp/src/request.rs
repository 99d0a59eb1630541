//! Requests: RESP arrays of bulk strings and inline commands, parsed incrementally.
//!
//! The parser keeps what it has seen of an unfinished command, so that a request of a million
//! arguments that arrives in small pieces is read once, not once for each piece.

use crate::inline;
use memchr::memchr;
use std::fmt;

/// Longest line (inline request, or count of a bulk or multibulk), bytes. Redis: `PROTO_INLINE_MAX_SIZE`.
const LINE_MAX: usize = 64 * 1024;
/// Most arguments of one request. Redis: `1024*1024`, or `INT_MAX` from 7.0.
const ARGS_MAX: i64 = 1024 * 1024;

/// What the parser must hold a peer to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest bulk string, bytes (`proto-max-bulk-len`).
    pub bulk_max: i64,
    /// Whether the peer has logged in; until then counts above 10 and strings above 16 KB are refused.
    pub trusted: bool,
}

/// The peer broke the protocol: reply with the text, then close the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProtocolError {
    MultibulkLength,
    UntrustedMultibulkLength,
    BulkLength,
    UntrustedBulkLength,
    ExpectedDollar(u8),
    BigMultibulkCount,
    BigBulkCount,
    BigInline,
    Unbalanced,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        match self {
            Self::MultibulkLength => f.write_str("invalid multibulk length"),
            Self::UntrustedMultibulkLength => f.write_str("unauthenticated multibulk length"),
            Self::BulkLength => f.write_str("invalid bulk length"),
            Self::UntrustedBulkLength => f.write_str("unauthenticated bulk length"),
            Self::ExpectedDollar(got) => write!(f, "expected '$', got '{}'", *got as char),
            Self::BigMultibulkCount => f.write_str("too big mbulk count string"),
            Self::BigBulkCount => f.write_str("too big bulk count string"),
            Self::BigInline => f.write_str("too big inline request"),
            Self::Unbalanced => f.write_str("unbalanced quotes in request"),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// Where an argument lies in the input: (start, length).
pub type Span = (u32, u32);

/// What one call of [`Parser::next`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The command's arguments were appended to `spans`; the next command begins at this position.
    Command { next: usize },
    /// An empty line or an empty array: nothing to run, go on at this position.
    Empty { next: usize },
    /// More bytes are needed.
    Partial,
    /// An inline command; its words are in [`Parser::words`] because unquoting changes bytes.
    Inline { next: usize },
}

/// State of an unfinished request. Positions are relative to the request's first byte.
#[derive(Debug, Default)]
pub struct Parser {
    spans: Vec<Span>,
    /// Arguments still to come, if the array's header has been read.
    left: Option<u32>,
    /// Where to go on reading.
    at: usize,
    /// The input is not worth looking at below this length.
    need: usize,
    /// The words of the last inline command.
    pub words: Vec<Vec<u8>>,
}

impl Parser {
    /// Bytes the input (from the request's first byte) must have before another call can succeed.
    #[must_use]
    pub fn need(&self) -> usize {
        self.need
    }

    /// Reads the request that begins at `input[from]`. Spans are positions in `input`, appended to `spans`.
    /// After [`Step::Partial`] the next call must present the same request, from its first byte.
    ///
    /// # Errors
    /// [`ProtocolError`] with Redis's text; the connection must be closed after sending it.
    #[inline]
    pub fn next(
        &mut self,
        input: &[u8],
        from: usize,
        limits: Limits,
        spans: &mut Vec<Span>,
    ) -> Result<Step, ProtocolError> {
        let request = &input[from..];
        if self.left.is_none() && self.at == 0 {
            match request.first() {
                None => return Ok(Step::Partial),
                Some(b'*') => {}
                Some(_) => return self.inline(request, from),
            }
            // The usual case: a whole small command lies in the input.
            let before = spans.len();
            match whole(request, from, limits, spans) {
                Some(next) => return Ok(Step::Command { next: from + next }),
                None => spans.truncate(before),
            }
        }
        self.resume(request, from, limits, spans)
    }

    fn inline(&mut self, request: &[u8], from: usize) -> Result<Step, ProtocolError> {
        let Some(end) = memchr(b'\n', request) else {
            if request.len() > LINE_MAX {
                return Err(ProtocolError::BigInline);
            }
            return Ok(Step::Partial);
        };
        let line = &request[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.words = inline::split(line).map_err(|_| ProtocolError::Unbalanced)?;
        let next = from + end + 1;
        Ok(if self.words.is_empty() {
            Step::Empty { next }
        } else {
            Step::Inline { next }
        })
    }

    #[cold]
    fn resume(
        &mut self,
        request: &[u8],
        from: usize,
        limits: Limits,
        spans: &mut Vec<Span>,
    ) -> Result<Step, ProtocolError> {
        if request.len() < self.need {
            return Ok(Step::Partial);
        }
        if self.left.is_none() {
            let Some((count, at)) = line(request, 1, ProtocolError::BigMultibulkCount)? else {
                return Ok(Step::Partial);
            };
            let count = count
                .filter(|n| *n <= ARGS_MAX)
                .ok_or(ProtocolError::MultibulkLength)?;
            if count > 10 && !limits.trusted {
                return Err(ProtocolError::UntrustedMultibulkLength);
            }
            if count <= 0 {
                return Ok(Step::Empty { next: from + at });
            }
            self.left = Some(count as u32);
            self.at = at;
        }
        while let Some(left) = self.left.filter(|n| *n > 0) {
            let Some(first) = request.get(self.at) else {
                return Ok(Step::Partial);
            };
            if *first != b'$' {
                return Err(ProtocolError::ExpectedDollar(*first));
            }
            let Some((length, at)) = line(request, self.at + 1, ProtocolError::BigBulkCount)?
            else {
                return Ok(Step::Partial);
            };
            let length = length
                .filter(|n| *n >= 0 && (*n <= limits.bulk_max))
                .ok_or(ProtocolError::BulkLength)?;
            if length > 16384 && !limits.trusted {
                return Err(ProtocolError::UntrustedBulkLength);
            }
            let end = at + length as usize + 2;
            if request.len() < end {
                self.need = end;
                return Ok(Step::Partial);
            }
            self.spans.push((at as u32, length as u32));
            self.at = end;
            self.left = Some(left - 1);
        }
        spans.extend(
            self.spans
                .drain(..)
                .map(|(start, len)| (start + from as u32, len)),
        );
        let next = from + self.at;
        self.left = None;
        self.at = 0;
        self.need = 0;
        Ok(Step::Command { next })
    }
}

/// A line holding a number from `from`: (the number, if it is one; the position after CR LF).
/// Redis looks for the CR only and skips two bytes; so do we.
fn line(
    input: &[u8],
    from: usize,
    too_long: ProtocolError,
) -> Result<Option<(Option<i64>, usize)>, ProtocolError> {
    let rest = &input[from.min(input.len())..];
    let Some(end) = memchr(b'\r', rest) else {
        return if rest.len() > LINE_MAX {
            Err(too_long)
        } else {
            Ok(None)
        };
    };
    if end + 1 >= rest.len() {
        return Ok(None);
    }
    Ok(Some((crate::num::parse_i64(&rest[..end]), from + end + 2)))
}

/// A whole command of small counts, or `None` for anything else (also for errors: the slow path names them).
#[inline]
fn whole(request: &[u8], from: usize, limits: Limits, spans: &mut Vec<Span>) -> Option<usize> {
    let (count, mut at) = small(request, 1)?;
    if count == 0 || (count > 10 && !limits.trusted) {
        return None;
    }
    for _ in 0..count {
        if *request.get(at)? != b'$' {
            return None;
        }
        let (length, start) = small(request, at + 1)?;
        if length as i64 > limits.bulk_max || (length > 16384 && !limits.trusted) {
            return None;
        }
        at = start + length + 2;
        if at > request.len() {
            return None;
        }
        spans.push(((from + start) as u32, length as u32));
    }
    Some(at)
}

/// Up to six digits and CR LF.
#[inline]
fn small(input: &[u8], from: usize) -> Option<(usize, usize)> {
    let first = input.get(from)?.wrapping_sub(b'0');
    if first > 9 {
        return None;
    }
    let mut number = first as usize;
    let mut at = from + 1;
    loop {
        let byte = *input.get(at)?;
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 && at - from < 6 && number > 0 {
            number = number * 10 + digit as usize;
            at += 1;
        } else if byte == b'\r' {
            return (*input.get(at + 1)? == b'\n').then_some((number, at + 2));
        } else {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Limits = Limits {
        bulk_max: 512 << 20,
        trusted: true,
    };

    fn all(input: &[u8], piece: usize) -> Result<Vec<Vec<Vec<u8>>>, ProtocolError> {
        let (mut parser, mut got, mut from) = (Parser::default(), Vec::new(), 0);
        let mut seen = 0;
        while seen < input.len() {
            seen = (seen + piece).min(input.len());
            loop {
                let mut spans = Vec::new();
                match parser.next(&input[..seen], from, OPEN, &mut spans)? {
                    Step::Partial => break,
                    Step::Empty { next } => from = next,
                    Step::Inline { next } => {
                        got.push(parser.words.clone());
                        from = next;
                    }
                    Step::Command { next } => {
                        got.push(
                            spans
                                .iter()
                                .map(|(s, l)| input[*s as usize..(*s + *l) as usize].to_vec())
                                .collect(),
                        );
                        from = next;
                    }
                }
            }
        }
        Ok(got)
    }

    #[test]
    fn every_split_gives_the_same_commands() {
        let input = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*0\r\nPING\r\n\r\n*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\nbc\r\n";
        let want = all(input, input.len()).unwrap();
        assert_eq!(want.len(), 3);
        assert_eq!(want[2], vec![b"SET".to_vec(), vec![], b"a\r\nbc".to_vec()]);
        for piece in 1..input.len() {
            assert_eq!(all(input, piece).unwrap(), want, "pieces of {piece}");
        }
    }

    #[test]
    fn breaches_have_redis_texts() {
        let text = |input: &[u8]| all(input, input.len()).unwrap_err().to_string();
        assert_eq!(
            text(b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n"),
            "Protocol error: expected '$', got 'f'"
        );
        assert_eq!(
            text(b"*1048577\r\n"),
            "Protocol error: invalid multibulk length"
        );
        assert_eq!(text(b"*x\r\n"), "Protocol error: invalid multibulk length");
        assert_eq!(
            text(b"*1\r\n$-10\r\n"),
            "Protocol error: invalid bulk length"
        );
        assert_eq!(
            text(b"*1\r\n$2000000000\r\n"),
            "Protocol error: invalid bulk length"
        );
        assert_eq!(
            text(b"set \"a\r\n"),
            "Protocol error: unbalanced quotes in request"
        );
        assert_eq!(
            text(&[b'a'; 70_000]),
            "Protocol error: too big inline request"
        );
        assert_eq!(
            text(&[&b"*"[..], &[b'1'; 70_000]].concat()),
            "Protocol error: too big mbulk count string"
        );
    }

    #[test]
    fn strangers_get_small_limits() {
        let limits = Limits {
            bulk_max: 512 << 20,
            trusted: false,
        };
        let mut parser = Parser::default();
        let err = parser
            .next(b"*11\r\n", 0, limits, &mut Vec::new())
            .unwrap_err();
        assert_eq!(err, ProtocolError::UntrustedMultibulkLength);
        let err = Parser::default()
            .next(b"*1\r\n$16385\r\n", 0, limits, &mut Vec::new())
            .unwrap_err();
        assert_eq!(err, ProtocolError::UntrustedBulkLength);
    }

    #[test]
    fn an_unfinished_bulk_says_how_much_it_needs() {
        let mut parser = Parser::default();
        let step = parser
            .next(b"*1\r\n$1000\r\nabc", 0, OPEN, &mut Vec::new())
            .unwrap();
        assert_eq!(step, Step::Partial);
        assert_eq!(parser.need(), 4 + 7 + 1000 + 2);
    }
}
