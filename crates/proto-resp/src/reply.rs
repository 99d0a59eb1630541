//! Replies, written straight into a connection's output in its protocol version.

use crate::num::{self, Digits};

/// Protocol version of a connection, as chosen by HELLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    #[default]
    Resp2,
    Resp3,
}

/// Place of a collection header whose length is known only later.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Mark(usize);

/// Writer of replies: RESP3 types where the peer speaks them, Redis's RESP2 stand-ins elsewhere.
#[derive(Debug)]
pub struct Reply<'a> {
    out: &'a mut Vec<u8>,
    version: Version,
    digits: Digits,
}

impl<'a> Reply<'a> {
    /// Replies go to the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, version: Version) -> Self {
        Self {
            out,
            version,
            digits: Digits::Shortest,
        }
    }

    /// How many digits doubles are printed with.
    pub fn set_digits(&mut self, digits: Digits) {
        self.digits = digits;
    }

    /// The version replies are written in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the peer speaks RESP3.
    #[must_use]
    pub fn resp3(&self) -> bool {
        self.version == Version::Resp3
    }

    /// Changes the version of what follows (HELLO).
    pub fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    /// Bytes in the output so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// What has been written from position `from` on.
    #[must_use]
    pub fn written(&self, from: usize) -> &[u8] {
        &self.out[from.min(self.out.len())..]
    }

    /// Takes back what was written after position `len`.
    pub fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
    }

    /// The output itself, for a writer of its own.
    pub fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    #[inline]
    fn header(&mut self, kind: u8, n: i64) {
        if (0..10).contains(&n) {
            self.out
                .extend_from_slice(&[kind, b'0' + n as u8, b'\r', b'\n']);
            return;
        }
        self.out.push(kind);
        let mut digits = itoa::Buffer::new();
        self.out.extend_from_slice(digits.format(n).as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// `+OK`
    #[inline]
    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string; it must not hold CR or LF.
    pub fn simple(&mut self, text: &str) {
        self.out.push(b'+');
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// An error whose first word is its code. CR and LF become spaces, as in Redis.
    pub fn error(&mut self, text: &str) {
        self.out.push(b'-');
        self.out.extend(
            text.bytes()
                .map(|b| if b == b'\r' || b == b'\n' { b' ' } else { b }),
        );
        self.out.extend_from_slice(b"\r\n");
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, n: i64) {
        self.header(b':', n);
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.header(b'$', bytes.len() as i64);
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// A bulk string, or null.
    #[inline]
    pub fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, n: i64) {
        let mut digits = itoa::Buffer::new();
        self.bulk(digits.format(n).as_bytes());
    }

    /// Null: `$-1`, or `_` in RESP3.
    #[inline]
    pub fn null(&mut self) {
        self.out
            .extend_from_slice(if self.resp3() { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// Null where an array was expected: `*-1`, or `_` in RESP3.
    pub fn null_array(&mut self) {
        self.out
            .extend_from_slice(if self.resp3() { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// An array of `n` replies to follow.
    #[inline]
    pub fn array(&mut self, n: usize) {
        self.header(b'*', n as i64);
    }

    /// A map of `n` pairs to follow; an array of 2n in RESP2.
    pub fn map(&mut self, n: usize) {
        if self.resp3() {
            self.header(b'%', n as i64)
        } else {
            self.header(b'*', 2 * n as i64)
        }
    }

    /// A set of `n` replies to follow; an array in RESP2.
    pub fn set(&mut self, n: usize) {
        self.header(if self.resp3() { b'~' } else { b'*' }, n as i64);
    }

    /// A push message of `n` replies to follow; an array in RESP2.
    pub fn push(&mut self, n: usize) {
        self.header(if self.resp3() { b'>' } else { b'*' }, n as i64);
    }

    /// An attribute of `n` pairs; nothing may be written for it in RESP2, so ask [`Self::resp3`] first.
    pub fn attribute(&mut self, n: usize) {
        self.header(b'|', n as i64);
    }

    /// A double: `,` in RESP3, a bulk string in RESP2; in the shortest form that reads back unless
    /// [`Self::set_digits`] said otherwise.
    pub fn double(&mut self, n: f64) {
        let mut text = Vec::with_capacity(24);
        num::write_score(&mut text, n, self.digits);
        if self.resp3() {
            self.out.push(b',');
            self.out.extend_from_slice(&text);
            self.out.extend_from_slice(b"\r\n");
        } else {
            self.bulk(&text);
        }
    }

    /// A boolean: `#t`/`#f` in RESP3, `:1`/`:0` in RESP2.
    pub fn bool(&mut self, yes: bool) {
        if self.resp3() {
            self.out
                .extend_from_slice(if yes { b"#t\r\n" } else { b"#f\r\n" });
        } else {
            self.int(i64::from(yes));
        }
    }

    /// A big number: `(` in RESP3, a bulk string in RESP2.
    pub fn big_number(&mut self, digits: &str) {
        if self.resp3() {
            self.out.push(b'(');
            self.out.extend_from_slice(digits.as_bytes());
            self.out.extend_from_slice(b"\r\n");
        } else {
            self.bulk(digits.as_bytes());
        }
    }

    /// A verbatim string of a three-letter format; a bulk string in RESP2.
    pub fn verbatim(&mut self, format: &str, bytes: &[u8]) {
        if !self.resp3() {
            return self.bulk(bytes);
        }
        self.header(b'=', bytes.len() as i64 + 4);
        self.out.extend_from_slice(format.as_bytes());
        self.out.push(b':');
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// Bytes that are already a reply.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Begins a collection whose length is not known yet; end it with one of the `end_…` calls.
    pub fn begin(&mut self) -> Mark {
        Mark(self.out.len())
    }

    fn end(&mut self, mark: Mark, kind: u8, n: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(n);
        let header = std::iter::once(kind).chain(digits.bytes()).chain(*b"\r\n");
        self.out.splice(mark.0..mark.0, header);
    }

    /// Ends an array of `n` replies begun at `mark`.
    pub fn end_array(&mut self, mark: Mark, n: usize) {
        self.end(mark, b'*', n);
    }

    /// Ends a set of `n` replies begun at `mark`.
    pub fn end_set(&mut self, mark: Mark, n: usize) {
        let kind = if self.resp3() { b'~' } else { b'*' };
        self.end(mark, kind, n);
    }

    /// Ends a map of `n` pairs begun at `mark`.
    pub fn end_map(&mut self, mark: Mark, n: usize) {
        if self.resp3() {
            self.end(mark, b'%', n)
        } else {
            self.end(mark, b'*', 2 * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(write: impl Fn(&mut Reply<'_>)) -> (String, String) {
        let one = |version| {
            let mut out = Vec::new();
            write(&mut Reply::new(&mut out, version));
            String::from_utf8(out).unwrap()
        };
        (one(Version::Resp2), one(Version::Resp3))
    }

    #[test]
    fn types_have_their_resp2_stand_ins() {
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(both(|r| r.null()), pair("$-1\r\n", "_\r\n"));
        assert_eq!(both(|r| r.null_array()), pair("*-1\r\n", "_\r\n"));
        assert_eq!(both(|r| r.map(2)), pair("*4\r\n", "%2\r\n"));
        assert_eq!(both(|r| r.set(12)), pair("*12\r\n", "~12\r\n"));
        assert_eq!(both(|r| r.bool(true)), pair(":1\r\n", "#t\r\n"));
        assert_eq!(
            both(|r| r.verbatim("txt", b"hi")),
            pair("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n")
        );
        assert_eq!(both(|r| r.int(-5)), pair(":-5\r\n", ":-5\r\n"));
    }

    #[test]
    fn a_length_can_be_filled_in_later() {
        let (two, three) = both(|r| {
            r.ok();
            let mark = r.begin();
            r.int(1);
            r.int(2);
            r.end_set(mark, 2);
        });
        assert_eq!(two, "+OK\r\n*2\r\n:1\r\n:2\r\n");
        assert_eq!(three, "+OK\r\n~2\r\n:1\r\n:2\r\n");
    }

    #[test]
    fn an_error_never_breaks_its_line() {
        let (two, _) = both(|r| r.error("ERR a\r\nb"));
        assert_eq!(two, "-ERR a  b\r\n");
    }
}
